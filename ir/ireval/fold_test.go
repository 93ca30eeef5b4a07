package ireval_test

import (
	"fmt"
	"math/rand"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/ir/ireval"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// expression makes the text of a function that computes with three numbers of
// its stack; operands are mostly recent, so that laws find their patterns.
func expression(r *rand.Rand, n int) string {
	var b strings.Builder
	b.WriteString("func f entry {\nb0:\n\tv0 = mem stack\n\tv1 = stackaddr 0\n")
	loads := []string{"load64", "load32", "load16", "load8", "loads8", "loads16", "loads32"}
	for i := range 3 {
		fmt.Fprintf(&b, "\tv%d = %s [v1-%d] stack after(v0)\n", 2+i, choice(r, loads), 8*(i+1))
	}
	var ops []ir.Op
	for op := range ir.Op(ir.NumOps) {
		if op.Foldable() {
			ops = append(ops, op)
		}
	}
	consts := []uint64{0, 1, 2, 3, 5, 7, 8, 10, 14, 16, 24, 31, 32, 33, 48, 56, 63, 0xff, 0xff00, 0xffff, 0x7fffffff, 0x80000000,
		0xffffffff, 1 << 32, 1<<63 - 1, 1 << 63, 1<<64 - 1, 1<<64 - 2, 1000, 641, 0xaaaaaaaa, 6700417}
	last := 4
	for range n {
		op := choice(r, ops)
		args := make([]string, op.Row().Args)
		for i := range args {
			switch {
			case r.Intn(3) == 0 && (i > 0 || len(args) == 1 || r.Intn(4) == 0):
				args[i] = fmt.Sprintf("%#x", choice(r, consts))
			case r.Intn(2) == 0:
				args[i] = fmt.Sprintf("v%d", max(2, last-r.Intn(3)))
			default:
				args[i] = fmt.Sprintf("v%d", 2+r.Intn(last-1))
			}
		}
		last++
		fmt.Fprintf(&b, "\tv%d = %s %s\n", last, op, strings.Join(args, ", "))
	}
	fmt.Fprintf(&b, "\tret v%d\n}\n", last)
	return b.String()
}

// TestFold compares random expressions before and behind every pass.
func TestFold(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	fr := &abi.Frame{}
	count := 10000
	if testing.Short() {
		count = 400
	}
	for range count {
		text := expression(r, 2+r.Intn(6))
		run := func(p *ir.Program, in [3]uint64) uint64 {
			for i, x := range in {
				for k := range 8 {
					fr.Stack[abi.StackSize-8*(i+1)+k] = byte(x >> (8 * k))
				}
			}
			got, err := ireval.Run(p, fr, ireval.Options{})
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		before, err := ir.Parse(text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		after, _ := ir.Parse(text)
		// The inputs were never stored, so "slots" must not look at them.
		for _, pass := range ir.Passes() {
			if pass.Name != "slots" {
				pass.Run(after.Funcs[0])
			}
		}
		if err := ir.CheckProgram(after); err != nil {
			t.Fatalf("%v\n%s\n%s", err, text, ir.Print(after))
		}
		for range 20 {
			var in [3]uint64
			for i := range in {
				switch in[i] = r.Uint64(); r.Intn(4) {
				case 0:
					in[i] >>= r.Intn(64)
				case 1:
					in[i] = -(in[i] >> (40 + r.Intn(24)))
				case 2:
					in[i] = 1 << r.Intn(64)
				}
			}
			if got, want := run(after, in), run(before, in); got != want {
				t.Fatalf("on %#x: got %#x, want %#x\n%s\n%s", in, got, want, text, ir.Print(after))
			}
		}
	}
}
