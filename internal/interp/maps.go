package interp

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// Map is a map of a Machine. Its methods are what a host may do; their errors
// are bpf.Errno. They copy: a slice is never shared with the program.
type Map struct {
	machine *Machine
	def     *frontend.Map
	self    *Region            // what a pointer to the map points to
	hash    map[string]*Region // hash maps: values by key
	array   *Region            // arrays: all values, stride apart
	stride  int
}

func (m *Machine) newMap(index int, def *frontend.Map) (*Map, error) {
	row := table.MapTypeOf(def.Type)
	if row == nil {
		return nil, fmt.Errorf("map type %d: %w", def.Type, bpf.ErrUnsupported)
	}
	if err := row.Check(m.rules, def.KeySize, def.ValueSize, def.MaxEntries, def.Flags); err != nil {
		return nil, err
	}
	made := &Map{machine: m, def: def, self: &Region{Kind: KindMap, Base: m.space.take(1), Map: index}}
	if def.Type == bpf.MapHash {
		made.hash = map[string]*Region{}
		return made, nil
	}
	made.stride = (int(def.ValueSize) + 7) &^ 7
	made.array = made.region(made.stride * int(def.MaxEntries))
	copy(made.array.bytes, def.Data)
	return made, nil
}

// region makes memory that belongs to the map.
func (m *Map) region(size int) *Region {
	return &Region{
		Kind: KindMapValue, Base: m.machine.space.take(size), Map: m.self.Map, bytes: make([]byte, size),
		readOnly: m.def.Frozen || m.def.Flags&bpf.FlagRdonlyProg != 0,
		noRead:   m.def.Flags&bpf.FlagWronlyProg != 0,
	}
}

// index is the array index that a key is: its first 4 bytes, less when the
// rules allow shorter keys, the missing ones 0.
func (m *Map) index(key []byte) uint64 {
	var index [4]byte
	if m.machine.obj.BigEndian {
		copy(index[4-min(4, len(key)):], key)
	} else {
		copy(index[:], key)
	}
	return uint64(m.machine.order.Uint32(index[:]))
}

// element is value k of an array as a region of its own.
func (m *Map) element(k uint64) *Region {
	start := int(k) * m.stride
	r := *m.array
	r.Base += uint64(start)
	r.bytes = m.array.bytes[start : start+int(m.def.ValueSize)]
	return &r
}

// lookup returns the value of a key, nil when there is none.
func (m *Map) lookup(key []byte) *Region {
	if m.hash != nil {
		return m.hash[string(key)]
	}
	if k := m.index(key); k < uint64(m.def.MaxEntries) {
		return m.element(k)
	}
	return nil
}

// update is map_update_elem; 0 is success.
func (m *Map) update(key, value []byte, flags uint64) bpf.Errno {
	rules := m.machine.rules
	if flags > bpf.UpdateExist {
		return bpf.EINVAL
	}
	if m.hash == nil {
		switch k := m.index(key); {
		case k >= uint64(m.def.MaxEntries):
			return rules.ArrayUpdateBounds
		case flags == bpf.UpdateNoExist:
			return rules.ArrayNoExist
		default:
			copy(m.element(k).bytes, value)
		}
		return 0
	}
	_, exists := m.hash[string(key)]
	switch {
	case exists && flags == bpf.UpdateNoExist:
		return bpf.EEXIST
	case !exists && flags == bpf.UpdateExist:
		return bpf.ENOENT
	case !exists && len(m.hash) >= int(m.def.MaxEntries):
		return rules.HashFull
	}
	r := m.region(int(m.def.ValueSize))
	copy(r.bytes, value)
	m.hash[string(key)] = r
	return 0
}

// remove is map_delete_elem; 0 is success.
func (m *Map) remove(key []byte) bpf.Errno {
	rules := m.machine.rules
	if m.hash != nil {
		if m.hash[string(key)] == nil {
			return bpf.ENOENT
		}
		delete(m.hash, string(key))
		return 0
	}
	switch k := m.index(key); {
	case k >= uint64(m.def.MaxEntries):
		return rules.ArrayDeleteBounds
	case !rules.ArrayDeleteZeroes:
		return bpf.EINVAL
	default:
		clear(m.element(k).bytes)
	}
	return 0
}

// Lookup returns a copy of the value of a key. A missing key is ENOENT.
func (m *Map) Lookup(key []byte) ([]byte, error) {
	if len(key) != int(m.def.KeySize) {
		return nil, bpf.EINVAL
	}
	if m.def.Flags&bpf.FlagWronly != 0 {
		return nil, bpf.EPERM
	}
	if r := m.lookup(key); r != nil {
		return slices.Clone(r.bytes), nil
	}
	return nil, bpf.ENOENT
}

// Update stores a value under bpf.UpdateAny, UpdateNoExist or UpdateExist.
func (m *Map) Update(key, value []byte, flags uint64) error {
	if len(key) != int(m.def.KeySize) || len(value) != int(m.def.ValueSize) {
		return bpf.EINVAL
	}
	if m.def.Flags&bpf.FlagRdonly != 0 || m.def.Frozen {
		return bpf.EPERM
	}
	return failure(m.update(key, value, flags))
}

// Delete removes a key.
func (m *Map) Delete(key []byte) error {
	if len(key) != int(m.def.KeySize) {
		return bpf.EINVAL
	}
	if m.def.Flags&bpf.FlagRdonly != 0 || m.def.Frozen {
		return bpf.EPERM
	}
	return failure(m.remove(key))
}

func failure(e bpf.Errno) error {
	if e == 0 {
		return nil
	}
	return e
}

// Keys returns all keys, sorted by bytes; those of an array are its indices.
func (m *Map) Keys() [][]byte {
	var keys [][]byte
	for key := range m.hash {
		keys = append(keys, []byte(key))
	}
	slices.SortFunc(keys, bytes.Compare)
	if m.hash == nil {
		for k := range m.def.MaxEntries {
			var index [4]byte
			m.machine.order.PutUint32(index[:], k)
			keys = append(keys, index[:])
		}
	}
	return keys
}
