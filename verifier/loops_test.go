package verifier_test

import (
	"errors"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// loopCases are loops that are too long to be unrolled.
var loopCases = []struct {
	name string
	code string
	most uint64 // MaxInsns
	text string
}{
	{"counter", "", 1e8, "r0 = 0\nr1 = 0\nl:\nr0 += r1\nr1 += 1\nif r1 < 10000000 goto l\nexit"},
	{"counter tested first", "", 1e8, "r0 = 0\nr1 = 0\nl:\nif r1 >= 10000000 goto x\nr0 += r1\nr1 += 1\ngoto l\nx:\nexit"},
	{"32-bit counter", "", 1e8, "r0 = 0\nw1 = 0\nl:\nw0 += w1\nw1 += 1\nif w1 < 10000000 goto l\nexit"},
	{"counter down", "", 1e8, "r0 = 0\nr1 = 10000000\nl:\nr0 += r1\nr1 += -1\nif r1 != 0 goto l\nexit"},
	{"signed counter down", "", 1e8, "r0 = 0\nr1 = 10000000\nl:\nr0 += r1\nr1 += -1\nif r1 s>= 0 goto l\nr0 = 0\nexit"},
	{"counter in memory", "", 2e8, "r0 = 0\n*(u64 *)(r10 - 8) = 0\nl:\nr1 = *(u64 *)(r10 - 8)\nr1 += 1\n*(u64 *)(r10 - 8) = r1\nif r1 < 10000000 goto l\nexit"},
	{"32-bit counter in memory", "", 2e8, "r0 = 0\n*(u32 *)(r10 - 4) = 0\nl:\nr1 = *(u32 *)(r10 - 4)\nw1 += 1\n*(u32 *)(r10 - 4) = r1\nr1 = *(u32 *)(r10 - 4)\nif w1 < 10000000 goto l\nexit"},
	{"step of 3", "", 1e8, "r0 = 0\nr1 = 0\nl:\nr0 += r1\nr1 += 3\nif r1 < 10000000 goto l\nexit"},
	{"nested", "", 1e10, "r0 = 0\nr1 = 0\nl:\nr2 = 0\nm:\nr0 += r2\nr2 += 1\nif r2 < 10000 goto m\nr1 += 1\nif r1 < 10000 goto l\nexit"},
	{"nested three", "", 1e12, "r0 = 0\nr1 = 0\nl:\nr2 = 0\nm:\nr3 = 0\nn:\nr0 += r3\nr3 += 1\nif r3 < 1000 goto n\nr2 += 1\nif r2 < 1000 goto m\nr1 += 1\nif r1 < 1000 goto l\nexit"},
	{"bound in a register", "", 1e8, found + "r6 = *(u32 *)(r0 + 0)\nif r6 > 1000000 goto x\nr1 = 0\nl:\nif r1 >= r6 goto x\nr1 += 1\ngoto l\nx:\nr0 = 0\nexit"},
	{"table lookup", "", 1e9, found + "r6 = r0\nr1 = 0\nr0 = 0\nl:\nr2 = r1\nr2 &= 31\nr3 = r6\nr3 += r2\nr4 = *(u8 *)(r3 + 0)\nr0 += r4\nr1 += 1\nif r1 < 1000000 goto l\nexit"},
	{"branches in the body", "", 1e9, found + "r6 = r0\nr1 = 0\nr0 = 0\nl:\nr2 = *(u8 *)(r6 + 0)\nif r2 > 7 goto a\nr0 += r2\nr0 ^= 5\na:\nr2 = *(u8 *)(r6 + 1)\nif r2 > 7 goto b\nr0 += r2\nr0 ^= 6\nb:\nr1 += 1\nif r1 < 1000000 goto l\nexit"},
	{"bad access in the body", "V015", 0, found + "r6 = r0\nr1 = 0\nr0 = 0\nl:\nr3 = r6\nr3 += r1\nr4 = *(u8 *)(r3 + 0)\nr1 += 1\nif r1 < 1000000 goto l\nexit"},
	{"no progress", "V030", 0, found + "r6 = r0\nr1 = 0\nl:\nr1 += 1\nr2 = *(u8 *)(r6 + 0)\nif r2 == 0 goto a\nr1 = 5\na:\nif r1 != 10000000 goto l\nr0 = 0\nexit"},
}

// TestLoops: loops that cannot be unrolled end by a measure.
func TestLoops(t *testing.T) {
	for _, c := range loopCases {
		t.Run(c.name, func(t *testing.T) {
			obj, p := assemble(t, "xdp", c.text)
			stats := verifier.Stats{}
			facts, err := verifier.Verify(obj, p, verifier.Options{Stats: &stats, MaxProcessed: 200000})
			var e *verifier.Error
			switch {
			case c.code == "" && err != nil:
				t.Errorf("%+v\n%s", err, listing(p))
			case c.code == "":
				if facts.MaxInsns > c.most {
					t.Errorf("at most %d instructions, want %d", facts.MaxInsns, c.most)
				}
				t.Logf("at most %d: %+v", facts.MaxInsns, stats)
			case !errors.As(err, &e) || string(e.Code) != c.code:
				t.Errorf("got %+v\nwant code %q\n%s", err, c.code, listing(p))
			}
		})
	}
}
