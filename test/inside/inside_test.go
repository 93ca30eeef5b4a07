package inside

import (
	"encoding/binary"
	"errors"
	"os"
	"runtime"
	"slices"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// inject is what the writer of trace_printk does: Go code in the middle of a
// program. Nil does nothing.
type inject func()

// Write implements io.Writer.
func (f inject) Write(p []byte) (int, error) {
	if f != nil {
		f()
	}
	return len(p), nil
}

// load makes an instance with the pair of key 1 that speak reads.
func load(t testing.TB, in inject) *rtlib.Instance {
	t.Helper()
	inst, err := rtlib.NewInstance(&insideObject, &rtlib.InstanceOptions{Trace: in, PoisonFreed: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := inst.Close(); err != nil {
			t.Error(err)
		}
	})
	putPair(t, inst, 1, pairValue)
	return inst
}

const pairValue = 0x1122334455667788

// putPair stores {a, ~a} under key.
func putPair(t testing.TB, inst *rtlib.Instance, key uint32, a uint64) {
	t.Helper()
	if err := inst.Map("pairs").Update(binary.LittleEndian.AppendUint32(nil, key), pairBytes(a), 0); err != nil {
		t.Error(err)
	}
}

func pairBytes(a uint64) []byte {
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, a), ^a)
}

func newFrame(t testing.TB, inst *rtlib.Instance) *rtlib.Frame {
	t.Helper()
	f, err := rtlib.NewFrame(inst)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// counted is an element of counts.
func counted(t testing.TB, inst *rtlib.Instance, index uint32) uint64 {
	t.Helper()
	value := make([]byte, 8)
	if err := inst.Map("counts").Lookup(binary.LittleEndian.AppendUint32(nil, index), value); err != nil {
		t.Fatal(err)
	}
	return binary.LittleEndian.Uint64(value)
}

// What the programs return, in Go.

const multiplier = 6364136223846793005

func spinResult(mem []byte, loops int) uint64 {
	x := uint64(len(mem))
	for range loops {
		x = x*multiplier + 1
	}
	return x
}

func speakResult(mem []byte) uint64 {
	sum := uint64(0)
	for i := range 8 {
		sum = sum*31 + (binary.LittleEndian.Uint64(mem[8*i:])*multiplier ^ binary.LittleEndian.Uint64(mem[64+8*i:]))
	}
	return sum + 2*pairValue
}

func descendResult(mem []byte) uint64 {
	n := uint64(len(mem))
	total := n
	return level(1, &total, n, n+1) ^ total
}

func level(n uint64, total *uint64, x, y uint64) uint64 {
	if n == 7 {
		*total += x
		return x*5 + y
	}
	here, mine := x*multiplier+y, y^n
	deeper := level(n+1, &mine, x+n, y*3)
	*total += mine
	return deeper*7 + here
}

// memory is 128 bytes that differ by seed.
func memory(seed byte) []byte {
	mem := make([]byte, 128)
	for i := range mem {
		mem[i] = seed + byte(i)*37
	}
	return mem
}

// mustRun runs a program on the Frame and compares r0.
func mustRun(t testing.TB, f *rtlib.Frame, p *rtlib.Program, mem []byte, want uint64) {
	t.Helper()
	if got, err := f.RunRaw(p, mem); err != nil || got != want {
		t.Errorf("%s: got %#x, %v, want %#x", p.Name(), got, err, want)
	}
}

// way is a kind of call of a program.
type way struct {
	name string
	run  func(mem []byte) (uint64, error)
}

// ways are all kinds: on a Frame of the pool, on a Frame of the caller, and
// bound to such a Frame.
func ways(t testing.TB, inst *rtlib.Instance, program string) []way {
	t.Helper()
	p, f := inst.Program(program), newFrame(t, inst)
	return []way{
		{program + ", pooled", func(mem []byte) (uint64, error) { return rtlib.RunRaw(p, mem) }},
		{program + ", owned", func(mem []byte) (uint64, error) { return f.RunRaw(p, mem) }},
		{program + ", bound", bound(t, newFrame(t, inst), p)},
	}
}

// bound is the call that generated code has for a program. BindX of
// insidePrograms makes the same of an ebpf.Program, whose collection cannot
// have a writer.
func bound(t testing.TB, f *rtlib.Frame, p *rtlib.Program) func(mem []byte) (uint64, error) {
	t.Helper()
	i := slices.IndexFunc(insideObject.Programs, func(s rtlib.ProgramSpec) bool { return s.Name == p.Name() })
	b, err := f.BindRaw(p, &insideObject.Programs[i])
	if err != nil {
		t.Fatal(err)
	}
	switch p.Name() {
	case "speak":
		r := (*insideSpeakRunner)(b)
		return func(mem []byte) (uint64, error) { return r.Memory(mem).Run() }
	case "descend":
		r := (*insideDescendRunner)(b)
		return func(mem []byte) (uint64, error) { return r.Memory(mem).Run() }
	case "look":
		r := (*insideLookRunner)(b)
		return func(mem []byte) (uint64, error) { return r.Memory(mem).Run() }
	case "churn":
		r := (*insideChurnRunner)(b)
		return func(mem []byte) (uint64, error) { return r.Memory(mem).Run() }
	}
	t.Fatalf("no row for program %q", p.Name())
	return nil
}

// must runs the program and compares r0.
func (w way) must(t testing.TB, mem []byte, want uint64) {
	t.Helper()
	if got, err := w.run(mem); err != nil || got != want {
		t.Errorf("%s: got %#x, %v, want %#x", w.name, got, err, want)
	}
}

// TestResults runs every program once, and proves what runs.
func TestResults(t *testing.T) {
	spoken := 0
	inst := load(t, func() { spoken++ })
	f, mem := newFrame(t, inst), memory(3)
	mustRun(t, f, inst.Program("spin"), mem, spinResult(mem, 200_000))
	mustRun(t, f, inst.Program("spin_long"), mem, spinResult(mem, 400_000))
	mustRun(t, f, inst.Program("speak"), mem, speakResult(mem))
	mustRun(t, f, inst.Program("descend"), mem, descendResult(mem))
	mustRun(t, f, inst.Program("look"), []byte{1, 0, 0, 0, 0, 0, 0, 0}, 1)
	mustRun(t, f, inst.Program("look"), []byte{2, 0, 0, 0, 0, 0, 0, 0}, 0)
	mustRun(t, f, inst.Program("churn"), mem, 1)
	if r0, err := f.RunXDP(inst.Program("sum"), &rtlib.XDP{Data: []byte{1, 2}}); r0 != 2 || err != nil {
		t.Errorf("sum: got %d, %v, want 2", r0, err)
	}
	if spoken != 2 {
		t.Errorf("%d lines, want 2", spoken)
	}
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Logf("Go bodies run on %s", runtime.GOARCH)
		return
	}
	for _, spec := range insideObject.Programs {
		enginetest.RequireText(t, inst.Program(spec.Name).Entry(), "inside.bpf.c", ".inside_"+spec.Name)
	}
	if err := inst.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := f.RunRaw(inst.Program("spin"), mem); !errors.Is(err, os.ErrClosed) {
		t.Errorf("run of a closed instance: %v, want one that wraps os.ErrClosed", err)
	}
}
