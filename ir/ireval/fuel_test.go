package ireval_test

import (
	"bytes"
	"math"
	"sort"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/internal/interp"
	"github.com/bpf2go-native/bpf2go-native/internal/progen"
	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/ir/ireval"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
	"github.com/bpf2go-native/bpf2go-native/test/inlined"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// fuelled is a program with a budget, optimised.
func fuelled(t *testing.T, obj *frontend.Object, facts *verifier.Facts, budget uint64) *ir.Program {
	t.Helper()
	f := *facts
	f.Fuel, f.MaxInsns = budget, math.MaxUint64 // also where an end is proven
	p, err := ir.Build(obj, obj.Programs[0], &f)
	if err != nil {
		t.Fatal(err)
	}
	ir.Trace(p, func(f *ir.Func, pass string, _ bool) {
		if err := ir.Check(f); err != nil {
			t.Fatalf("behind %s: %v\n%s", pass, err, f)
		}
	})
	return p
}

// runFuelled runs p and reports whether its budget was enough.
func runFuelled(t *testing.T, obj *frontend.Object, p *ir.Program, data []byte) (r0 uint64, enough bool) {
	t.Helper()
	w := newWorld(obj)
	enough = true
	helpers := w.helpers()
	helpers["OutOfFuel"] = func(fr *abi.Frame, a []uint64) uint64 {
		if a[0] != 0 || !enough {
			t.Errorf("OutOfFuel(%d), enough so far: %v", int64(a[0]), enough)
		}
		enough, fr.Fuel = false, -1
		return 1
	}
	w.helped = helpers
	r0, err := w.run(p, bytes.Clone(data))
	if err != nil {
		t.Fatalf("%v\n%s", err, ir.Print(p))
	}
	return r0, enough
}

// fuelCases have loops and functions in every combination.
var fuelCases = []rawCase{
	{"straight", "mov %r0, 1\nadd %r0, %r2\nexit"},
	{"loop", "mov %r0, 0\nl:\nadd %r0, 3\njlt %r0, 300, l\nexit"},
	{"nested", "mov %r0, 0\nmov %r3, 0\na:\nmov %r4, 0\nb:\nadd %r0, %r4\nadd %r4, 1\njlt %r4, 7, b\nadd %r3, 1\njlt %r3, 5, a\nexit"},
	{"branches in a loop", "mov %r0, 0\nmov %r3, 0\na:\nmov %r4, %r3\nand %r4, 1\njeq %r4, 0, e\nadd %r0, 5\nmul %r0, 3\nja n\ne:\nadd %r0, 1\nn:\nadd %r3, 1\njlt %r3, 20, a\nexit"},
	{"two ways in", "mov %r0, 0\nmov %r3, 0\njlt %r2, 10, b\na:\nadd %r0, 1\nb:\nadd %r3, 1\nadd %r0, %r3\njlt %r3, 20, a\nexit"},
	{"function", "mov %r6, %r2\nmov %r7, 0\nl:\nmov %r1, %r7\ncall local f\nadd %r6, %r0\nadd %r7, 1\njlt %r7, 4, l\nmov %r1, %r6\ncall local f\nexit\nf:\nmov %r0, 0\n.rep 45 add %r0, 3\ng:\nadd %r0, 1\nsub %r1, 1\njslt %r1, 40, h\nh:\njsgt %r1, 0, g\nexit"},
	{"function that calls one", "mov %r7, 0\nl:\nmov %r1, %r7\ncall local f\nadd %r7, 1\njlt %r7, 4, l\nmov %r1, 3\ncall local f\nexit\nf:\n.rep 45 add %r1, 3\nmov %r6, %r1\ncall local g\nmov %r7, %r0\nmov %r1, %r6\ncall local g\nadd %r0, %r7\nexit\ng:\nmov %r0, %r1\n.rep 45 add %r0, 3\nl2:\nadd %r0, 7\njlt %r0, 400, l2\nexit"},
	{"function in a branch", "mov %r6, %r2\nmov %r0, 1\njlt %r2, 10, x\nmov %r1, %r2\ncall local f\njlt %r6, 20, x\nmov %r1, %r0\ncall local f\nx:\nexit\nf:\nmov %r0, %r1\n.rep 45 add %r0, 3\nexit"},
	{"inlined function", "mov %r6, 0\nmov %r7, 0\nl:\nmov %r1, %r7\ncall local f\nadd %r6, %r0\nadd %r7, 1\njlt %r7, 9, l\nmov %r0, %r6\nexit\nf:\nmov %r0, %r1\nmul %r0, 5\nexit"},
	{"memory and context tokens", "mov %r0, 0\njlt %r2, 8, x\nmov %r6, %r1\nmov %r7, 0\nl:\nldabsb 3\nmov %r8, %r0\nmov %r1, %r7\ncall local f\nadd %r0, %r8\nadd %r7, 1\njlt %r7, 6, l\nldabsb 2\nmov %r1, %r0\ncall local f\nx:\nexit\nf:\nmov %r0, %r1\n.rep 45 add %r0, 3\nexit"},
}

// TestFuel: with enough fuel nothing changes; there is a least budget that is
// enough, it is not below what the interpreter executes, and one less ends the
// run with 0.
func TestFuel(t *testing.T) {
	cases := append([]rawCase{{"iterator", inlined.Numbers("0", "30", "add %r7, %r1")}}, fuelCases...)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			obj := rawObject(t, c.text)
			facts, err := verifier.Verify(obj, obj.Programs[0], verifier.Options{Fuel: 1})
			if err != nil {
				t.Fatal(err)
			}
			m, err := interp.New(obj, interp.Options{ZeroStack: true})
			if err != nil {
				t.Fatal(err)
			}
			for _, data := range inlined.Inputs()[:26] {
				if len(data)%12 != 0 {
					continue
				}
				want, err := m.Run(obj.Programs[0], interp.Input{Data: bytes.Clone(data)})
				if err != nil {
					t.Fatal(err)
				}
				most := 40*int(want.Insns) + 1000
				least := sort.Search(most, func(n int) bool {
					if n == 0 {
						return false
					}
					_, enough := runFuelled(t, obj, fuelled(t, obj, facts, uint64(n)), data)
					return enough
				})
				p := fuelled(t, obj, facts, uint64(least))
				got, enough := runFuelled(t, obj, p, data)
				if got != want.R0 || !enough || uint64(least) < want.Insns {
					t.Errorf("%d bytes: got %#x with a budget of %d, enough: %v; want %#x after %d instructions\n%s", len(data), got, least, enough, want.R0, want.Insns, ir.Print(p))
				}
				if least > 1 {
					if got, enough := runFuelled(t, obj, fuelled(t, obj, facts, uint64(least-1)), data); got != 0 || enough {
						t.Errorf("%d bytes: got %#x with a budget of %d, enough: %v", len(data), got, least-1, enough)
					}
				}
			}
		})
	}
}

// TestEndless: programs without an end are built with a budget only, and it
// ends them.
func TestEndless(t *testing.T) {
	for _, c := range []rawCase{
		{"alone", "l:\nja l"},
		{"counting", "mov %r0, 0\nl:\nadd %r0, 1\nja l"},
		{"in a function", "mov %r1, %r2\ncall local f\nmov %r6, %r0\nmov %r1, 5\ncall local f\nexit\nf:\nmov %r0, %r1\n.rep 45 add %r0, 3\nl:\nadd %r1, 1\njne %r1, 0, l\nexit"},
		{"two ways in", "mov %r0, 0\njlt %r2, 10, b\na:\nadd %r0, 1\nb:\nadd %r0, 2\njne %r0, 1, a\nexit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			obj := rawObject(t, c.text)
			facts, err := verifier.Verify(obj, obj.Programs[0], verifier.Options{MaxProcessed: 50_000, Fuel: 1000})
			if err != nil {
				t.Fatal(err)
			}
			for _, budget := range []uint64{1, 2, 60, 1000, 100_000} {
				p := fuelled(t, obj, facts, budget)
				if r0, enough := runFuelled(t, obj, p, nil); r0 != 0 || enough {
					t.Errorf("budget %d: got %d, enough: %v\n%s", budget, r0, enough, ir.Print(p))
				}
			}
			facts.Fuel = 0
			if _, err := ir.Build(obj, obj.Programs[0], facts); err == nil || !strings.Contains(err.Error(), "-fuel") {
				t.Errorf("without a budget: %v", err)
			}
		})
	}
}

// TestGeneratedFuel counts generated programs: enough fuel changes nothing, and
// with less a run is what it was or ends with 0.
func TestGeneratedFuel(t *testing.T) {
	count := *generated / 2
	if testing.Short() {
		count /= 10
	}
	ended := 0
	for k := range uint64(count) {
		c := progen.Seeded(*firstSeed+k, progen.Options{})
		t.Run(c.Name, func(t *testing.T) {
			facts, err := verifier.Verify(c.Object, c.Object.Programs[0], verifier.Options{})
			if err != nil {
				t.Logf("refused: %v", err)
				return
			}
			plain, err := ir.Build(c.Object, c.Object.Programs[0], facts)
			if err != nil {
				t.Logf("not built: %v", err)
				return
			}
			ir.Optimize(plain)
			for _, budget := range []uint64{1, 20, 50, 100, 400, 1 << 40} {
				p := fuelled(t, c.Object, facts, budget)
				for _, in := range c.Inputs {
					want, ok := runGenerated(t, c, plain, in, nil)
					spent := false
					got, _ := runGenerated(t, c, p, in, func(fr *abi.Frame, _ []uint64) uint64 {
						spent, fr.Fuel = true, -1
						return 1
					})
					switch {
					case !ok: // the test's world does not have what it needs
					case spent && (got != 0 || budget == 1<<40):
						t.Fatalf("budget %d: got %#x from a run that was ended\n%s", budget, got, ir.Print(p))
					case !spent && got != want:
						t.Fatalf("budget %d: got %#x, want %#x\n%s", budget, got, want, ir.Print(p))
					}
					if spent {
						ended++
					}
				}
			}
		})
	}
	if ended == 0 {
		t.Error("no run was ended")
	}
}

// runGenerated runs a generated program in a new world.
func runGenerated(t *testing.T, c *progen.Case, p *ir.Program, in progen.Input, outOfFuel ireval.Helper) (uint64, bool) {
	t.Helper()
	w := newWorld(c.Object)
	w.helped = w.helpers()
	w.helped["OutOfFuel"] = outOfFuel
	copy(w.frame.Ctx[:], in.Ctx)
	r0, err := w.run(p, bytes.Clone(in.Data))
	return r0, err == nil
}
