package handwritten

import (
	"runtime"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// table is the run time's hash map, searched by the Go functions that Go bodies
// call: hand-written and generated code differ in everything but the map.
type table struct {
	m    *rtlib.Map
	addr uint64 // of m, as helpers take it
}

// newTable returns a table of keys of size bytes, all with value 1.
func newTable(name string, size uint32, keys [][]byte) (table, error) {
	m, err := rtlib.NewMap(rtlib.MapSpec{Name: name, Type: bpf.MapHash, KeySize: size, ValueSize: 4, MaxEntries: uint32(max(len(keys), 1))})
	if err != nil {
		return table{}, err
	}
	for _, k := range keys {
		if err := m.Update(k, []byte{1, 0, 0, 0}, bpf.UpdateAny); err != nil {
			return table{}, err
		}
	}
	return table{m, uint64(uintptr(unsafe.Pointer(m)))}, nil
}

// has4 reports whether the 4 bytes at key are in the table. key points into a
// packet, which the caller keeps alive and which is not on a stack: its address
// stays right while it is a number. Nobody deletes keys, so there is no need to
// take part in the map's reclamation.
func (t *table) has4(key unsafe.Pointer) bool {
	found := rtlib.HashLookup4(nil, t.addr, uint64(uintptr(key)))
	runtime.KeepAlive(key)
	return found != 0
}

// has16 is has4 for 16 bytes.
func (t *table) has16(key unsafe.Pointer) bool {
	found := rtlib.HashLookup16(nil, t.addr, uint64(uintptr(key)))
	runtime.KeepAlive(key)
	return found != 0
}
