package verifier_test

import (
	"errors"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// TestPrograms: every case gets its verdict.
func TestPrograms(t *testing.T) {
	for _, c := range programCases {
		t.Run(c.name, func(t *testing.T) {
			obj, p := assemble(t, "xdp", c.text)
			stats := verifier.Stats{}
			_, err := verifier.Verify(obj, p, verifier.Options{Stats: &stats})
			var e *verifier.Error
			switch {
			case err == nil && c.code != "":
				t.Errorf("accepted, want %s\n%s", c.code, listing(p))
			case err == nil:
			case !errors.As(err, &e):
				t.Errorf("%T: %v", err, err)
			case string(e.Code) != c.code:
				t.Errorf("got %+v\nwant code %q\n%s", err, c.code, listing(p))
			}
			if stats.Unweakened {
				t.Errorf("the weakened certificate was refused\n%s", listing(p))
			}
		})
	}
}
