package rtlib

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// counter counts the releases of a slot's reference.
type counter struct{ n atomic.Int64 }

func (c *counter) Release() { c.n.Add(1) }

// TestProgramArray is the host's view.
func TestProgramArray(t *testing.T) {
	inst := mustLoad(t, tailObject(1, tails(0, 1)), nil)
	m, p := inst.Map("jumps"), inst.Program("p0")
	var held [3]counter
	for i := range held {
		if err := m.UpdateProgram(key4(1), p, 0, &held[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Delete(key4(1)); err != nil {
		t.Error(err)
	}
	for i := range held {
		if n := held[i].n.Load(); n != 1 {
			t.Errorf("reference %d was released %d times", i, n)
		}
	}
	key := make([]byte, 4)
	if err := m.NextKey(key4(2), key); err != nil || key[0] != 3 || m.Len() != 4 {
		t.Errorf("next key: %v, %v; %d slots", key, err, m.Len())
	}
	other := func(change func(*ProgramSpec)) *Program {
		spec := tailObject(1, tails(0, 1))
		spec.Maps[0].Name = "own"
		change(&spec.Programs[0])
		return mustLoad(t, spec, nil).Program("p0")
	}
	windows := tailObject(1, tails(0, 1))
	windows.Platform = bpf.Windows
	for _, c := range []struct {
		name string
		err  error
		want bpf.Errno
		text string
	}{
		{"hook", m.UpdateProgram(key4(0), other(func(s *ProgramSpec) { s.Hook = "xdp" }), 0, nil), bpf.EINVAL, `program "p0" has hook "xdp", the programs of the array have "raw"`},
		{"layout", m.UpdateProgram(key4(0), other(func(s *ProgramSpec) { s.Layout = 1 }), 0, nil), bpf.EINVAL, `another context of hook "raw"`},
		{"length", m.UpdateProgram(key4(0), other(func(s *ProgramSpec) { s.MinLen = 1 }), 0, nil), bpf.EINVAL, `memory of at least 1 bytes`},
		{"platform", m.UpdateProgram(key4(0), mustLoad(t, windows, nil).Program("p0"), 0, nil), bpf.EINVAL, "another platform"},
		{"nil", m.UpdateProgram(key4(0), nil, 0, nil), bpf.EINVAL, "the program is nil"},
		{"noexist", m.UpdateProgram(key4(0), p, bpf.UpdateNoExist, nil), bpf.EINVAL, "flags 1"},
		{"exist", m.UpdateProgram(key4(0), p, bpf.UpdateExist, nil), bpf.EINVAL, "flags 2"},
		{"index", m.UpdateProgram(key4(4), p, 0, nil), bpf.E2BIG, "not below max_entries 4"},
		{"key", m.UpdateProgram(nil, p, 0, nil), bpf.EINVAL, "key of 0 bytes, want 4"},
		{"bytes", m.Update(key4(0), key, 0), bpf.ENOTSUP, "use UpdateProgram"},
		{"read bytes", m.Lookup(key4(0), key), bpf.ENOTSUP, "use LookupProgram"},
		{"array", inst.Map(".data").UpdateProgram(key4(0), p, 0, nil), bpf.EINVAL, "its values are no programs"},
		{"empty", m.Delete(key4(1)), bpf.ENOENT, "the slot is empty"},
		{"delete", m.Delete(key4(4)), bpf.E2BIG, "not below max_entries 4"},
	} {
		if !errors.Is(c.err, hostErrno(c.want)) || !strings.Contains(c.err.Error(), c.text) {
			t.Errorf("%s: got %v, want %v with %q", c.name, c.err, c.want, c.text)
		}
	}
}

// TestProgramArrayClose: the end of the map releases what its slots hold.
func TestProgramArrayClose(t *testing.T) {
	inst := mustLoad(t, tailObject(1, tails(0, 1)), nil)
	var last counter
	if err := inst.Map("jumps").UpdateProgram(key4(0), inst.Program("p0"), 0, &last); err != nil {
		t.Fatal(err)
	}
	_ = inst.Close()
	if last.n.Load() != 1 {
		t.Error("the map is closed and its slot's reference is not released")
	}
}

// TestInitialPrograms: initial programs, and arrays that programs cannot share.
func TestInitialPrograms(t *testing.T) {
	spec := func(change func(*ObjectSpec)) *ObjectSpec {
		s := tailObject(1, tails(2, 1), func(*abi.Frame) uint64 { return 55 })
		s.Maps[0].Slots = []SlotSpec{{Index: 2, Program: 1}}
		change(s)
		return s
	}
	same := func(*ObjectSpec) {}
	for _, c := range []struct {
		opts *InstanceOptions
		want uint64
	}{{nil, 55}, {&InstanceOptions{NoSlots: true}, 1}, {&InstanceOptions{MapReplacements: map[string]*Map{"jumps": mustLoad(t, spec(same), nil).Map("jumps")}}, 55}} {
		inst := mustLoad(t, spec(same), c.opts)
		if got, err := RunRaw(inst.Program("p0"), nil); got != c.want || err != nil {
			t.Errorf("%+v: %d, %v; want %d", c.opts, got, err, c.want)
		}
	}
	for _, c := range []struct {
		change func(*ObjectSpec)
		opts   *InstanceOptions
		text   string
	}{
		{func(s *ObjectSpec) { s.Programs[0].Hook = "xdp" }, nil, `program "p1": it refers to program array "jumps", but it has hook "raw", the programs of the array have "xdp"`},
		{func(s *ObjectSpec) { s.Maps[0].Slots[0].Program = 2 }, nil, "initial program 2 of 2"},
		{func(s *ObjectSpec) { s.Maps[1].Slots = s.Maps[0].Slots }, nil, "initial programs in a map of type 2"},
		{same, &InstanceOptions{MaxEntries: map[string]uint32{"jumps": 2}}, `initial program "p1" at index 2, max_entries is 2`},
	} {
		if _, err := NewInstance(spec(c.change), c.opts); err == nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("got %v, want %q", err, c.text)
		}
	}
}
