package inside

import (
	"os"
	"runtime"
	"strings"
	"testing"
)

// lineOf is the number of the one line of inside.bpf.c that has the text.
func lineOf(t *testing.T, text string) int {
	t.Helper()
	src, err := os.ReadFile("inside.bpf.c")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for i, line := range strings.Split(string(src), "\n") {
		if strings.Contains(line, text) {
			if found != 0 {
				t.Fatalf("%q is on lines %d and %d", text, found, i+1)
			}
			found = i + 1
		}
	}
	if found == 0 {
		t.Fatalf("no line has %q", text)
	}
	return found
}

// requireNames checks for names in a trace, where programs are machine code.
func requireNames(t *testing.T, text string, names ...string) {
	t.Helper()
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		return
	}
	for _, name := range names {
		if !strings.Contains(text, name) {
			t.Errorf("%q is not in\n%s", name, text)
		}
	}
}
