package codegen

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/arch/x86/x86asm"
	"golang.org/x/sys/cpu"
)

// withLevel gives the input code for amd64.v3, that of the baseline.
func withLevel(in *Input) {
	code := *in.Programs[0].Code["amd64"]
	target := *code.Target
	target.Level = "v3"
	code.Target = &target
	in.Programs[0].Code["amd64.v3"] = &code
}

// TestLevelFiles: of the two files for amd64 each build has one, also with
// constraints of the user, and both tie to the same object.
func TestLevelFiles(t *testing.T) {
	for tags, want := range map[string][2]string{
		"":           {"amd64 && !amd64.v3", "amd64 && amd64.v3"},
		"linux || a": {"amd64 && !amd64.v3 && (linux || a)", "amd64 && amd64.v3 && (linux || a)"},
	} {
		in := lengthInput(t)
		in.Tags = tags
		plain := generate(t, in)
		withLevel(&in)
		files := make(map[string]string)
		for _, f := range generate(t, in) {
			files[f.Name] = string(f.Data)
		}
		base, level := files["length_bpfel_amd64.s"], files["length_bpfel_amd64_v3.s"]
		for i, text := range []string{base, level} {
			if line := "\n//go:build " + want[i] + "\n"; !strings.Contains(text, line) {
				t.Errorf("tags %q: no %q in\n%.200s", tags, line, text)
			}
		}
		if tie(base) == "" || tie(base) != tie(level) || tie(base) == tie(string(plain[1].Data)) {
			t.Errorf("ties %q and %q, without the level %q", tie(base), tie(level), tie(string(plain[1].Data)))
		}
	}
}

// tie is the name of the function that ties an assembly file to its object.
func tie(text string) string {
	_, rest, _ := strings.Cut(text, "TEXT ·lengthTie_")
	name, _, _ := strings.Cut(rest, "(")
	return name
}

// TestLevelErrors: code of a level stands beside that for all machines, of
// every program, and is of that target.
func TestLevelErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(in *Input)
		want string
	}{
		{"alone", func(in *Input) { delete(in.Programs[0].Code, "amd64") }, "there is code for amd64.v3 and none for other machines of amd64"},
		{"target", func(in *Input) {
			in.Programs[0].Code["amd64.v3"] = in.Programs[0].Code["amd64"]
		}, "program length: code for amd64.v3 belongs to another target"},
		{"other", func(in *Input) {
			in.Programs[0].Code["amd64"] = in.Programs[0].Code["amd64.v3"]
		}, "program length: code for amd64 belongs to another target"},
	} {
		in := lengthInput(t)
		withLevel(&in)
		c.edit(&in)
		if _, err := Generate(in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// aboveBaseline are the instructions of the level v3 that there is code for.
var aboveBaseline = strings.Fields("ANDN BLSI BLSMSK BLSR MOVBE MULX RORX SARX SHLX SHRX")

// TestLevelBuilds: the text of a program that is linked for GOAMD64=v1 has no
// instruction of v3, and for v3 it has.
func TestLevelBuilds(t *testing.T) {
	dir := tempModule(t)
	main := "package main\n\nfunc main() {\n"
	for name, path := range map[string]string{"arithmetic": "../test/programs/arithmetic.o", "deep": "../testdata/styles/deep.o"} {
		in := objectInput(t, path, name, true)
		in.Package = "main"
		for _, f := range generate(t, in) {
			write(t, filepath.Join(dir, f.Name), f.Data)
		}
		main += "\tif _, err := load" + upperFirst(name) + "(); err != nil {\n\t\tpanic(err)\n\t}\n"
	}
	write(t, filepath.Join(dir, "main.go"), []byte(main+"}\n"))
	for level, want := range map[string][]string{"v1": nil, "v3": {"MOVBE", "MULX", "SHLX"}} {
		env := []string{"GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0", "GOAMD64=" + level}
		command(t, dir, env, "go", "vet", ".")
		command(t, dir, env, "go", "build", "-o", "program_"+level, ".")
		found := linked(t, filepath.Join(dir, "program_"+level), "main.arithmetic_", "main.deep_")
		for _, name := range want {
			if !slices.Contains(found, name) {
				t.Errorf("GOAMD64=%s: no %s is linked", level, name)
			}
		}
		if want == nil && len(found) > 0 {
			t.Errorf("GOAMD64=%s: %v are linked", level, found)
		}
	}
}

// linked decodes the functions of an executable whose names have one of the
// prefixes, and lists the instructions above the baseline.
func linked(t *testing.T, file string, prefixes ...string) []string {
	t.Helper()
	f, err := elf.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	text := f.Section(".text")
	data, err := text.Data()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, prefix := range prefixes {
		n := 0
		for _, s := range symbols {
			if !strings.HasPrefix(s.Name, prefix) {
				continue
			}
			code := data[s.Value-text.Addr:][:s.Size]
			for ; len(code) > 0; n++ {
				in, err := x86asm.Decode(code, 64)
				if err != nil {
					t.Fatalf("%s: % x: %v", s.Name, code[:min(len(code), 15)], err)
				}
				if name := in.Op.String(); slices.Contains(aboveBaseline, name) && !slices.Contains(names, name) {
					names = append(names, name)
				}
				code = code[in.Len:]
			}
		}
		if n < 50 {
			t.Errorf("%s: %d instructions of %s*", filepath.Base(file), n, prefix)
		}
	}
	return names
}

// testV3 runs the module's tests as GOAMD64=v3 builds them.
func testV3(t *testing.T, dir string) {
	t.Helper()
	args := []string{"test", "-vet=off", "./..."}
	if runtime.GOARCH != "amd64" || !cpu.X86.HasAVX2 || !cpu.X86.HasBMI2 || !cpu.X86.HasFMA {
		if _, err := exec.LookPath("qemu-x86_64"); err != nil || runtime.GOOS != "linux" {
			if os.Getenv("CI") == "true" {
				t.Fatal("no processor of level v3, and qemu-x86_64 is missing")
			}
			t.Log("GOAMD64=v3 is not tested: no such processor, and qemu-x86_64 is missing")
			return
		}
		args = append([]string{"test", "-exec", "qemu-x86_64 -cpu max"}, args[1:]...)
	}
	command(t, dir, []string{"GOARCH=amd64", "GOAMD64=v3", "CGO_ENABLED=0"}, "go", args...)
}
