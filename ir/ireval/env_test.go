package ireval_test

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/internal/interp"
	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/ir/ireval"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// world is an object loaded for the evaluator: maps in plain memory and a
// Frame. It does what the helpers used by the tests need and no more.
type world struct {
	obj   *frontend.Object
	frame *abi.Frame
	maps  []*testMap
	slots []abi.MapSlot
	ticks uint64
	// helped, when not nil, are the helpers.
	helped map[string]ireval.Helper
	progs  map[string]*ir.Program // built for tail calls
	walks  [][][]byte             // of for_each_map_elem: the keys, by walk
}

type testMap struct {
	head   abi.MapHead // as rtlib's maps begin
	def    *frontend.Map
	stride int
	array  []uint64 // arrays: elements, stride/8 words each
	hash   map[string][]uint64
}

func newWorld(obj *frontend.Object) *world {
	w := &world{obj: obj, frame: &abi.Frame{}, slots: make([]abi.MapSlot, len(obj.Maps)+1)}
	for i, def := range obj.Maps {
		m := &testMap{def: def, stride: (int(def.ValueSize) + 7) &^ 7}
		if def.Type == bpf.MapHash {
			m.hash = map[string][]uint64{}
		} else {
			m.array = make([]uint64, m.stride/8*int(def.MaxEntries)+1)
			copy(bytesOf(m.array), def.Data)
			w.slots[i].Values.P = unsafe.Pointer(&m.array[0])
			m.head = abi.MapHead{Values: uint64(uintptr(unsafe.Pointer(&m.array[0]))), Max: uint64(def.MaxEntries)}
		}
		w.slots[i].Map.P = unsafe.Pointer(m)
		w.slots[i].Max = uint64(def.MaxEntries)
		w.maps = append(w.maps, m)
	}
	for i, def := range obj.Maps {
		for _, s := range def.Slots {
			if def.Type == bpf.MapArrayOfMaps {
				w.maps[i].array[s.Index] = uint64(uintptr(unsafe.Pointer(w.maps[s.Map])))
			}
		}
	}
	w.frame.Slots.P = unsafe.Pointer(&w.slots[0])
	return w
}

func bytesOf(words []uint64) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(words))), 8*len(words))
}

// run runs a program on a packet or memory.
func (w *world) run(p *ir.Program, data []byte) (uint64, error) {
	words := make([]uint64, len(data)/8+1)
	buf := bytesOf(words)
	copy(buf, data)
	start := uint64(uintptr(unsafe.Pointer(&buf[0])))
	w.frame.Data, w.frame.DataMeta, w.frame.DataEnd = start, start, start+uint64(len(data))
	w.frame.TailCalls = 0
	w.frame.Buf.P = unsafe.Pointer(&buf[0])
	// What an earlier run left on the stack must not matter.
	for i := range w.frame.Stack {
		w.frame.Stack[i] = 0xa5
	}
	helpers := w.helped
	if helpers == nil {
		helpers = w.helpers()
	}
	r0, err := ireval.Run(p, w.frame, ireval.Options{Helpers: helpers})
	copy(data, buf)
	runtime.KeepAlive(words)
	return r0, err
}

func (w *world) helpers() map[string]ireval.Helper {
	lookup := func(_ *abi.Frame, a []uint64) uint64 { return mapAt(a[0]).lookup(memory(a[1], mapAt(a[0]).key())) }
	update := func(_ *abi.Frame, a []uint64) uint64 {
		m := mapAt(a[0])
		return m.update(memory(a[1], m.key()), memory(a[2], int(m.def.ValueSize)), a[3])
	}
	remove := func(_ *abi.Frame, a []uint64) uint64 {
		m := mapAt(a[0])
		if m.hash == nil {
			return errno(bpf.EINVAL)
		}
		key := string(memory(a[1], m.key()))
		if m.hash[key] == nil {
			return errno(bpf.ENOENT)
		}
		delete(m.hash, key)
		return 0
	}
	return map[string]ireval.Helper{
		"MapLookupElem": lookup, "HashLookup": lookup, "HashLookup4": lookup, "HashLookup8": lookup, "HashLookup16": lookup,
		"MapUpdateElem": update, "HashUpdate": update, "MapDeleteElem": remove, "HashDelete": remove,
		"TailCall": w.tailCall,
		"CsumDiff": csumDiff, "GetCurrentPidTgid": nothing, "GetPrandomU32": nothing,
		"ForEachNext": w.forEachNext,
		"MemSet": func(_ *abi.Frame, a []uint64) uint64 {
			copy(memory(a[0], int(a[2])), bytes.Repeat([]byte{byte(a[1])}, int(a[2])))
			return 0 // r0 is r1
		},
		"MemCopy": move,
		"MemMove": move,
		"MemCmp": func(_ *abi.Frame, a []uint64) uint64 {
			return uint64(bytes.Compare(memory(a[0], int(a[2])), memory(a[1], int(a[2]))))
		},
		"KtimeGetNs": func(*abi.Frame, []uint64) uint64 { w.ticks += 1000; return w.ticks },
		"Unwind":     func(_ *abi.Frame, a []uint64) uint64 { return a[0] },
	}
}

func move(_ *abi.Frame, a []uint64) uint64 {
	copy(memory(a[0], int(a[2])), memory(a[1], int(a[2])))
	return 0 // r0 is r1
}

func errno(e bpf.Errno) uint64 { return bpf.RulesOf(bpf.Linux).HelperResult(e) }

func mapAt(addr uint64) *testMap {
	p := uintptr(addr)
	return *(**testMap)(unsafe.Pointer(&p))
}

func memory(addr uint64, n int) []byte {
	p := uintptr(addr)
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&p)), n)
}

func (m *testMap) key() int { return int(m.def.KeySize) }

func (m *testMap) element(i int) []byte { return bytesOf(m.array)[i*m.stride:][:m.def.ValueSize] }

func (m *testMap) lookup(key []byte) uint64 {
	if m.hash != nil {
		if v := m.hash[string(key)]; v != nil {
			return uint64(uintptr(unsafe.Pointer(&v[0])))
		}
		return 0
	}
	i := *(*uint32)(unsafe.Pointer(&key[0]))
	if i >= m.def.MaxEntries {
		return 0
	}
	return uint64(uintptr(unsafe.Pointer(&m.element(int(i))[0])))
}

func (m *testMap) update(key, value []byte, flags uint64) uint64 {
	if flags > bpf.UpdateExist {
		return errno(bpf.EINVAL)
	}
	if m.hash == nil {
		i := *(*uint32)(unsafe.Pointer(&key[0]))
		switch {
		case i >= m.def.MaxEntries:
			return errno(bpf.E2BIG)
		case flags == bpf.UpdateNoExist:
			return errno(bpf.EEXIST)
		}
		copy(m.element(int(i)), value)
		return 0
	}
	old := m.hash[string(key)]
	switch {
	case flags == bpf.UpdateNoExist && old != nil:
		return errno(bpf.EEXIST)
	case flags == bpf.UpdateExist && old == nil:
		return errno(bpf.ENOENT)
	case old == nil && len(m.hash) >= int(m.def.MaxEntries):
		return errno(bpf.E2BIG)
	}
	words := make([]uint64, m.stride/8)
	copy(bytesOf(words), value)
	m.hash[string(key)] = words
	return 0
}

// sameMaps compares the maps with those of the interpreter.
func (w *world) sameMaps(t *testing.T, m *interp.Machine) error {
	t.Helper()
	for _, mine := range w.maps {
		his := m.Map(mine.def.Name)
		if his == nil {
			continue
		}
		n := 0
		for _, key := range his.Keys() {
			want, err := his.Lookup(key)
			if err != nil {
				return err
			}
			addr := mine.lookup(key)
			if addr == 0 {
				return fmt.Errorf("map %s: key %x is missing", mine.def.Name, key)
			}
			if got := memory(addr, len(want)); string(got) != string(want) {
				return fmt.Errorf("map %s: key %x: got %x, want %x", mine.def.Name, key, got, want)
			}
			n++
		}
		if mine.hash != nil && n != len(mine.hash) {
			return fmt.Errorf("map %s: %d keys, want %d", mine.def.Name, len(mine.hash), n)
		}
	}
	return nil
}
