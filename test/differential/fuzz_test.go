package differential

import (
	"errors"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/internal/progen"
)

// FuzzEngines makes a program out of the input's bytes, each a choice of
// progen, and compares the engines of this process with the interpreter: the
// IR as built and optimised, and machine code where there is some. A program
// that ends the process is a crash that the fuzzer keeps.
func FuzzEngines(f *testing.F) {
	for seed := range uint64(32) {
		r := progen.Random(seed)
		b := make([]byte, 64+32*int(seed))
		for k := range b {
			b[k] = byte(r.Uint64())
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c := progen.Generate("fuzz", &progen.Bytes{Data: data}, progen.Options{Inputs: 3})
		b, err := build(c, false)
		if err != nil {
			return
		}
		want, err := reference(c)
		switch {
		case errors.Is(err, errLong):
			return
		case err != nil:
			t.Fatalf("the verifier accepts it, the interpreter does not: %v\n%s", err, progen.Listing(c))
		}
		if got, err := b.evaluate(); err != nil || differ(got, want) != "" {
			t.Fatalf("ir as built: %v %s\n%s", err, differ(got, want), progen.Listing(c))
		}
		if err := b.translate(true); err != nil {
			t.Fatal(err)
		}
		if got, err := b.evaluate(); err != nil || differ(got, want) != "" {
			t.Fatalf("ir: %v %s\nstage: %s\n%s", err, differ(got, want), stage(c, want), progen.Listing(c))
		}
		l, err := newLocal()
		if err != nil {
			t.Fatal(err)
		}
		if l == nil {
			return
		}
		l.proven = true
		if got, err := l.run(b); err != nil || differ(got, want) != "" {
			t.Errorf("amd64: %v %s\n%s", err, differ(got, want), progen.Listing(c))
		}
		if err := l.close(); err != nil {
			t.Error(err)
		}
	})
}
