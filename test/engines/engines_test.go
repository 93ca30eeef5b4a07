package engines

import (
	"bytes"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
)

const testdata = "../../testdata"

func load(t *testing.T, e Engine, o *Object) *Compiled {
	t.Helper()
	c, err := e.Load(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// each runs a test for every engine and object.
func each(t *testing.T, test func(t *testing.T, e Engine, o *Object)) {
	for _, e := range Engines() {
		t.Run(e.Name, func(t *testing.T) {
			for _, o := range Objects() {
				t.Run(o.File, func(t *testing.T) { test(t, e, &o) })
			}
		})
	}
}

// TestVectors runs every vector in memory that ends, and another time begins,
// where memory ends: reading a byte too many is a fault. The programs of the
// vectors only read.
func TestVectors(t *testing.T) {
	each(t, func(t *testing.T, e Engine, o *Object) {
		for _, place := range places(t) {
			c := load(t, e, o) // anew: globals counts from the start
			for _, v := range o.Runs(t, testdata) {
				data := place.put(v.Input)
				got, err := c.Run(data)
				if err != nil || got != v.Want || !bytes.Equal(data, v.Input) {
					t.Fatalf("%s, line %d, input % x: got %#x, %v, data % x, want %#x and the data unchanged", place.name, v.Line, v.Input, got, err, data, v.Want)
				}
			}
		}
	})
}

// TestMetadata runs the vectors behind metadata, which programs must not take
// for the packet.
func TestMetadata(t *testing.T) {
	each(t, func(t *testing.T, e Engine, o *Object) {
		if !o.XDP() || e.Bound {
			return // nothing has metadata here
		}
		c := load(t, e, o)
		for i, v := range o.Runs(t, testdata) {
			meta := 8 * (1 + i%4) // a multiple of 4 bytes, 32 at most (linux/skbuff.h)
			data := append(bytes.Repeat([]byte{0xa5}, meta), v.Input...)
			if got, err := c.RunMeta(data, meta); err != nil || got != v.Want {
				t.Fatalf("line %d, %d bytes of metadata: got %#x, %v, want %#x", v.Line, meta, got, err, v.Want)
			}
		}
	})
}

// TestEntry proves which code runs.
func TestEntry(t *testing.T) {
	each(t, func(t *testing.T, e Engine, o *Object) {
		p := load(t, e, o).Program()
		if e.Wants() == "native" {
			enginetest.RequireText(t, p.Entry(), o.Source(), "/native."+ident(o)+"_"+o.Program)
			return
		}
		folder := map[bool]string{true: "/native.", false: "/gobody."}[e.Native]
		enginetest.RequireText(t, p.Entry(), stem(o)+"_bpfel_body.go", folder+ident(o)+"_"+o.Program)
	})
}

// TestEnginesAgree compares machine code and Go bodies on random inputs.
func TestEnginesAgree(t *testing.T) {
	n := 10_000
	if testing.Short() {
		n = 200
	}
	all := Engines()
	last := len(all) - 1
	for _, e := range all[:last] {
		t.Run(e.Name, func(t *testing.T) {
			for _, o := range Objects() {
				t.Run(o.File, func(t *testing.T) {
					got, want := load(t, e, &o), load(t, all[last], &o)
					for _, c := range []*Compiled{got, want} {
						if err := o.Fill(1, c); err != nil {
							t.Fatal(err)
						}
					}
					if err := Compare(&o, got, want, o.Inputs(t, testdata, 1, n)); err != nil {
						t.Error(err)
					}
				})
			}
		})
	}
}

// TestNoInterpreter shows that the interpreter is not in this test binary.
func TestNoInterpreter(t *testing.T) {
	enginetest.RequireUnlinked(t, "/internal/interp")
}

// TestArchitectures runs the tests above under QEMU where machine code is made
// for, and where Go bodies serve: 64 and 32 bits, with and without accesses to
// any address.
func TestArchitectures(t *testing.T) {
	for _, goarch := range []string{"arm64", "riscv64", "arm", "386"} {
		t.Run(goarch, func(t *testing.T) {
			enginetest.GoTestOn(t, goarch, "-short", "-run", "^(TestVectors|TestMetadata|TestEntry|TestEnginesAgree)$", ".")
		})
	}
}
