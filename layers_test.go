package layers

import (
	"go/build"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

const module = "github.com/bpf2go-native/bpf2go-native"

// layers says what each package may import of this module and of others, the
// standard library apart. A trailing /... is every package below. Everything
// under test/, examples/ and cmd/ may import what it likes.
var layers = []struct {
	pkg    string
	own    []string // packages of this module
	others []string // other modules
}{
	{"bpf", nil, nil},
	{"bpf/table", []string{"bpf"}, nil},
	{"bpf/canon", []string{"bpf"}, nil},
	{"frontend", []string{"bpf", "bpf/table"}, nil},
	{"frontend/elf", []string{"bpf", "bpf/table", "frontend"}, []string{"github.com/cilium/ebpf/..."}},
	{"verifier", []string{"bpf", "bpf/table", "frontend", "verifier/..."}, nil},
	{"verifier/...", []string{"bpf", "bpf/table", "frontend", "verifier/..."}, nil},
	{"ir", []string{"bpf", "bpf/table", "frontend", "verifier", "rtlib/abi/v1"}, nil},
	{"ir/...", []string{"bpf", "bpf/table", "frontend", "ir", "rtlib/abi/v1"}, nil},
	{"backend", []string{"bpf", "bpf/table", "frontend", "ir", "rtlib/abi/v1"}, nil},
	{"backend/...", []string{"bpf", "bpf/table", "frontend", "ir", "backend", "rtlib/abi/v1"}, []string{"github.com/twitchyliquid64/golang-asm/..."}},
	{"backend/targettest", []string{"bpf", "bpf/table", "frontend", "ir", "backend", "rtlib/abi/v1"}, []string{"golang.org/x/sys/..."}},
	{"codegen", []string{"bpf", "bpf/table", "bpf/canon", "frontend", "ir", "backend", "verifier", "rtlib", "rtlib/abi/v1"}, []string{"github.com/dave/jennifer/..."}},
	{"rtlib", []string{"bpf", "rtlib/abi/v1"}, []string{"golang.org/x/sys/..."}},
	{"rtlib/abi/v1", nil, nil},
	{"rtlib/internal/...", []string{"rtlib/abi/v1"}, nil},
	{"rtlib/ebpf", []string{"bpf", "rtlib", "rtlib/abi/v1"}, nil},
	{"rtlib/ebpf/...", []string{"bpf", "rtlib", "rtlib/ebpf"}, nil},
	{"internal/interp", []string{"bpf", "bpf/table", "frontend"}, nil},
	{"internal/enginetest", nil, []string{"golang.org/x/arch/..."}},
	{"internal/...", []string{"bpf", "bpf/table", "frontend"}, nil},
}

func allowed(list []string, imp string) bool {
	for _, a := range list {
		if base, ok := strings.CutSuffix(a, "/..."); ok && (imp == base || strings.HasPrefix(imp, base+"/")) {
			return true
		}
		if a == imp {
			return true
		}
	}
	return false
}

// rule returns the row for a package: its own, else the longest /... row.
func rule(pkg string) int {
	best, length := -1, -1
	for i, l := range layers {
		if l.pkg == pkg {
			return i
		}
		if base, ok := strings.CutSuffix(l.pkg, "/..."); ok && strings.HasPrefix(pkg, base+"/") && len(base) > length {
			best, length = i, len(base)
		}
	}
	return best
}

// TestLayers parses the imports of every package that is not a test.
func TestLayers(t *testing.T) {
	var dirs []string
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		switch name := d.Name(); {
		case p == ".":
			return nil
		case strings.HasPrefix(name, "."), strings.HasPrefix(name, "_"), name == "testdata":
			return fs.SkipDir
		case p == "test", p == "examples", p == "cmd":
			return fs.SkipDir
		}
		dirs = append(dirs, filepath.ToSlash(p))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sort.Strings(dirs)
	checked := 0
	for _, dir := range dirs {
		names := imports(t, dir)
		if names == nil {
			continue
		}
		r := rule(dir)
		if r < 0 {
			t.Errorf("%s: no row in layers; say what it may import", dir)
			continue
		}
		checked++
		for _, imp := range names {
			own, isOwn := strings.CutPrefix(imp, module+"/")
			switch {
			case isOwn && !allowed(layers[r].own, own):
				t.Errorf("%s imports %s; only %v are allowed", dir, own, layers[r].own)
			case !isOwn && strings.Contains(strings.SplitN(imp, "/", 2)[0], ".") && !allowed(layers[r].others, imp):
				t.Errorf("%s imports %s; only %v are allowed", dir, imp, layers[r].others)
			}
		}
	}
	if checked < 10 {
		t.Errorf("only %d packages checked: run from the module's root", checked)
	}
}

// imports returns the imports of the package in dir on any GOOS and GOARCH,
// nil when there is no Go package.
func imports(t *testing.T, dir string) []string {
	t.Helper()
	seen := map[string]bool{}
	found := false
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		found = true
		ctx := build.Default
		ctx.UseAllFiles = true
		ctx.ReadDir = func(string) ([]fs.FileInfo, error) {
			info, err := e.Info()
			return []fs.FileInfo{info}, err
		}
		p, err := ctx.ImportDir(filepath.FromSlash(path.Clean(dir)), 0)
		if err != nil && p == nil {
			t.Fatalf("%s: %v", e.Name(), err)
		}
		for _, i := range p.Imports {
			seen[i] = true
		}
	}
	if !found {
		return nil
	}
	names := make([]string, 0, len(seen)+1)
	for i := range seen {
		names = append(names, i)
	}
	sort.Strings(names)
	return names
}

// TestOnlyEmitImportsAssembler keeps golang-asm behind one file of a target.
func TestOnlyEmitImportsAssembler(t *testing.T) {
	err := filepath.WalkDir("backend", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return err
		}
		src, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		if strings.Contains(string(src), "twitchyliquid64/golang-asm") && !strings.HasPrefix(d.Name(), "emit") {
			t.Errorf("%s imports golang-asm; only emit files may", p)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
