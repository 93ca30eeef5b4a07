package verifier_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// TestFuel: loops without a bound are refused with advice, and accepted with a
// budget; everything else is refused as ever.
func TestFuel(t *testing.T) {
	for _, c := range []struct {
		name, text string
		code       string // without a budget
		advice     bool
		fuelled    string // code with a budget
		endless    bool
	}{
		{"no loop", "r0 = 0\nexit", "", false, "", false},
		{"counted loop", "r0 = 0\nl:\nr0 += 1\nif r0 != 100 goto l\nexit", "", false, "", false},
		{"nothing but itself", "l:\ngoto l", "V030", true, "", true},
		{"no way out", "r0 = 0\nl:\nr0 += 1\ngoto l", "V031", true, "", true},
		{"until the memory says so", "r0 = 0\nif r2 < 8 goto x\nl:\nr3 = *(u64 *)(r1 + 0)\nif r3 != 0 goto l\nx:\nexit", "V030", true, "", true},
		{"longer than anybody waits", "r3 = 1 ll\nr3 <<= 40\nr0 = 0\nl:\nr0 += 1\nif r0 != r3 goto l\nexit", "V031", true, "", true},
		{"one of two loops", "r0 = 0\nl:\nr0 += 1\nif r0 < 50 goto l\nm:\nif r0 != r2 goto m\nexit", "V030", true, "", true},
		{"collatz", "r0 = r2\nl:\nr3 = r0\nr3 &= 1\nif r3 == 0 goto e\nr0 *= 3\nr0 += 1\ngoto l\ne:\nr0 >>= 1\nif r0 > 1 goto l\nexit", "", false, "", true},
		{"index stays below a limit", "r0 = 0\nr3 = 0\nif r2 < 64 goto x\nl:\nr3 += 1\nr3 &= 63\nr4 = r1\nr4 += r3\nr5 = *(u8 *)(r4 + 0)\nif r5 != 7 goto l\nx:\nexit", "", false, "", true},
		{"index grows", "r0 = 0\nr3 = 0\nif r2 < 64 goto x\nl:\nr3 += 1\nr4 = r1\nr4 += r3\nr5 = *(u8 *)(r4 + 0)\nif r5 != 7 goto l\nx:\nexit", "V013", false, "V013", false},
		{"index to the length", "r0 = 0\nr3 = 0\nif r2 == 0 goto x\nl:\nr4 = r1\nr4 += r3\nr5 = *(u8 *)(r4 + 0)\nr0 += r5\nr3 += 1\nif r3 < r2 goto l\nx:\nexit", "V031", true, "", true},
		{"index beyond the length", "r0 = 0\nr3 = 0\nif r2 == 0 goto x\nl:\nr4 = r1\nr4 += r3\nr5 = *(u8 *)(r4 + 0)\nr0 += r5\nr3 += 1\nif r3 <= r2 goto l\nx:\nexit", "V013", false, "V013", false},
		{"two bytes at an index", "r0 = 0\nr3 = 0\nif r2 < 2 goto x\nl:\nr4 = r1\nr4 += r3\nr5 = *(u16 *)(r4 + 0)\nr0 += r5\nr3 += 1\nif r3 < r2 goto l\nx:\nexit", "V013", false, "V013", false},
		{"unsafe behind the loop", "r0 = 0\nif r2 < 8 goto x\nl:\nr3 = *(u64 *)(r1 + 0)\nif r3 != 0 goto l\nr0 = *(u64 *)(r1 + 8)\nx:\nexit", "", false, "V013", false},
		{"endless in a function", "call f\nexit\nfunc f\nr0 = 0\nl:\nif r0 != r2 goto l\nexit", "V030", true, "", true},
		{"recursion", "call f\nexit\nfunc f\ncall f\nexit", "V006", false, "V006", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			obj, p := assemble(t, "raw", c.text)
			_, err := verifier.Verify(obj, p, verifier.Options{MaxProcessed: 50_000})
			var e *verifier.Error
			if errors.As(err, &e); c.code != "" && (e == nil || string(e.Code) != c.code) {
				t.Errorf("without a budget: %v, want %s", err, c.code)
			}
			if e != nil && c.code != "" && strings.Contains(e.Advice, "-fuel") != c.advice {
				t.Errorf("advice %q with %v", e.Advice, err)
			}
			facts, err := verifier.Verify(obj, p, verifier.Options{MaxProcessed: 50_000, Fuel: 1000})
			switch {
			case c.fuelled != "":
				if e = nil; !errors.As(err, &e) || string(e.Code) != c.fuelled {
					t.Errorf("with a budget: %v, want %s", err, c.fuelled)
				}
			case err != nil:
				t.Errorf("with a budget: %v", err)
			case facts.Fuel != 1000 || facts.Endless != c.endless || c.endless != (facts.MaxInsns == math.MaxUint64):
				t.Errorf("with a budget: fuel %d, endless %v, at most %d instructions", facts.Fuel, facts.Endless, facts.MaxInsns)
			}
		})
	}
}
