package inside

import (
	"encoding/binary"
	"slices"
	"testing"

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

// spokenWays are the ways of each of spokenPrograms.
func spokenWays(t testing.TB, inst *rtlib.Instance) [][]way {
	t.Helper()
	var all [][]way
	for _, s := range spokenPrograms() {
		all = append(all, ways(t, inst, s.name))
	}
	return all
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
		return inMemory((*insideSpeakRunner)(b).Memory)
	case "descend":
		return inMemory((*insideDescendRunner)(b).Memory)
	case "look":
		return inMemory((*insideLookRunner)(b).Memory)
	case "churn":
		return inMemory((*insideChurnRunner)(b).Memory)
	case "crowd":
		return inMemory((*insideCrowdRunner)(b).Memory)
	case "chain":
		return inMemory((*insideChainRunner)(b).Memory)
	case "calls_back":
		return inMemory((*insideCallsBackRunner)(b).Memory)
	case "steps":
		return inMemory((*insideStepsRunner)(b).Memory)
	case "atoms":
		return inMemory((*insideAtomsRunner)(b).Memory)
	}
	t.Fatalf("no row for program %q", p.Name())
	return nil
}

// inMemory is the bound call of one program.
func inMemory[C interface{ Run() (uint64, error) }](memory func([]byte) C) func(mem []byte) (uint64, error) {
	return func(mem []byte) (uint64, error) { return memory(mem).Run() }
}

// must runs the program and compares r0.
func (w way) must(t testing.TB, mem []byte, want uint64) {
	t.Helper()
	if got, err := w.run(mem); err != nil || got != want {
		t.Errorf("%s: got %#x, %v, want %#x", w.name, got, err, want)
	}
}
