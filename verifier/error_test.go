package verifier_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// TestLongLines: a line of a macro is cut, at a whole character.
func TestLongLines(t *testing.T) {
	e := &verifier.Error{Code: "V013", Cause: "cause", Pos: bpf.Pos{File: "x.c", Line: 7}, Source: strings.Repeat("ä", 3000), Does: "reads 1 byte at r1"}
	got := fmt.Sprintf("%+v", e)
	if want := "  7 |  " + strings.Repeat("ä", 50) + " ...   <- reads 1 byte at r1\n"; !strings.Contains(got, want) {
		t.Errorf("got %s", got)
	}
}
