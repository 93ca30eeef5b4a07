package ebpf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"os"
	"syscall"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// object has an XDP program that adds its packet's length to the variable
// total and drops packets whose first byte is 0xff, and a raw program that
// returns the constant limit.
func object() *rtlib.ObjectSpec {
	return &rtlib.ObjectSpec{
		Name: "test.o", License: "MIT", ABI: abi.Version,
		Maps: []rtlib.MapSpec{
			{Name: "flows", Type: bpf.MapHash, KeySize: 4, ValueSize: 16, MaxEntries: 4},
			{Name: "ports", Type: bpf.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 3, MinEntries: 2, ReliedBy: "count"},
			{Name: ".data", Type: bpf.MapArray, KeySize: 4, ValueSize: 16, MaxEntries: 1, Data: "\x05", Section: true},
			{Name: ".rodata", Type: bpf.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 1, Data: "\x07\x00\x00\x00\x09", Section: true, Frozen: true},
		},
		Vars: []rtlib.VarSpec{
			{Name: "total", Map: 2, Size: 8},
			{Name: "limit", Map: 3, Size: 4, Const: true},
			{Name: "folded", Map: 3, Off: 4, Size: 4, Const: true, ReliedBy: "count"},
		},
		Programs: []rtlib.ProgramSpec{
			{Name: "count", Section: "xdp", Hook: "xdp", Entry: count, Engine: "go", Maps: []int{0, 1, 2}, Reclaims: true},
			{Name: "constant", Section: "raw", Hook: "raw", Entry: constant, Engine: "go", Maps: []int{3}},
		},
	}
}

func count(fr *abi.Frame) uint64 {
	abi.FetchAdd64(abi.Values(fr, 2), fr.DataEnd-fr.Data)
	if fr.Data < fr.DataEnd && abi.Load8(fr.Data) == 0xff {
		return 1
	}
	if fr.Data < fr.DataEnd {
		abi.Store8(fr.Data, 0xaa)
	}
	return 2
}

func constant(fr *abi.Frame) uint64 { return abi.Load32(abi.Values(fr, 3)) + fr.DataEnd - fr.Data }

type objects struct {
	programs
	Flows *Map `ebpf:"flows"`
	Ports *Map `ebpf:"ports"`
	Vars  *variables
}

type programs struct {
	Count    *Program `ebpf:"count"`
	Constant *Program `ebpf:"constant"`
}

type variables struct {
	Total *Variable `ebpf:"total"`
	Limit *Variable `ebpf:"limit"`
}

func spec(t *testing.T) *CollectionSpec {
	t.Helper()
	cs, err := NewCollectionSpec(object())
	if err != nil {
		t.Fatal(err)
	}
	return cs
}

func load(t *testing.T, cs *CollectionSpec, opts *CollectionOptions) *struct {
	programs
	Flows *Map `ebpf:"flows"`
	Ports *Map `ebpf:"ports"`
	V     variables
} {
	t.Helper()
	o := new(struct {
		programs
		Flows *Map `ebpf:"flows"`
		Ports *Map `ebpf:"ports"`
		V     variables
	})
	if err := cs.LoadAndAssign(o, opts); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(o.Count.Close(), o.Constant.Close(), o.Flows.Close(), o.Ports.Close()); err != nil {
			t.Error(err)
		}
	})
	return o
}

func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error %v, want one that is %v", err, want)
	}
}

func TestSpec(t *testing.T) {
	cs := spec(t)
	var limit, total uint64
	var small uint32
	if err := cs.Variables["limit"].Get(&small); err != nil || small != 7 || !cs.Variables["limit"].Constant() {
		t.Errorf("limit %d, %v", small, err)
	}
	if err := cs.Variables["limit"].Get(&limit); err == nil {
		t.Error("limit fits in 8 bytes")
	}
	if err := cs.Variables["total"].Get(&total); err != nil || total != 5 || cs.Variables["total"].Size() != 8 {
		t.Errorf("total %d, %v", total, err)
	}
	is(t, cs.Variables["folded"].Set(uint32(10)), ErrReadOnly)
	if err := cs.Variables["folded"].Set(uint32(9)); err != nil {
		t.Errorf("the same value: %v", err)
	}
	other := cs.Copy()
	if err := errors.Join(other.Variables["limit"].Set(uint32(70)), other.Variables["total"].Set(uint64(1))); err != nil {
		t.Fatal(err)
	}
	other.Maps["flows"].MaxEntries = 1
	if cs.Maps["flows"].MaxEntries != 4 || cs.Variables["limit"].Value[0] != 7 {
		t.Error("a copy shares its specs")
	}
	o := load(t, other, nil)
	if got, err := o.Constant.Run(&RunOptions{}); err != nil || got != 70 {
		t.Errorf("constant %d, %v", got, err)
	}
	if err := o.V.Total.Get(&total); err != nil || total != 1 {
		t.Errorf("total %d, %v", total, err)
	}
	if err := o.Flows.Put(uint32(1), make([]byte, 16)); err != nil {
		t.Error(err)
	}
	is(t, o.Flows.Put(uint32(2), make([]byte, 16)), syscall.E2BIG)
	other.Maps["ports"].ValueSize = 16
	_, err := NewCollection(other)
	is(t, err, ErrMapIncompatible)
	other.Maps["ports"].ValueSize, other.Maps["ports"].MaxEntries = 8, 1
	if _, err = NewCollection(other); err == nil {
		t.Error("fewer entries than a program relies on")
	}
}

func TestAssign(t *testing.T) {
	cs := spec(t)
	var s struct {
		Count *ProgramSpec  `ebpf:"count"`
		Flows *MapSpec      `ebpf:"flows"`
		Total *VariableSpec `ebpf:"total"`
		Other int
	}
	if err := cs.Assign(&s); err != nil || s.Count.Type != XDP || s.Flows != cs.Maps["flows"] || s.Total == nil {
		t.Errorf("%+v, %v", s, err)
	}
	var nilPointer *objects
	for name, to := range map[string]any{
		"nil": nil, "value": s, "nil pointer": nilPointer, "nil part": &struct{ *programs }{},
		"missing": &struct {
			X *Map `ebpf:"none"`
		}{},
		"twice": &struct {
			A *Map `ebpf:"flows"`
			B *Map `ebpf:"flows"`
		}{},
		"type": &struct {
			A int `ebpf:"flows"`
		}{},
		"comma": &struct {
			A *Map `ebpf:"flows,x"`
		}{},
		"unexported": &struct {
			a *Map `ebpf:"flows"`
		}{},
		"vars nil": &objects{},
	} {
		if err := cs.LoadAndAssign(to, nil); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	coll, err := NewCollection(cs)
	if err != nil {
		t.Fatal(err)
	}
	m := coll.DetachMap("flows")
	p := coll.DetachProgram("count")
	coll.Close()
	if err := m.Put(uint32(1), make([]byte, 16)); err != nil {
		t.Errorf("a detached map was closed: %v", err)
	}
	if _, err := p.Run(&RunOptions{Data: make([]byte, 14)}); err != nil {
		t.Errorf("a detached program was closed: %v", err)
	}
	if err := errors.Join(m.Close(), p.Close(), p.Close()); err != nil {
		t.Error(err)
	}
	_, err = p.Run(&RunOptions{})
	is(t, err, os.ErrClosed)
	is(t, m.Put(uint32(1), make([]byte, 16)), os.ErrClosed)
}

func TestReplacement(t *testing.T) {
	cs := spec(t)
	m, err := NewMap(&MapSpec{Name: "shared", Type: Hash, KeySize: 4, ValueSize: 16, MaxEntries: 4, Contents: []MapKV{{uint32(5), make([]byte, 16)}}})
	if err != nil {
		t.Fatal(err)
	}
	o := load(t, cs, &CollectionOptions{MapReplacements: map[string]*Map{"flows": m}})
	if v, err := o.Flows.LookupBytes(uint32(5)); err != nil || v == nil {
		t.Errorf("%v, %v", v, err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if v, err := o.Flows.LookupBytes(uint32(5)); err != nil || v == nil {
		t.Errorf("after Close of the replacement: %v, %v", v, err)
	}
	small, err := NewMap(&MapSpec{Name: "small", Type: Hash, KeySize: 4, ValueSize: 8, MaxEntries: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { is(t, small.Close(), nil) }()
	_, err = NewCollectionWithOptions(cs, CollectionOptions{MapReplacements: map[string]*Map{"flows": small}})
	is(t, err, ErrMapIncompatible)
	cs.Maps["flows"].Pinning = PinByName
	_, err = NewCollectionWithOptions(cs, CollectionOptions{Maps: MapOptions{PinPath: "/x"}})
	is(t, err, ErrNotSupported)
}

// flow has no implicit padding, loose has.
type flow struct {
	Bytes   uint64
	Packets uint32
	_       [4]byte
}

type loose struct {
	A uint64
	B uint32
	C uint16
	D uint8
	E int8
}

func TestMap(t *testing.T) {
	m := load(t, spec(t), nil).Flows
	is(t, m.Lookup(uint32(1), &flow{}), ErrKeyNotExist)
	is(t, m.Lookup(uint32(1), &flow{}), syscall.ENOENT)
	is(t, m.Delete(uint32(1)), ErrKeyNotExist)
	is(t, m.Update(uint32(1), &flow{}, UpdateExist), ErrKeyNotExist)
	want := flow{Bytes: 1 << 40, Packets: 9}
	for name, value := range map[string]any{
		"pointer": &want, "value": want, "bytes": binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(nil, 1<<40), 9),
		"array": [2]uint64{1 << 40, 9}, "loose": loose{A: 1 << 40, B: 9},
	} {
		if err := m.Put(uint32(1), value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		var got flow
		if err := m.Lookup(uint32(1), &got); err != nil || got != want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		var l loose
		if err := m.Lookup([]byte{1, 0, 0, 0}, &l); err != nil || l != (loose{A: 1 << 40, B: 9}) {
			t.Errorf("%s: %+v, %v", name, l, err)
		}
		var words [2]uint64
		if err := m.Lookup(uint32(1), words[:]); err != nil || words != [2]uint64{1 << 40, 9} {
			t.Errorf("%s: %v, %v", name, words, err)
		}
	}
	is(t, m.Update(uint32(1), want, UpdateNoExist), ErrKeyExist)
	var first uint32
	if err := m.NextKey(nil, &first); err != nil || first != 1 {
		t.Errorf("first key %d, %v", first, err)
	}
	is(t, m.NextKey(first, &first), ErrKeyNotExist)
	if got := m.String(); got != `Map(1, "flows")` {
		t.Errorf("the map says %s", got)
	}
	addr := netip.MustParseAddr("10.1.2.3")
	if err := m.Put(addr, want); err != nil {
		t.Error(err)
	}
	var key netip.Addr
	seen := 0
	for i := m.Iterate(); ; seen++ {
		var v flow
		if !i.Next(&key, &v) {
			if i.Err() != nil {
				t.Error(i.Err())
			}
			break
		}
	}
	if seen != 2 {
		t.Errorf("%d keys", seen)
	}
	for name, err := range map[string]error{
		"short key": m.Put(uint16(1), want), "short value": m.Put(uint32(1), uint32(1)), "nil": m.Put(nil, want),
		"int": m.Put(1, want), "string": m.Put("abc", want), "bytes": m.Lookup(uint32(1), make([]byte, 3)), "no pointer": m.Lookup(uint32(1), want),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	var next uint32
	if err := m.NextKey(nil, &next); err != nil {
		t.Error(err)
	}
	clone, err := m.Clone()
	if err != nil || m.Close() != nil {
		t.Fatal(err)
	}
	if v, err := clone.LookupBytes(uint32(7)); v != nil || err != nil {
		t.Errorf("%v, %v", v, err)
	}
	if err := clone.Close(); err != nil {
		t.Error(err)
	}
	if info, err := clone.Info(); err != nil || info.ValueSize != 16 || info.Name != "flows" {
		t.Errorf("%+v, %v", info, err)
	}
}

// TestIterationEnds changes a map at each step: the walk may not go on forever.
func TestIterationEnds(t *testing.T) {
	m := load(t, spec(t), nil).Ports
	var k uint32
	var v uint64
	n := 0
	for i := m.Iterate(); i.Next(&k, &v); n++ {
		if k != uint32(n) {
			t.Errorf("key %d at step %d", k, n)
		}
	}
	if n != 3 {
		t.Errorf("%d steps", n)
	}
	is(t, m.Put(uint32(3), v), syscall.E2BIG)
	var nilMap *Map
	is(t, nilMap.Put(k, v), os.ErrInvalid)
}

func TestTyped(t *testing.T) {
	o := load(t, spec(t), nil)
	h := HashMapOf[uint32, flow](o.Flows)
	if err := h.Put(3, flow{Packets: 1}); err != nil {
		t.Fatal(err)
	}
	var sink flow
	if n := testing.AllocsPerRun(100, func() {
		v, err := h.Lookup(3)
		if err != nil {
			t.Error(err)
		}
		sink = v
		if _, err := h.Lookup(4); !errors.Is(err, ErrKeyNotExist) {
			t.Error(err)
		}
		if err := h.Put(3, sink); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	for k, v := range h.All() {
		if k != 3 || v.Packets != 1 {
			t.Errorf("%d: %+v", k, v)
		}
	}
	if err := h.Delete(3); err != nil {
		t.Error(err)
	}
	_, err := HashMapOf[uint64, flow](o.Flows).Lookup(3)
	is(t, err, ErrMapIncompatible)
	_, err = HashMapOf[uint32, [2]*int](o.Flows).Lookup(3)
	is(t, err, ErrMapIncompatible)
	_, err = HashMapOf[uint32, flow](nil).Lookup(3)
	is(t, err, os.ErrInvalid)
	if err := ArrayMapOf[uint64](o.Ports).Put(1, 5); err != nil {
		t.Error(err)
	}
}

func TestProgram(t *testing.T) {
	o := load(t, spec(t), nil)
	in := []byte{1, 2, 3, 4}
	ret, out, err := o.Count.Test(in)
	if err != nil || ret != 2 || !bytes.Equal(out, []byte{0xaa, 2, 3, 4}) || in[0] != 1 {
		t.Errorf("%d, %x, %x, %v", ret, out, in, err)
	}
	var total uint64
	if err := o.V.Total.Get(&total); err != nil || total != 9 {
		t.Errorf("total %d, %v", total, err)
	}
	if err := o.V.Total.Set(uint64(0)); err != nil {
		t.Error(err)
	}
	is(t, o.V.Limit.Set(uint32(1)), ErrReadOnly)
	resets := 0
	ret, took, err := o.Count.Benchmark([]byte{0xff, 0}, 10, func() { resets++ })
	if err != nil || ret != 1 || took <= 0 || resets != 1 {
		t.Errorf("%d, %v, %d resets, %v", ret, took, resets, err)
	}
	if err := o.V.Total.Get(&total); err != nil || total != 20 {
		t.Errorf("total %d, %v", total, err)
	}
	md := [6]uint32{2, 4, 0, 3}
	opts := RunOptions{Data: in, DataOut: make([]byte, 4), Context: md, ContextOut: &md}
	if _, err := o.Count.Run(&opts); err != nil || opts.DataOut[2] != 0xaa || md != [6]uint32{2, 4, 0, 3} {
		t.Errorf("%x, %v, %v", opts.DataOut, md, err)
	}
	md[1] = 5
	opts.Context = md
	_, err = o.Count.Run(&opts)
	is(t, err, os.ErrInvalid)
	_, err = o.Count.Run(&RunOptions{Data: in, DataOut: make([]byte, 3)})
	is(t, err, syscall.ENOSPC)
	_, err = o.Constant.Run(&RunOptions{Context: md})
	is(t, err, os.ErrInvalid)
	if got, err := o.Constant.Run(&RunOptions{Data: in}); err != nil || got != 11 {
		t.Errorf("%d, %v", got, err)
	}
	if o.Count.Type() != XDP || o.Constant.Type() != UnspecifiedProgram {
		t.Error("types of programs")
	}
}

func TestABI(t *testing.T) {
	o := object()
	o.ABI++
	_, err := NewCollectionSpec(o)
	is(t, err, ErrNotSupported)
}

func BenchmarkLookup(b *testing.B) {
	m, err := NewMap(&MapSpec{Name: "m", Type: Hash, KeySize: 4, ValueSize: 16, MaxEntries: 4})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := m.Close(); err != nil {
			b.Error(err)
		}
	})
	key, value := uint32(1), flow{}
	if err := m.Put(&key, &value); err != nil {
		b.Fatal(err)
	}
	b.Run("any", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := m.Lookup(&key, &value); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("typed", func(b *testing.B) {
		h := HashMapOf[uint32, flow](m)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := h.Lookup(key); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// TestTrace: lines of trace_printk go to the writer of the options.
func TestTrace(t *testing.T) {
	o := object()
	o.Maps[2].Data = "hi %d\x00"
	o.Programs[1].Entry = func(fr *abi.Frame) uint64 {
		return rtlib.TracePrintk(fr, abi.Values(fr, 2), 6, 7, 0, 0)
	}
	cs, err := NewCollectionSpec(o)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	c, err := NewCollectionWithOptions(cs, CollectionOptions{Trace: &out})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := rtlib.RunRaw(c.Programs["constant"].Runtime(), nil); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(out.Bytes(), []byte("hi 7\n")) {
		t.Errorf("traced %q", &out)
	}
}
