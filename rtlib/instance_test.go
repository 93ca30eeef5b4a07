package rtlib

import (
	"bytes"
	"errors"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// fullSpec is an object with everything that a load checks.
func fullSpec() *ObjectSpec {
	return &ObjectSpec{
		Name: "full", ABI: abi.Version,
		Maps: []MapSpec{
			{Name: "counters", Type: bpf.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 16, MinEntries: 11, ReliedBy: "prog"},
			{Name: "flows", Type: bpf.MapHash, KeySize: 16, ValueSize: 8, MaxEntries: 100},
			{Name: ".data", Type: bpf.MapArray, KeySize: 4, ValueSize: 13, MaxEntries: 1, Section: true, Data: "\x01\x02\x03\x04\x05"},
			{Name: ".rodata", Type: bpf.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 1, Section: true, Frozen: true, Data: "\x07\x00\x00\x00\x09", ReliedBy: "prog"},
		},
		Vars: []VarSpec{
			{Name: "first", Map: 2, Off: 0, Size: 4},
			{Name: "odd", Map: 2, Off: 5, Size: 3},
			{Name: "limit", Map: 3, Off: 0, Size: 4, Const: true},
			{Name: "mode", Map: 3, Off: 4, Size: 4, Const: true, ReliedBy: "prog"},
		},
		Programs: []ProgramSpec{
			{Name: "prog", Section: "xdp", Hook: "xdp", Engine: "go", Maps: []int{0, 2}, Insns: 5, Entry: func(fr *abi.Frame) uint64 {
				return fr.Ctx[0]<<48 | fr.Ctx[1]<<40 | fr.Ctx[2]<<32 | (fr.Data-fr.DataMeta)<<16 | (fr.DataEnd - fr.Data)
			}},
			{Name: "raw", Hook: "raw", Engine: "go", Entry: func(fr *abi.Frame) uint64 { return *(*uint64)(ptr(abi.Values(fr, 2))) }},
		},
	}
}

func mustLoad(t *testing.T, spec *ObjectSpec, opts *InstanceOptions) *Instance {
	t.Helper()
	inst, err := NewInstance(spec, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = inst.Close() })
	return inst
}

func TestInstance(t *testing.T) {
	a, b := mustLoad(t, fullSpec(), nil), mustLoad(t, fullSpec(), nil)
	if err := a.Variable("first").Set([]byte{9, 9, 9, 9}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		inst *Instance
		want uint64
	}{{a, 0x0509090909}, {b, 0x0504030201}} {
		if got, err := RunRaw(c.inst.Program("raw"), nil); got != c.want || err != nil {
			t.Errorf("data is %#x, %v, want %#x", got, err, c.want)
		}
	}
	if err := a.Variable("odd").Set([]byte{0xa, 0xb, 0xc}); err != nil {
		t.Error(err)
	}
	value := make([]byte, 13)
	if err := a.Map(".data").Lookup(make([]byte, 4), value); err != nil || !bytes.Equal(value, []byte{9, 9, 9, 9, 5, 0xa, 0xb, 0xc, 0, 0, 0, 0, 0}) {
		t.Errorf(".data: %x, %v", value, err)
	}
	odd := make([]byte, 3)
	if err := a.Variable("odd").Get(odd); err != nil || !bytes.Equal(odd, []byte{0xa, 0xb, 0xc}) {
		t.Errorf("odd: %x, %v", odd, err)
	}
	p := a.Program("prog")
	if maps := p.Maps(); len(maps) != 2 || maps[1] != a.Map(".data") {
		t.Errorf("maps of prog: %v", maps)
	}
	if a.Map("none") != nil || a.Program("none") != nil || a.Variable("none") != nil {
		t.Error("what does not exist is not nil")
	}
	if slots := a.table; slots[0].Max != 16 || uintptr(slots[0].Values.P)%8 != 0 || slots[1].Values.P != nil || slots[1].Map.P != unsafe.Pointer(a.Map("flows")) {
		t.Errorf("slots: %+v", slots)
	}
}

func TestXDPContext(t *testing.T) {
	inst := mustLoad(t, fullSpec(), nil)
	f, err := NewFrame(inst)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	ctxs := []XDP{
		{Data: make([]byte, 100), MetaLen: 8, IngressIfindex: 1, RxQueueIndex: 2, EgressIfindex: 3},
		{Data: make([]byte, 100), MetaLen: 100, IngressIfindex: 1, RxQueueIndex: 2, EgressIfindex: 4},
		{Data: nil},
		{Data: make([]byte, 10)[:0]},
	}
	want := []uint32{8<<16 | 92, 100 << 16, 0, 0}
	for i := range ctxs {
		if got, err := f.RunXDP(inst.Program("prog"), &ctxs[i]); got != want[i] || err != nil {
			t.Errorf("context %d: got %#x, %v, want %#x", i, got, err, want[i])
		}
	}
	verdicts := make([]uint32, 4)
	if n, err := f.RunXDPBatch(inst.Program("prog"), ctxs, verdicts); n != 4 || err != nil || !equal(verdicts, want) {
		t.Errorf("batch: %d, %v, %#x, want %#x", n, err, verdicts, want)
	}
	if f.abi.Ctx != [32]uint64{} {
		t.Errorf("scalars after an empty context: %v", f.abi.Ctx)
	}
	_, _ = f.RunXDP(inst.Program("prog"), &ctxs[0])
	if r0, err := inst.Program("prog").Run(f); r0 != 1<<48|2<<40|3<<32|8<<16|92 || err != nil {
		t.Errorf("again: %#x, %v", r0, err)
	}
	ctxs[2].MetaLen = -1
	if n, err := f.RunXDPBatch(inst.Program("prog"), ctxs, verdicts); n != 2 || !errors.Is(err, os.ErrInvalid) {
		t.Errorf("bad metadata: %d, %v", n, err)
	}
	if _, err := f.RunXDPBatch(inst.Program("prog"), ctxs, verdicts[:1]); !errors.Is(err, os.ErrInvalid) {
		t.Errorf("few verdicts: %v", err)
	}
}

func equal(a, b []uint32) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

func TestInstanceErrors(t *testing.T) {
	replace := func(name string, spec MapSpec) *InstanceOptions {
		return &InstanceOptions{MapReplacements: map[string]*Map{name: mustMap(t, spec)}}
	}
	array := func(change func(*MapSpec)) MapSpec {
		s := MapSpec{Name: "mine", Type: bpf.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 16}
		change(&s)
		return s
	}
	closed := mustMap(t, array(func(*MapSpec) {}))
	_ = closed.Close()
	windows, err := NewMapFor(bpf.Windows, array(func(*MapSpec) {}))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		opts *InstanceOptions
		spec func(*ObjectSpec)
		want error
		text string
	}{
		{nil, func(s *ObjectSpec) { s.ABI = 9 }, bpf.ErrUnsupported, `object "full": generated for version 9 of rtlib's ABI, this rtlib has 1`},
		{replace("counters", array(func(s *MapSpec) { s.Type = bpf.MapHash })), nil, os.ErrInvalid, `map "counters": the replacement has type 1, the object needs 2`},
		{replace("counters", array(func(s *MapSpec) { s.ValueSize = 4 })), nil, os.ErrInvalid, `map "counters": the replacement has value size 4, the object needs 8`},
		{replace("counters", array(func(s *MapSpec) { s.Flags = bpf.FlagRdonly })), nil, os.ErrInvalid, `map "counters": the replacement has flags 8, the object needs 0`},
		{replace("counters", array(func(s *MapSpec) { s.MaxEntries = 10 })), nil, os.ErrInvalid,
			`map "counters": max_entries 10, but the code of program "prog" was made for at least 11`},
		{replace("typo", array(func(s *MapSpec) {})), nil, os.ErrNotExist, `replacement for map "typo": the object has no such map`},
		{replace(".rodata", array(func(s *MapSpec) { s.MaxEntries = 1 })), nil, os.ErrInvalid, `read-only data cannot be replaced`},
		{&InstanceOptions{MapReplacements: map[string]*Map{"counters": closed}}, nil, os.ErrClosed, `map "mine" is closed`},
		{&InstanceOptions{MapReplacements: map[string]*Map{"counters": nil}}, nil, os.ErrInvalid, `the replacement is nil`},
		{&InstanceOptions{MapReplacements: map[string]*Map{"counters": windows}}, nil, os.ErrInvalid, `rules of another platform than linux`},
		{&InstanceOptions{MaxEntries: map[string]uint32{"counters": 10}}, nil, os.ErrInvalid, `was made for at least 11`},
		{&InstanceOptions{MaxEntries: map[string]uint32{".data": 2}}, nil, os.ErrInvalid, `a data section has 1 entry`},
		{&InstanceOptions{MaxEntries: map[string]uint32{"typo": 2}}, nil, os.ErrNotExist, `has no such map`},
		{&InstanceOptions{Variables: map[string][]byte{"typo": {1}}}, nil, os.ErrNotExist, `variable "typo": the object has no such variable`},
		{&InstanceOptions{Variables: map[string][]byte{"limit": {1}}}, nil, os.ErrInvalid, `variable "limit": set: 1 bytes, want 4`},
		{&InstanceOptions{Variables: map[string][]byte{"mode": {1, 0, 0, 0}}}, nil, os.ErrPermission, `variable "mode": set: the code of program "prog" was made for its value`},
		{nil, func(s *ObjectSpec) { s.Programs[1].Entry = nil }, bpf.ErrUnsupported, `program "raw": no code for this platform`},
		{nil, func(s *ObjectSpec) { s.Programs[0].Maps = []int{4} }, os.ErrInvalid, `program "prog": map 4 of 4`},
		{nil, func(s *ObjectSpec) { s.Maps[1].Type = bpf.MapSockmap }, bpf.ErrUnsupported, `map "flows": maps of type 15`},
	} {
		spec := fullSpec()
		if c.spec != nil {
			c.spec(spec)
		}
		if _, err := NewInstance(spec, c.opts); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("got %v, want %q", err, c.text)
		}
	}
	if _, err := NewInstance(nil, nil); !errors.Is(err, os.ErrInvalid) {
		t.Errorf("nil: %v", err)
	}
}

func TestVariables(t *testing.T) {
	inst := mustLoad(t, fullSpec(), &InstanceOptions{Variables: map[string][]byte{"limit": {5, 0, 0, 0}, "first": {8, 8, 8, 8}}})
	got := make([]byte, 4)
	for name, want := range map[string]byte{"limit": 5, "first": 8, "mode": 9} {
		if err := inst.Variable(name).Get(got); err != nil || got[0] != want {
			t.Errorf("%s: %x, %v, want %d", name, got, err, want)
		}
	}
	for _, c := range []struct {
		err  error
		want error
	}{
		{inst.Variable("limit").Set(got), os.ErrPermission},
		{inst.Variable("mode").Set(got), os.ErrPermission},
		{inst.Variable("first").Set(got[:3]), os.ErrInvalid},
		{inst.Variable("none").Set(got), os.ErrInvalid},
		{inst.Map(".rodata").Update(make([]byte, 4), make([]byte, 8), 0), os.ErrPermission},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("got %v, want %v", c.err, c.want)
		} else {
			t.Log(c.err)
		}
	}
	v := inst.Variable("first")
	_ = inst.Close()
	if err := v.Get(got); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// TestSharedMap: a replacement lives as long as its maker or an instance.
func TestSharedMap(t *testing.T) {
	a := mustLoad(t, fullSpec(), nil)
	m := a.Map("counters")
	b := mustLoad(t, fullSpec(), &InstanceOptions{MapReplacements: map[string]*Map{"counters": m}})
	_ = a.Close()
	value := make([]byte, 8)
	if err := b.Map("counters").Lookup(make([]byte, 4), value); err != nil {
		t.Errorf("after Close of the first instance: %v", err)
	}
	_ = b.Close()
	if err := m.Lookup(make([]byte, 4), value); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after Close of both: %v", err)
	}
}

// TestManyAtOnce: instances, frames, maps and pooled runs from many goroutines,
// with collections, for the race detector.
func TestManyAtOnce(t *testing.T) {
	var wg sync.WaitGroup
	shared := mustLoad(t, fullSpec(), nil)
	for g := range 6 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 30 {
				inst, err := NewInstance(fullSpec(), nil)
				if err != nil {
					t.Error(err)
					return
				}
				key, value := make([]byte, 16), make([]byte, 8)
				key[0] = byte(g*30 + i)
				_ = shared.Map("flows").Update(key, value, 0)
				_ = shared.Map("flows").Lookup(key, value)
				_ = shared.Map("flows").Delete(key)
				for _, p := range []*Program{inst.Program("prog"), shared.Program("prog")} {
					if got, err := RunXDP(p, &XDP{Data: make([]byte, g)}); got != uint32(g) || err != nil {
						t.Errorf("got %d, %v, want %d", got, err, g)
					}
				}
				if i%10 == 0 {
					runtime.GC()
				}
				_ = inst.Close()
			}
		}()
	}
	wg.Wait()
}
