package progen_test

import (
	"encoding/binary"
	"reflect"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/internal/progen"
)

// TestDeterministic: equal choices give equal objects, and others other ones.
func TestDeterministic(t *testing.T) {
	for seed := range uint64(50) {
		a, b := progen.Seeded(seed, progen.Options{}), progen.Seeded(seed, progen.Options{})
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("seed %d gives two objects", seed)
		}
		if c := progen.Seeded(seed+1, progen.Options{}); reflect.DeepEqual(a.Object.Programs, c.Object.Programs) {
			t.Errorf("seeds %d and %d give one object", seed, seed+1)
		}
	}
}

// TestEncodes: every program is one that an object file can hold.
func TestEncodes(t *testing.T) {
	for seed := range uint64(2000) {
		for _, p := range progen.Seeded(seed, progen.Options{Kernel: seed%2 == 0}).Object.Programs {
			if _, err := bpf.Encode(p.Insns, binary.LittleEndian); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
	}
}

// TestCoverage: everything that is Supported is made, each operation in each
// width with operands of each kind.
func TestCoverage(t *testing.T) {
	c := progen.NewCoverage()
	const n = 20000
	for seed := range uint64(n) {
		c.Add(progen.Seeded(seed, progen.Options{}))
	}
	for _, name := range c.Missing() {
		t.Errorf("never made in %d cases: %s", n, name)
	}
	var b strings.Builder
	c.Print(&b)
	t.Logf("%s\n%s", c.Summary(), b.String())
}

// TestBytes: no input of the fuzz target is endless.
func TestBytes(t *testing.T) {
	for n := range 64 {
		b := make([]byte, n)
		for k := range b {
			b[k] = byte(k * n)
		}
		c := progen.Generate("bytes", &progen.Bytes{Data: b}, progen.Options{Size: 40})
		if len(c.Object.Programs[0].Insns) == 0 {
			t.Fatalf("%d bytes give no instruction", n)
		}
	}
}
