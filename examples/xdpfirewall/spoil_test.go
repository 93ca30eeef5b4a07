package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"testing"
)

// directive finds the machine words in generated assembly of amd64.
var directive = regexp.MustCompile(`\b(QUAD|LONG) \$0x([0-9a-f]+)`)

// TestSpoiled changes one machine word of the generated assembly at a time and
// requires that TestEngines fails: what is tested is this file's bytes, and
// nothing else.
func TestSpoiled(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skipf("spoils the assembly of amd64, this is %s", runtime.GOARCH)
	}
	if testing.Short() {
		t.Skip("builds the tests three times; run without -short")
	}
	const name = "firewall_bpfel_amd64.s"
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	words := directive.FindAllSubmatchIndex(src, -1)
	if len(words) < 20 {
		t.Fatalf("%s has %d machine words; the pattern of this test is wrong", name, len(words))
	}
	for _, w := range []int{0, 2, 5} {
		t.Run(fmt.Sprintf("word %d", w), func(t *testing.T) {
			m := words[w]
			v, err := strconv.ParseUint(string(src[m[4]:m[5]]), 16, 64)
			if err != nil {
				t.Fatal(err)
			}
			spoiled := fmt.Appendf(nil, "%s%x%s", src[:m[4]], v^0x18, src[m[5]:])
			out, err := testWith(t, name, spoiled)
			switch {
			case err == nil:
				t.Errorf("TestEngines passes with word %d spoiled:\n%s", w, out)
			case !bytes.Contains(out, []byte("differ from the oracle")) && !bytes.Contains(out, []byte("[signal SIG")) && !bytes.Contains(out, []byte("fatal error: ")) && !bytes.Contains(out, []byte("SIGILL: ")):
				t.Errorf("TestEngines fails with word %d spoiled, but neither by a verdict nor by a fault: %v\n%s", w, err, out)
			}
		})
	}
	if out, err := testWith(t, name, src); err != nil {
		t.Errorf("TestEngines fails with the assembly as it is: %v\n%s", err, out)
	}
}

// testWith runs TestEngines with another text of the file.
func testWith(t *testing.T, name string, text []byte) ([]byte, error) {
	t.Helper()
	dir := t.TempDir()
	abs, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(dir, name)
	if err := os.WriteFile(other, text, 0o666); err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{abs: other}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o666); err != nil {
		t.Fatal(err)
	}
	return exec.Command("go", "test", "-overlay", file, "-run", "^TestEngines$", ".").CombinedOutput()
}
