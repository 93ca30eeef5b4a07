package cpeer

import (
	"os"
	"strings"
	"testing"
)

const root = "../../.."

// start starts the child of the first compiler, or skips.
func start(t *testing.T, compilers ...string) *Peer {
	t.Helper()
	cc, err := Find(compilers...)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	p, err := Start(cc, root, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestRun(t *testing.T) {
	for _, cc := range []string{"clang-19", "gcc"} {
		t.Run(cc, func(t *testing.T) {
			p := start(t, cc)
			one := [][]byte{{0x12, 0x34}}
			two := [][]byte{{0x12, 0x34}, {}}
			for _, tc := range []struct {
				function string
				inputs   [][]byte
				calls    int
				want     uint32
			}{
				{"empty", one, 5, 10},
				{"checksum", one, 1, 0xedcb},
				{"checksum", two, 2, 0xedcb + 0xffff},
				{"checksum", one, 2, 2 * 0xedcb},
			} {
				ns, sum, err := p.Run(tc.function, tc.inputs, tc.calls)
				if err != nil {
					t.Fatal(err)
				}
				if sum != tc.want || ns < 0 {
					t.Errorf("%s, %d calls on %x: got sum %#x in %v, want %#x", tc.function, tc.calls, tc.inputs, sum, ns, tc.want)
				}
			}
		})
	}
}

// TestMapsStayFull runs every loop over maps twice: updates and replacements
// leave the tables as they were.
func TestMapsStayFull(t *testing.T) {
	p := start(t, "clang-19", "clang", "gcc", "cc")
	// Each run gets an input of its own: loops write to it where they end.
	in := func() [][]byte { return [][]byte{{1, 2, 3, 4}} }
	for _, pair := range []struct{ loop, same string }{
		{"array_update", "array_base"},
		{"hash4_update", "hash4_base"},
		{"hash4_replace", "hash4_base"},
		{"hash16_update", "hash16_base"},
		{"hash4_lookup", "array_lookup"},
		{"hash16_lookup", "array_lookup"},
		{"hash64_update", "array_base"},
		{"hash64_lookup", "array_lookup"},
		{"hash4_mix", "array_lookup"},
		{"big_hash4_update", "big_hash4_base"},
	} {
		for range 2 {
			_, got, err := p.Run(pair.loop, in(), 3)
			if err != nil {
				t.Fatal(err)
			}
			_, want, err := p.Run(pair.same, in(), 3)
			if err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Errorf("%s gives %#x, want %#x as %s", pair.loop, got, want, pair.same)
			}
		}
	}
}

func TestErrors(t *testing.T) {
	p := start(t, "clang-19", "clang", "gcc", "cc")
	for _, tc := range []struct {
		function string
		inputs   [][]byte
		want     string
	}{
		{"nothing", [][]byte{{1}}, "unknown function"},
		{"empty", nil, "no input"},
		{"empty", [][]byte{make([]byte, 5000)}, "at most 2048"},
	} {
		_, _, err := p.Run(tc.function, tc.inputs, 1)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s with %d inputs: got %v, want %q", tc.function, len(tc.inputs), err, tc.want)
		}
	}
	if _, err := Find("no-such-compiler"); err == nil {
		t.Error("found a compiler that does not exist")
	}
}
