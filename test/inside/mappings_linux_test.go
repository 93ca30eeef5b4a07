package inside

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// TestMappings: after a million runs the process has the executable mappings
// that it had before, and none that no file stands behind.
func TestMappings(t *testing.T) {
	before := executable(t)
	inst := load(t, nil)
	f, sum, look := newFrame(t, inst), inst.Program("sum"), inst.Program("look")
	key := []byte{1, 0, 0, 0, 0, 0, 0, 0}
	const runs = 1_000_000
	ctx := rtlib.XDP{Data: memory(1)}
	for range runs / 2 {
		if _, err := f.RunXDP(sum, &ctx); err != nil {
			t.Fatal(err)
		}
		if r0, err := rtlib.RunRaw(look, key); r0 != 1 || err != nil {
			t.Fatalf("got %d, %v, want 1", r0, err)
		}
	}
	if n := counted(t, inst, 1) + counted(t, inst, 3); n != runs {
		t.Errorf("%d runs counted, want %d", n, runs)
	}
	after := executable(t)
	if !slices.Equal(before, after) {
		t.Errorf("executable mappings before %q, after %q", before, after)
	}
	for _, m := range after {
		// address perms offset dev inode path
		fields := strings.Fields(m)
		anonymous := len(fields) < 6 || !strings.HasPrefix(fields[5], "/") && fields[5] != "[vdso]" && fields[5] != "[vsyscall]"
		if anonymous {
			t.Errorf("executable mapping without a file: %s", m)
		}
	}
}

// executable are the lines of executable mappings (proc_pid_maps(5)).
func executable(t *testing.T) []string {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(maps)) {
		if fields := strings.Fields(line); len(fields) > 1 && strings.Contains(fields[1], "x") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	if len(lines) == 0 {
		t.Fatalf("no executable mapping in\n%s", maps)
	}
	return lines
}
