package codegen

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/backend/amd64"
	"github.com/bpf2go-native/bpf2go-native/backend/arm64"
	"github.com/bpf2go-native/bpf2go-native/frontend/elf"
	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// objectInput takes an object through every stage before this one.
func objectInput(t *testing.T, path, ident string, native bool) Input {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	object, err := elf.Load(data, path, elf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	in := Input{Package: ident, Ident: ident, Stem: ident + "_bpfel", Object: object, Backend: BackendGo}
	if native {
		in.Backend = BackendNative
	}
	for _, p := range object.Programs {
		facts, err := verifier.Verify(object, p, verifier.Options{})
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		prog, err := ir.Build(object, p, facts)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		ir.Optimize(prog)
		program := Program{Source: p, IR: prog, Facts: facts}
		if native {
			program.Code = map[string]*backend.Code{}
			for _, target := range []*backend.Target{amd64.Target(), amd64.TargetV3(), arm64.Target()} {
				code, err := backend.Compile(target, prog)
				if err != nil {
					t.Fatalf("%s: %s: %v", path, target.Tag(), err)
				}
				program.Code[target.Tag()] = code
			}
		}
		in.Programs = append(in.Programs, program)
	}
	return in
}

// rawObjects are the objects of testdata with a raw program.
var rawObjects = []string{"checksum", "hash", "classifier", "memuser", "subprogs", "loops", "globals"}

// vectorTest runs a raw program on the vectors of its object: one run a line,
// input and result in hex.
const vectorTest = `package %[1]s

import (
	"encoding/hex"
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestVectors(t *testing.T) {
	var o %[1]sObjects
	if err := load%[2]sObjects(&o, nil); err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	data, err := os.ReadFile(%[3]q)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		input, want, _ := strings.Cut(line, " ")
		mem, _ := hex.DecodeString(strings.TrimPrefix(input, "-"))
		buf := make([]byte, len(mem)+8)
		mem = append(buf[:0], mem...)
		got, err := o.%[1]sPrograms.Run%[4]s(mem)
		if err != nil || fmt.Sprintf("%%016x", got) != want {
			t.Errorf("line %%d: %%016x, want %%s (%%v)", i+1, got, want, err)
		}
	}
}

func Benchmark(b *testing.B) {
	var o %[1]sObjects
	if err := load%[2]sObjects(&o, nil); err != nil {
		b.Fatal(err)
	}
	fr, err := o.%[4]s.NewFrame()
	if err != nil {
		b.Fatal(err)
	}
	mem := make([]byte, 256)
	for i := range mem {
		mem[i] = byte(i * 7)
	}
	for b.Loop() {
		if _, err := o.%[1]sPrograms.Run%[4]sOn(fr, mem); err != nil {
			b.Fatal(err)
		}
	}
}
`

// TestObjects compiles real objects, as machine code and as Go bodies, and
// runs them on their vectors.
func TestObjects(t *testing.T) {
	testdata, err := filepath.Abs("../testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, engine := range []string{"go", "native"} {
		dir := tempModule(t)
		for _, name := range rawObjects {
			in := objectInput(t, filepath.Join(testdata, name+".o"), name, engine == "native")
			pkg := filepath.Join(dir, name)
			if err := os.Mkdir(pkg, 0o755); err != nil {
				t.Fatal(err)
			}
			for _, f := range generate(t, in) {
				write(t, filepath.Join(pkg, f.Name), f.Data)
			}
			vectors := filepath.Join(testdata, "vectors", name+".txt")
			test := fmt.Sprintf(vectorTest, name, upperFirst(name), vectors, identifier(in.Object.Programs[0].Name))
			write(t, filepath.Join(pkg, name+"_test.go"), []byte(test))
		}
		command(t, dir, nil, "go", "test", "-vet=all", "./...")
		for _, arch := range []string{"riscv64", "386"} {
			command(t, dir, []string{"GOOS=linux", "GOARCH=" + arch, "CGO_ENABLED=0"}, "go", "vet", "./...")
		}
		if engine == "native" && runtime.GOARCH != "arm64" {
			emulate(t, dir, "arm64")
		}
		if engine == "native" {
			testV3(t, dir)
		}
		if os.Getenv("CODEGEN_BENCH") != "" {
			t.Log(engine + "\n" + command(t, dir, nil, "go", "test", "-run=^$", "-bench=.", "./..."))
		}
	}
}

// TestObjectGolden shows what users read of real objects. Assembly is not
// among them: the targets have their own goldens.
func TestObjectGolden(t *testing.T) {
	for _, path := range append([]string{"../examples/xdpfirewall/xdpfirewall.o"}, objectPaths([]string{"checksum", "globals"})...) {
		name := strings.TrimSuffix(filepath.Base(path), ".o")
		files := generate(t, objectInput(t, path, name, false))
		golden(t, "objects", files[:1])
		if name == "checksum" {
			golden(t, "objects", files[1:])
		}
	}
}

// TestSize bounds the size of assembly with the default annotation: 80 bytes
// for each eBPF instruction.
func TestSize(t *testing.T) {
	for _, path := range append([]string{"../examples/xdpfirewall/xdpfirewall.o"}, objectPaths(rawObjects)...) {
		in := objectInput(t, path, "size", true)
		insns := 0
		for _, p := range in.Programs {
			insns += instructions(p.Source)
		}
		for _, f := range generate(t, in) {
			if !strings.HasSuffix(f.Name, ".s") {
				continue
			}
			if each := len(f.Data) / insns; each > 80 {
				t.Errorf("%s: %s has %d bytes for each of %d instructions, want at most 80", path, f.Name, each, insns)
			}
		}
	}
}

func objectPaths(names []string) []string {
	var list []string
	for _, name := range names {
		list = append(list, "../testdata/"+name+".o")
	}
	return list
}
