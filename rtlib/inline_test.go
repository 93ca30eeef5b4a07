//go:build amd64 || arm64

package rtlib

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestBoundInline: Go's compiler puts the parts of bound runs into generated
// code, where an atomic load is an instruction.
func TestBoundInline(t *testing.T) {
	out, err := exec.Command("go", "build", "-gcflags=-m", ".").CombinedOutput()
	if err != nil && os.Getenv("CI") == "" {
		t.Skipf("the go command does not build the package here: %v", err)
	} else if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, method := range []string{"Set", "Err", "Enter", "Leave"} {
		if !strings.Contains(string(out), "can inline (*Bound)."+method+"\n") {
			t.Errorf("%s is not inlined", method)
		}
	}
}
