package verifier_test

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/internal/interp"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// rawCases are programs on a piece of memory: r1 = data, r2 = length.
var rawCases = []programCase{
	{"unchecked", "V013", "", "r0 = *(u8 *)(r1 + 0)\nexit"},
	{"constant lt", "", "", "r0 = 0\nif r2 < 8 goto l\nr0 = *(u64 *)(r1 + 0)\nl:\nexit"},
	{"constant lt one more", "V013", "", "r0 = 0\nif r2 < 8 goto l\nr0 = *(u64 *)(r1 + 1)\nl:\nexit"},
	{"constant le", "", "", "r0 = 0\nif r2 <= 7 goto l\nr0 = *(u64 *)(r1 + 0)\nl:\nexit"},
	{"constant eq", "", "", "r0 = 0\nif r2 != 8 goto l\nr0 = *(u64 *)(r1 + 0)\nl:\nexit"},
	{"constant signed", "", "", "r0 = 0\nif r2 s< 8 goto l\nr0 = *(u64 *)(r1 + 0)\nl:\nexit"},
	{"zero test", "", "", "r0 = 0\nif r2 == 0 goto l\nr0 = *(u8 *)(r1 + 0)\nl:\nexit"},
	{"zero test one more", "V013", "", "r0 = 0\nif r2 == 0 goto l\nr0 = *(u8 *)(r1 + 1)\nl:\nexit"},
	{"32-bit test", "V013", "", "r0 = 0\nif w2 < 8 goto l\nr0 = *(u64 *)(r1 + 8)\nl:\nexit"},
	{"stack of each function", "", "", "*(u64 *)(r10 - 512) = 1\nr1 = r10\nr1 += -512\ncall f\nexit\nfunc f\n*(u64 *)(r10 - 512) = 2\nr0 = *(u64 *)(r1 + 0)\nr2 = *(u64 *)(r10 - 512)\nr0 += r2\nexit"},
	{"callx of a number", "", "", "r6 = 5\nr1 = 7\ncallx r6\nr0 += r6\nexit"},
	{"callx of a number takes arguments", "V010", "", "call ktime_get_ns\n*(u32 *)(r10 - 4) = 0\nr2 = r10\nr2 += -4\nr6 = 1\ncallx r6\nr0 = 0\nexit"},
	{"callx of a number checks arguments", "V021", "", "r1 = 3\nr2 = r10\nr2 += -4\nr6 = 1\ncallx r6\nr0 = 0\nexit"},
	{"callx of a number with arguments", "", "", "*(u32 *)(r10 - 4) = 0\nr1 = map array\nr2 = r10\nr2 += -4\nr6 = 1\ncallx r6\nif r0 == 0 goto l\nr0 = *(u64 *)(r0 + 0)\nl:\nexit"},
	{"callx of a number loses arguments", "V010", "", "r1 = 7\nr6 = 5\ncallx r6\nr0 = r1\nexit"},
	{"callx of no number", "V021", "", "r0 = 0\nr6 = 5\nif r2 == 0 goto l\nr6 = *(u8 *)(r1 + 0)\nl:\ncallx r6\nexit"},
	{"callx of two numbers", "V021", "", "r6 = 5\nif r2 == 0 goto l\nr6 = 7\nl:\ncallx r6\nexit"},
	{"callx of one number on two paths", "", "", "r6 = 5\nif r2 == 0 goto l\nr7 = 0\nr6 = 5\nl:\ncallx r6\nexit"},
	{"callx of a number or a function", "V021", "", "r6 = func f\nif r2 == 0 goto l\nr6 = 7\nl:\ncallx r6\nexit\nfunc f\nr0 = 0\nexit"},
	{"callx of a number without helper", "V020", "", "r6 = 4000\ncallx r6\nexit"},
	{"callx of a large number", "V021", "", "r6 = 5\nr6 <<= 32\nr6 += 5\ncallx r6\nexit"},
	{"callx of bpf_loop", "V020", "", "r1 = 3\nr2 = func f\nr3 = 0\nr4 = 0\nr6 = 181\ncallx r6\nexit\nfunc f\nr0 = 0\nexit"},
	{"index", "", "", "r0 = 0\nr3 = 5\nif r2 < 1 goto l\nr3 = *(u8 *)(r1 + 0)\nif r3 >= r2 goto l\nr1 += r3\nr0 = *(u8 *)(r1 + 0)\nl:\nexit"},
	{"index one more", "V013", "", "r0 = 0\nr3 = 5\nif r2 < 1 goto l\nr3 = *(u8 *)(r1 + 0)\nif r3 > r2 goto l\nr1 += r3\nr0 = *(u8 *)(r1 + 0)\nl:\nexit"},
	{"index wider", "V013", "", "r0 = 0\nr3 = 5\nif r2 < 1 goto l\nr3 = *(u8 *)(r1 + 0)\nif r3 >= r2 goto l\nr1 += r3\nr0 = *(u16 *)(r1 + 0)\nl:\nexit"},
	{"index plus size", "", "", "r0 = 0\nif r2 < 1 goto l\nr3 = *(u8 *)(r1 + 0)\nr4 = r3\nr4 += 8\nif r4 > r2 goto l\nr1 += r3\nr0 = *(u64 *)(r1 + 0)\nl:\nexit"},
	{"index against shorter length", "", "", "r0 = 0\nif r2 < 8 goto l\nr3 = *(u8 *)(r1 + 0)\nr2 += -7\nif r3 >= r2 goto l\nr1 += r3\nr0 = *(u64 *)(r1 + 0)\nl:\nexit"},
	{"index against shorter length wraps", "V013", "", "r0 = 0\nif r2 < 1 goto l\nr3 = *(u8 *)(r1 + 0)\nr2 += -7\nif r3 >= r2 goto l\nr1 += r3\nr0 = *(u64 *)(r1 + 0)\nl:\nexit"},
	{"index tested after addition", "", "", "r0 = 0\nif r2 < 1 goto l\nr3 = *(u8 *)(r1 + 0)\nr4 = r1\nr4 += r3\nif r3 >= r2 goto l\nr0 = *(u8 *)(r4 + 0)\nl:\nexit"},
	{"end pointer", "", "", "r0 = 0\nr2 += r1\nr3 = r1\nr3 += 8\nif r3 > r2 goto l\nr0 = *(u64 *)(r1 + 0)\nl:\nexit"},
	{"end pointer one more", "V013", "", "r0 = 0\nr2 += r1\nr3 = r1\nr3 += 8\nif r3 > r2 goto l\nr0 = *(u64 *)(r1 + 1)\nl:\nexit"},
	{"end pointer minus", "", "", "r0 = 0\nif r2 < 8 goto l\nr2 += r1\nr2 += -7\nr3 = r1\nif r3 >= r2 goto l\nr0 = *(u64 *)(r1 + 0)\nl:\nexit"},
	{"end pointer minus wraps", "V013", "", "r0 = 0\nr2 += r1\nr2 += -7\nr3 = r1\nif r3 >= r2 goto l\nr0 = *(u64 *)(r1 + 0)\nl:\nexit"},
	{"bits of addresses", "V013", "", "r0 = 0\nr2 += r1\nr3 = r1\nr3 += 8\nif r3 & r2 goto l\nexit\nl:\nr0 = *(u64 *)(r1 + 0)\nexit"},
	{"last byte", "", "", "r0 = 0\nif r2 == 0 goto l\nr1 += r2\nr0 = *(u8 *)(r1 - 1)\nl:\nexit"},
	{"byte at the end", "V013", "", "r0 = 0\nif r2 == 0 goto l\nr1 += r2\nr0 = *(u8 *)(r1 + 0)\nl:\nexit"},
	{"last byte of nothing", "V013", "", "r1 += r2\nr0 = *(u8 *)(r1 - 1)\nexit"},
	{"count down", "", "", "r0 = 0\nif r2 > 64 goto x\nl:\nif r2 == 0 goto x\nr3 = *(u8 *)(r1 + 0)\nr0 += r3\nr1 += 1\nr2 += -1\ngoto l\nx:\nexit"},
	{"walk to end by ne", "", "", "r0 = 0\nif r2 > 64 goto x\nr2 += r1\nl:\nif r1 == r2 goto x\nr3 = *(u8 *)(r1 + 0)\nr0 += r3\nr1 += 1\ngoto l\nx:\nexit"},
	{"walk by two to end by ne", "V013", "", "r0 = 0\nif r2 > 64 goto x\nr2 += r1\nl:\nif r1 == r2 goto x\nr3 = *(u8 *)(r1 + 0)\nr0 += r3\nr1 += 2\ngoto l\nx:\nexit"},
	{"walk to end by lt", "", "", "r0 = 0\nif r2 > 64 goto x\nr2 += r1\nl:\nif r1 >= r2 goto x\nr3 = *(u8 *)(r1 + 0)\nr0 += r3\nr1 += 1\ngoto l\nx:\nexit"},
	{"index loop", "", "", "r0 = 0\nr3 = 0\nl:\nif r3 >= r2 goto x\nif r3 >= 64 goto x\nr4 = r1\nr4 += r3\nr5 = *(u8 *)(r4 + 0)\nr0 += r5\nr3 += 1\ngoto l\nx:\nexit"},
	{"write", "", "", "r0 = 0\nif r2 < 8 goto l\n*(u64 *)(r1 + 0) = 5\nl:\nexit"},
	{"length spilled", "", "", "r0 = 0\n*(u64 *)(r10 - 8) = r2\nif r2 < 8 goto l\nr3 = *(u64 *)(r10 - 8)\nr3 += -8\nr3 += r1\nr0 = *(u64 *)(r3 + 0)\nl:\nexit"},
	{"length halved", "", "", "r0 = 0\nr3 = r2\nr3 >>= 1\nif r3 >= r2 goto l\nr1 += r3\nr0 = *(u8 *)(r1 + 0)\nl:\nexit"},
	{"length in callee", "", "", "call f\nexit\nfunc f\nr0 = 0\nif r2 < 8 goto l\nr0 = *(u64 *)(r1 + 0)\nl:\nexit"},
	{"packet load", "", "", "r6 = r1\nr0 = ld_abs u32 3\nexit"},
	{"packet load behind the end", "", "", "r6 = r1\nr0 = ld_abs u16 70000\nexit"},
	{"packet load before the start", "", "", "r6 = r1\nr0 = ld_abs u8 -1\nexit"},
	{"packet load by index", "", "", "r0 = 0\nif r2 == 0 goto l\nr6 = r1\nr7 = *(u8 *)(r6 + 0)\nr0 = ld_ind u16 r7 -2\nl:\nexit"},
	{"packet load gives a byte", "V013", "", "r0 = 0\nr7 = r2\nif r7 < 255 goto l\nr6 = r1\nr0 = ld_abs u8 0\nr6 += r0\nr0 = *(u8 *)(r6 + 0)\nl:\nexit"},
	{"packet load byte as index", "", "", "r0 = 0\nr7 = r2\nif r7 < 256 goto l\nr6 = r1\nr0 = ld_abs u8 0\nr6 += r0\nr0 = *(u8 *)(r6 + 0)\nl:\nexit"},
	{"packet load not from the start", "V021", "", "r0 = 0\nif r2 == 0 goto l\nr6 = r1\nr6 += 1\nr0 = ld_abs u8 0\nl:\nexit"},
	{"packet load with a variable start", "V021", "", "r0 = 0\nif r2 == 0 goto l\nr6 = r1\nr3 = *(u8 *)(r1 + 0)\nr3 &= 1\nr6 += r3\nr0 = ld_abs u8 0\nl:\nexit"},
	{"packet load with the length in r6", "V021", "", "r6 = r2\nr0 = ld_abs u8 0\nexit"},
	{"packet load in a callee", "", "", "call f\nr0 += 1\nexit\nfunc f\nr6 = r1\nr0 = ld_abs u32 8\nexit"},
	{"packet load leaves a callee with 0", "", "", "call f\nif r0 == 5 goto l\nif r0 == 0 goto l\nr0 = *(u8 *)(r0 + 0)\nl:\nexit\nfunc f\nr6 = r1\nr0 = ld_abs u32 8\nr0 = 5\nexit"},
	{"packet load may leave a callee", "V013", "", "r9 = r1\nr8 = r2\ncall f\nif r0 == 5 goto l\nr0 = *(u8 *)(r9 + 0)\nl:\nexit\nfunc f\nr6 = r1\nr0 = ld_abs u32 8\nr0 = 5\nexit"},
	{"signed index", "", "", "r0 = 0\nif r2 < 1 goto l\nr3 = *(u8 *)(r1 + 0)\nif r3 s>= r2 goto l\nr1 += r3\nr0 = *(u8 *)(r1 + 0)\nl:\nexit"},
	{"signed index one more", "V013", "", "r0 = 0\nif r2 < 1 goto l\nr3 = *(u8 *)(r1 + 0)\nif r3 s> r2 goto l\nr1 += r3\nr0 = *(u8 *)(r1 + 0)\nl:\nexit"},
	{"signed index plus one", "", "", "r0 = 0\nif r2 < 1 goto l\nr3 = *(u8 *)(r1 + 0)\nr4 = r3\nr4 += 1\nif r4 s> r2 goto l\nr1 += r3\nr0 = *(u8 *)(r1 + 0)\nl:\nexit"},
	{"packet load clobbers r1", "V010", "", "r6 = r1\nr0 = ld_abs u8 0\nr0 = r1\nexit"},
	{"other number", "V013", "", "r0 = 0\nr3 = r2\nr3 *= 2\nif r3 < 16 goto l\nr0 = *(u64 *)(r1 + 8)\nl:\nexit"},
}

func TestRawPrograms(t *testing.T) {
	for _, c := range rawCases {
		t.Run(c.name, func(t *testing.T) {
			obj, p := assemble(t, "raw", c.text)
			stats := verifier.Stats{}
			_, err := verifier.Verify(obj, p, verifier.Options{Stats: &stats})
			var e *verifier.Error
			switch {
			case err == nil && c.code != "":
				t.Errorf("accepted, want %s\n%s", c.code, listing(p))
			case err == nil:
				follow(t, obj, p, 60)
			case !errors.As(err, &e) || string(e.Code) != c.code:
				t.Errorf("got %+v\nwant code %q\n%s", err, c.code, listing(p))
			}
			if stats.Unweakened {
				t.Errorf("the weakened certificate was refused\n%s", listing(p))
			}
		})
	}
}

// memory draws memory of 0 to 70 bytes, small numbers in it.
func memory(r *rand.Rand) interp.Input {
	b := make([]byte, r.IntN(70))
	for i := range b {
		b[i] = byte(r.Uint32() >> r.UintN(32))
	}
	return interp.Input{Data: b}
}

// TestRawMutants: accepted mutants of programs on memory run without a fault.
func TestRawMutants(t *testing.T) {
	g := newGenerator(t, *mutantsSeed)
	g.seeds = nil
	for _, c := range rawCases {
		_, p := assemble(t, "raw", c.text)
		g.seeds = append(g.seeds, seed{testMaps, p})
	}
	accepted := 0
	for range scaled(*mutants) {
		obj, p := g.next()
		if _, err := verifier.Verify(obj, p, verifier.Options{MaxProcessed: 20000}); err == nil {
			accepted++
			follow(t, obj, p, 6)
		}
	}
	t.Logf("%d of %d accepted", accepted, scaled(*mutants))
}
