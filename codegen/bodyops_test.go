package codegen

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

func TestExpressionsComplete(t *testing.T) {
	table := expressions()
	for op := ir.OpInvalid + 1; int(op) < ir.NumOps; op++ {
		if table[op] == nil {
			t.Errorf("%s has no expression", op)
		}
		if op.Row().Compare && comparisons[op].op == "" {
			t.Errorf("%s has no comparison", op)
		}
	}
}

// interesting are operands at the edges of every width.
var interesting = []uint64{
	0, 1, 2, 7, 31, 32, 33, 63, 64, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x12345678, math.MaxInt32, 1 << 31, math.MaxUint32,
	1 << 32, 0x0123456789abcdef, 0xfedcba9876543210, math.MaxInt64, 1 << 63, ^uint64(31), math.MaxUint64,
}

// opCase is one subprogram of the generated package: an operation in one form.
type opCase struct {
	fn   *ir.Func
	args []uint64
	want uint64
}

// cases collects the functions of one program and the calls that test them.
type cases struct {
	program ir.Program
	calls   []opCase
}

// add makes a subprogram with n arguments; build returns its result.
func (c *cases) add(name string, n int, build func(f *ir.Func, b *ir.Block, args []*ir.Value) *ir.Value) *ir.Func {
	f := &ir.Func{Name: name, NumArgs: n}
	b := f.NewBlock(0)
	args := make([]*ir.Value, n)
	for i := range args {
		args[i] = f.NewValue(b, ir.OpArg, 0, int64(i))
	}
	b.Kind, b.Ctl = ir.BlockRet, build(f, b, args)
	c.program.Funcs = append(c.program.Funcs, f)
	return f
}

// foldable adds every operation that ir.Eval knows, with each operand a
// variable or a number, as a value and, for comparisons, as a branch.
func (c *cases) foldable() {
	for op := ir.OpInvalid + 1; int(op) < ir.NumOps; op++ {
		if !op.Foldable() {
			continue
		}
		n := op.Row().Args
		f := c.add(op.String(), n, func(f *ir.Func, b *ir.Block, args []*ir.Value) *ir.Value {
			return f.NewValue(b, op, 0, 0, args...)
		})
		for i, x := range interesting {
			for j, y := range interesting {
				args := []uint64{x, y, interesting[(i+j)%len(interesting)]}
				c.calls = append(c.calls, opCase{f, args[:n], ir.Eval(op, x, y, args[2])})
			}
		}
		if n != 2 {
			continue
		}
		for i, k := range interesting {
			right := c.add(fmt.Sprintf("%s_r%d", op, i), 1, func(f *ir.Func, b *ir.Block, args []*ir.Value) *ir.Value {
				return f.NewValue(b, op, 0, 0, args[0], f.Const(k))
			})
			left := c.add(fmt.Sprintf("%s_l%d", op, i), 1, func(f *ir.Func, b *ir.Block, args []*ir.Value) *ir.Value {
				return f.NewValue(b, op, 0, 0, f.Const(k), args[0])
			})
			both := c.add(fmt.Sprintf("%s_b%d", op, i), 0, func(f *ir.Func, b *ir.Block, _ []*ir.Value) *ir.Value {
				return f.NewValue(b, op, 0, 0, f.Const(k), f.Const(interesting[len(interesting)-1-i]))
			})
			c.calls = append(c.calls, opCase{both, nil, ir.Eval(op, k, interesting[len(interesting)-1-i], 0)})
			for _, x := range interesting {
				c.calls = append(c.calls, opCase{right, []uint64{x}, ir.Eval(op, x, k, 0)}, opCase{left, []uint64{x}, ir.Eval(op, k, x, 0)})
			}
		}
		if op.Row().Compare {
			c.branch(op)
		}
	}
}

// branch adds a comparison that a branch uses, with either edge falling
// through, and a select on it.
func (c *cases) branch(op ir.Op) {
	for _, swap := range []bool{false, true} {
		f := &ir.Func{Name: fmt.Sprintf("%s_if_%v", op, swap), NumArgs: 2}
		b, first, second := f.NewBlock(0), f.NewBlock(0), f.NewBlock(0)
		x, y := f.NewValue(b, ir.OpArg, 0, 0), f.NewValue(b, ir.OpArg, 0, 1)
		b.Kind, b.Ctl = ir.BlockIf, f.NewValue(b, op, 0, 0, x, y)
		b.Succs = []ir.Edge{{To: first}, {To: second}}
		yes, no := first, second
		if swap {
			b.Succs = []ir.Edge{{To: second}, {To: first}}
			yes, no = second, first
		}
		yes.Kind, yes.Ctl = ir.BlockRet, f.Const(1)
		no.Kind, no.Ctl = ir.BlockRet, f.Const(0)
		c.program.Funcs = append(c.program.Funcs, f)
		for _, p := range interesting {
			for _, q := range interesting {
				c.calls = append(c.calls, opCase{f, []uint64{p, q}, ir.Eval(op, p, q, 0)})
			}
		}
	}
	f := c.add(op.String()+"_select", 2, func(f *ir.Func, b *ir.Block, args []*ir.Value) *ir.Value {
		return f.NewValue(b, ir.OpSelect, 0, 0, f.NewValue(b, op, 0, 0, args...), f.Const(7), args[1])
	})
	for _, p := range interesting {
		for _, q := range interesting {
			want := q
			if ir.Eval(op, p, q, 0) != 0 {
				want = 7
			}
			c.calls = append(c.calls, opCase{f, []uint64{p, q}, want})
		}
	}
}

// nested adds trees of operations, which are written as one expression.
func (c *cases) nested() {
	ops := []ir.Op{ir.OpAdd64, ir.OpSub64, ir.OpMul64, ir.OpAnd64, ir.OpOr64, ir.OpXor64, ir.OpShl64, ir.OpShr64, ir.OpSar64, ir.OpSub32, ir.OpSar32, ir.OpUDiv64, ir.OpRotl32, ir.OpNeg64, ir.OpSlt64, ir.OpTest32}
	for _, outer := range ops {
		for _, inner := range ops {
			eval2 := func(x, y uint64) uint64 {
				v := ir.Eval(inner, x, y, 0)
				return ir.Eval(ir.OpSub64, ir.Eval(outer, y, v, 0), ir.Eval(outer, v, y, 0), 0)
			}
			f := c.add(fmt.Sprintf("%s_%s", outer, inner), 2, func(f *ir.Func, b *ir.Block, a []*ir.Value) *ir.Value {
				apply := func(op ir.Op, x, y *ir.Value) *ir.Value {
					return f.NewValue(b, op, 0, 0, []*ir.Value{x, y}[:op.Row().Args]...)
				}
				left := apply(outer, a[1], apply(inner, a[0], a[1]))
				right := apply(outer, apply(inner, a[0], a[1]), a[1])
				return f.NewValue(b, ir.OpSub64, 0, 0, left, right)
			})
			for i, x := range interesting {
				y := interesting[(7*i+3)%len(interesting)]
				c.calls = append(c.calls, opCase{f, []uint64{x, y}, eval2(x, y)})
			}
		}
	}
}

// TestOperations generates one package with every pure operation in every
// form, compiles and runs it, and compares with ir.Eval.
func TestOperations(t *testing.T) {
	var c cases
	c.add("entry", 0, func(f *ir.Func, b *ir.Block, _ []*ir.Value) *ir.Value { return f.Const(0) }).Entry = true
	c.foldable()
	c.nested()
	runBodies(t, &c.program, c.test())
}

// test is the source of a Go test that makes all calls.
func (c *cases) test() string {
	rows := map[*ir.Func]*strings.Builder{}
	for _, call := range c.calls {
		b := rows[call.fn]
		if b == nil {
			b = &strings.Builder{}
			rows[call.fn] = b
		}
		b.WriteString("\t\t{")
		for _, x := range call.args {
			fmt.Fprintf(b, "%#x, ", x)
		}
		fmt.Fprintf(b, "%#x},\n", call.want)
	}
	var b strings.Builder
	for _, f := range c.program.Funcs {
		if rows[f] == nil {
			continue
		}
		name := "op_" + c.program.Funcs[0].Name + "_" + f.Name
		fmt.Fprintf(&b, "\nfunc Test_%s(t *testing.T) {\n\tfor _, c := range [][%d]uint64{\n%s\t} {\n\t\tif got := %s(nil, 0", f.Name, f.NumArgs+1, rows[f], name)
		for i := range f.NumArgs {
			fmt.Fprintf(&b, ", c[%d]", i)
		}
		fmt.Fprintf(&b, "); got != c[%d] {\n\t\t\tt.Errorf(\"%s(%%#x) = %%#x\", c, got)\n\t\t}\n\t}\n}\n", f.NumArgs, name)
	}
	return b.String()
}

// runBodies generates the Go bodies of a program with the name "entry" and the
// ident "op", and runs a Go test beside them: here, with 32-bit addresses, and
// by qemu on the other architectures that are given.
func runBodies(t *testing.T, p *ir.Program, test string, archs ...string) {
	t.Helper()
	hook := &table.Hook{Name: "raw", Go: "Raw", Fields: []table.Field{{Name: "data", Kind: table.FieldData}, {Name: "end", Kind: table.FieldDataEnd},
		{Name: "meta", Kind: table.FieldDataMeta}, {Name: "a", Slot: 3}}}
	source := &frontend.Program{Name: "entry", Hook: hook}
	p.Name = "entry"
	in := Input{Package: "op", Ident: "op", Stem: "op_bpfel", Backend: BackendGo,
		Object: &frontend.Object{Name: "op.o", Programs: []*frontend.Program{source}}}
	in.Programs = []Program{{Source: source, IR: p, Facts: &verifier.Facts{}}}
	dir := tempModule(t)
	for _, f := range generate(t, in)[1:] { // the object file is tested elsewhere
		write(t, filepath.Join(dir, f.Name), f.Data)
	}
	write(t, filepath.Join(dir, "op_test.go"), []byte("package op\n\nimport (\n\t\"testing\"\n\t\"unsafe\"\n\n\t\"github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1\"\n)\n\nvar _ = unsafe.Sizeof(abi.Frame{})\n"+test))
	command(t, dir, nil, "go", "test", "-vet=all", ".")
	if runtime.GOOS == "linux" && runtime.GOARCH == "amd64" { // addresses of 32 bits
		command(t, dir, []string{"GOARCH=386", "CGO_ENABLED=0"}, "go", "test", "-vet=off", ".")
	}
	for _, arch := range archs {
		emulate(t, dir, arch)
	}
}

// oldest are the emulated processors of architectures for which there is
// machine code: it must not need more (ARMv8.0). Others are QEMU's choice.
var oldest = map[string]string{"arm64": "cortex-a53"}

// emulate runs the module's tests on another architecture by qemu.
func emulate(t *testing.T, dir, arch string) {
	t.Helper()
	qemu := "qemu-" + cmp.Or(map[string]string{"arm64": "aarch64", "mipsle": "mipsel", "mips64le": "mips64el", "loong64": "loongarch64"}[arch], arch)
	if _, err := exec.LookPath(qemu); err != nil || runtime.GOOS != "linux" {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing", qemu)
		}
		t.Logf("%s is not tested: %s is missing", arch, qemu)
		return
	}
	env := []string{"GOARCH=" + arch, "CGO_ENABLED=0"}
	if cpu := oldest[arch]; cpu != "" {
		env = append(env, "QEMU_CPU="+cpu) // qemu-riscv64 refuses an empty name
	}
	command(t, dir, env, "go", "test", "-vet=off", "-exec", qemu, "./...")
}

// tempModule makes a module that uses this one.
func tempModule(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	mod = bytes.Replace(mod, []byte("module "+module), []byte("module generated"), 1)
	mod = fmt.Appendf(mod, "\nrequire %s v0.0.0\n\nreplace %s => %s\n", module, module, root)
	write(t, filepath.Join(dir, "go.mod"), mod)
	write(t, filepath.Join(dir, "go.sum"), sum)
	return dir
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// command runs a command and fails the test when it fails.
func command(t *testing.T, dir string, env []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off"), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		if len(out) > 4000 {
			out = out[:4000]
		}
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}
