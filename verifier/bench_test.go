package verifier_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// loadPrograms are programs whose proofs are large.
func loadPrograms() map[string]string {
	loop := func(n int) string {
		return packet + fmt.Sprintf("r0 = 0\nr5 = 0\nl:\nr4 = r2\nr4 += 1\nif r4 > r3 goto x\nr6 = *(u8 *)(r2 + 0)\nr0 += r6\nr5 += 1\nif r5 < %d goto l\nx:\nexit", n)
	}
	var branches strings.Builder
	branches.WriteString(found + "r6 = r0\nr0 = 0\n")
	for i := range 300 {
		fmt.Fprintf(&branches, "r1 = *(u64 *)(r6 + %d)\nif r1 > %d goto l%d\nr0 += %d\nl%d:\n", i%5*8, i*7, i, i, i)
	}
	branches.WriteString("exit")
	// Flags remembered by a branch are asked again later.
	var correlated strings.Builder
	correlated.WriteString(found + "r6 = r0\nr7 = 0\n")
	for i := range 100 {
		fmt.Fprintf(&correlated, "r1 = *(u64 *)(r6 + %d)\nr8 = 0\nif r1 > %d goto a%d\nr8 = r6\na%d:\nr7 += r1\nif r1 > %d goto b%d\nr2 = *(u64 *)(r8 + 8)\nr7 ^= r2\nb%d:\n", i%5*8, i, i, i, i, i, i)
	}
	correlated.WriteString("r0 = r7\nexit")
	var calls strings.Builder
	calls.WriteString("r6 = r1\n")
	for i := range 100 {
		fmt.Fprintf(&calls, "r1 = r6\nr2 = %d\ncall f\n", i)
	}
	calls.WriteString("exit\nfunc f\nr1 = *(u32 *)(r1 + 16)\nr0 = 0\nr3 = 0\nm:\nr0 += r1\nr0 ^= r2\nr3 += 1\nif r3 < 10 goto m\nexit")
	var straight strings.Builder
	straight.WriteString("r0 = 0\nr2 = *(u32 *)(r1 + 16)\n")
	for i := range 15000 {
		fmt.Fprintf(&straight, "r0 += r2\nr0 ^= %d\n*(u64 *)(r10 - %d) = r0\n", i, 8+i%20*8)
	}
	straight.WriteString("exit")
	return map[string]string{
		"loop 10^4": loop(1400), "loop 10^5": loop(14000), "loop 10^6": loop(140000),
		"300 branches": branches.String(), "100 correlated": correlated.String(),
		"100 calls": calls.String(), "45000 straight": straight.String(),
	}
}

func BenchmarkVerify(b *testing.B) {
	for name, text := range loadPrograms() {
		b.Run(name, func(b *testing.B) {
			obj, p := assemble(b, "xdp", text)
			stats := verifier.Stats{}
			for b.Loop() {
				if _, err := verifier.Verify(obj, p, verifier.Options{Stats: &stats}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(stats.Processed), "ns/insn")
			b.ReportMetric(float64(stats.Processed), "insns")
			b.ReportMetric(float64(stats.States), "states")
			b.ReportMetric(float64(stats.Bytes)/1e6, "MB")
		})
	}
}
