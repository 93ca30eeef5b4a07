package verifier_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// loopCases are loops that are too long to be unrolled.
var loopCases = []struct {
	name string
	code string
	most uint64 // MaxInsns
	text string
}{
	{"bpf_loop", "", 3*100000 + 20, "r1 = 100000\nr2 = func f\nr3 = 0\nr4 = 0\ncall loop\nr0 = 0\nexit\nfunc f\nr0 = 0\nexit"},
	{"bpf_loop of at most so many", "", 3*4095 + 20, "r1 = *(u32 *)(r1 + 16)\nr1 &= 4095\nr2 = func f\nr3 = 0\nr4 = 0\ncall loop\nr0 = 0\nexit\nfunc f\nr0 = 0\nexit"},
	{"bpf_loop of any number", "", 3<<23 + 20, "r1 = *(u32 *)(r1 + 16)\nr2 = func f\nr3 = 0\nr4 = 0\ncall loop\nr0 = 0\nexit\nfunc f\nr0 = 0\nexit"},
	{"bpf_loop in bpf_loop", "", 1000*(3*1000+30) + 20, "r1 = 1000\nr2 = func f\nr3 = 0\nr4 = 0\ncall loop\nr0 = 0\nexit\nfunc f\nr1 = 1000\nr2 = func g\nr3 = 0\nr4 = 0\ncall loop\nr0 = 0\nexit\nfunc g\nr0 = 0\nexit"},
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

// iter is a loop over bpf_iter_num with a body; the iterator is at r10-8 and
// r6 is free.
func iter(init, body string) string {
	return init + `
	r1 = r10
	r1 += -8
	r2 = 0
	r3 = 100
	call bpf_iter_num_new
l:
	r1 = r10
	r1 += -8
	call bpf_iter_num_next
	if r0 == 0 goto x
	` + body + `
	goto l
x:
	r1 = r10
	r1 += -8
	call bpf_iter_num_destroy
	r0 = 0
	exit`
}

// boundedCases are loops that the run time bounds.
var boundedCases = []struct {
	name string
	code string
	text string
}{
	{"iterator", "", iter("", "r6 = *(u32 *)(r0 + 0)")},
	{"iterator sums", "", iter("r6 = 0", "r1 = *(u32 *)(r0 + 0)\nr6 += r1")},
	{"iterator counts", "", iter("r6 = 0", "r6 += 1")},
	{"iterator counts in memory", "", iter("*(u64 *)(r10 - 16) = 0", "r1 = *(u64 *)(r10 - 16)\nr1 += 1\n*(u64 *)(r10 - 16) = r1")},
	{"iterator indexes by count", "", iter(found+"r7 = r0\nr6 = 0", "if r6 >= 48 goto x\nr1 = r7\nr1 += r6\nr2 = *(u8 *)(r1 + 0)\nr6 += 1")},
	{"iterator indexes by count, one more", "V015", iter(found+"r7 = r0\nr6 = 0", "if r6 > 48 goto x\nr1 = r7\nr1 += r6\nr2 = *(u8 *)(r1 + 0)\nr6 += 1")},
	{"iterator is first pointer, then number", "V017", iter("r6 = r10", "r1 = *(u64 *)(r6 - 16)\nr6 = 0")},
	{"iterator with inner loop", "", iter("r6 = 0", "r7 = 0\nm:\nr6 += r7\nr7 += 1\nif r7 < 20 goto m")},
	{"iterator with endless inner loop", "V030", iter("r6 = 0", "m:\nr6 = 5\nif r6 == 5 goto m")},
	{"iterator destroyed and made again", "V030", iter("", "r1 = r10\nr1 += -8\ncall bpf_iter_num_destroy\nr1 = r10\nr1 += -8\nr2 = 0\nr3 = 100\ncall bpf_iter_num_new")},
	{"iterator asked when it is over", "V030", "r1 = r10\nr1 += -8\nr2 = 0\nr3 = 100\ncall bpf_iter_num_new\nl:\nr1 = r10\nr1 += -8\ncall bpf_iter_num_next\nif r0 == 0 goto l\nr1 = r10\nr1 += -8\ncall bpf_iter_num_destroy\nr0 = 0\nexit"},
	{"may_goto", "", "r0 = 0\nl:\nmay_goto x\nr0 += 1\ngoto l\nx:\nexit"},
	{"may_goto in a function called twice", "", "call f\ncall f\nr0 = 0\nexit\nfunc f\nr0 = 0\nl:\nmay_goto x\nr0 += 1\ngoto l\nx:\nexit"},
	{"may_goto around a loop", "", "r0 = 0\nl:\nmay_goto x\nr1 = 0\nm:\nr1 += 1\nif r1 < 10 goto m\ngoto l\nx:\nexit"},
	{"may_goto before an endless loop", "V030", "r0 = 0\nmay_goto x\nl:\nr0 = 1\ngoto l\nx:\nexit"},
	{"may_goto is a counter", "", "r0 = 0\nr1 = 0\nl:\nmay_goto x\nif r1 >= 1000 goto x\nr1 += 1\ngoto l\nx:\nexit"},
	{"may_goto over an array", "", found + "r1 = 0\nl:\nmay_goto x\nif r1 >= 40 goto x\nr2 = r0\nr2 += r1\nr3 = *(u64 *)(r2 + 0)\nr1 += 8\ngoto l\nx:\nr0 = 0\nexit"},
	{"may_goto in lockstep", "", found + "r1 = 0\nl:\nmay_goto x\nr3 = *(u8 *)(r0 + 0)\nr0 += 1\nr1 += 1\nif r1 != 48 goto l\nx:\nr0 = 0\nexit"},
	{"bpf_loop", "", "r1 = 100000\nr2 = func f\nr3 = r10\nr4 = 0\ncall loop\nr0 = 0\nexit\nfunc f\nr0 = 0\nexit"},
	{"bpf_loop counts in the caller", "", "*(u64 *)(r10 - 8) = 0\nr1 = 100000\nr2 = func f\nr3 = r10\nr3 += -8\nr4 = 0\ncall loop\nr0 = *(u64 *)(r10 - 8)\nr0 = 0\nexit\nfunc f\nr1 = *(u64 *)(r2 + 0)\nr1 += 1\n*(u64 *)(r2 + 0) = r1\nr0 = 0\nexit"},
	{"bpf_loop spoils a pointer", "V017", "*(u64 *)(r10 - 8) = r10\nr1 = 100000\nr2 = func f\nr3 = r10\nr3 += -8\nr4 = 0\ncall loop\nr1 = *(u64 *)(r10 - 8)\nr0 = *(u64 *)(r1 - 8)\nr0 = 0\nexit\nfunc f\n*(u64 *)(r2 + 0) = 7\nr0 = 0\nexit"},
	{"bpf_loop in bpf_loop", "", "r1 = 1000\nr2 = func f\nr3 = r10\nr4 = 0\ncall loop\nr0 = 0\nexit\nfunc f\nr1 = 1000\nr2 = func g\nr3 = r10\nr4 = 0\ncall loop\nr0 = 0\nexit\nfunc g\nr0 = 0\nexit"},
	{"bpf_loop with an endless callback", "V030", "r1 = 100000\nr2 = func f\nr3 = r10\nr4 = 0\ncall loop\nr0 = 0\nexit\nfunc f\nr0 = 0\nl:\nif r0 == 0 goto l\nexit"},
	{"for_each", "", "r1 = map hash\nr2 = func f\nr3 = r10\nr4 = 0\ncall for_each_map_elem\nr0 = 0\nexit\nfunc f\nr0 = 0\nexit"},
}

// TestBounded: the run time bounds these loops, whatever their states do.
func TestBounded(t *testing.T) {
	for _, c := range boundedCases {
		t.Run(c.name, func(t *testing.T) {
			obj, p := assemble(t, "xdp", c.text)
			stats := verifier.Stats{}
			facts, err := verifier.Verify(obj, p, verifier.Options{Stats: &stats, MaxProcessed: 20000})
			var e *verifier.Error
			switch {
			case c.code == "" && err != nil:
				t.Errorf("%+v\n%s", err, listing(p))
			case c.code == "":
				t.Logf("at most %d: %+v", facts.MaxInsns, stats)
				if stats.Unweakened {
					t.Errorf("the weakened certificate was refused")
				}
			case !errors.As(err, &e) || string(e.Code) != c.code:
				t.Errorf("got %+v\nwant code %q\n%s", err, c.code, listing(p))
			}
		})
	}
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

// TestCrowds: where states are too many they are joined.
func TestCrowds(t *testing.T) {
	var text strings.Builder
	text.WriteString(found + "r6 = r0\nr7 = 0\n")
	for i := range 30 {
		fmt.Fprintf(&text, "r1 = *(u8 *)(r6 + %d)\nif r1 > 7 goto l%d\nr7 |= %d\nl%d:\n", i, i, 1<<i, i)
	}
	text.WriteString("if r7 == 12345 goto x\nr0 = 0\nexit\nx:\nr0 = 1\nexit")
	obj, p := assemble(t, "xdp", text.String())
	stats := verifier.Stats{}
	if _, err := verifier.Verify(obj, p, verifier.Options{Stats: &stats, MaxProcessed: 400000}); err != nil || !stats.Joined {
		t.Errorf("%+v, %+v", err, stats)
	}
	t.Logf("%+v", stats)
}

// TestLossyDeterministic: joining and widening give the same proof every time.
func TestLossyDeterministic(t *testing.T) {
	for _, c := range loopCases[:12] {
		var stats [2]verifier.Stats
		var facts [2]*verifier.Facts
		for i := range stats {
			obj, p := assemble(t, "xdp", c.text)
			facts[i], _ = verifier.Verify(obj, p, verifier.Options{Stats: &stats[i], MaxProcessed: 20000})
		}
		if d := cmp.Diff(facts[0], facts[1]); d != "" || stats[0] != stats[1] {
			t.Errorf("%s: %s\n%+v\n%+v", c.name, d, stats[0], stats[1])
		}
	}
}
