package interp

import (
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// keyed checks what the host may do with the keys of the map.
func (m *Map) keyed(key []byte, forbidden uint32) error {
	switch {
	case len(key) != int(m.def.KeySize) || m.row.Lookup != table.LookupValue:
		return bpf.EINVAL
	case m.def.Flags&forbidden != 0:
		return bpf.EPERM
	case forbidden == bpf.FlagRdonly && m.def.Frozen:
		return bpf.EPERM
	}
	return nil
}

// Lookup returns a copy of the value of a key, on CPU 0 for a per-CPU map. A
// missing key is ENOENT.
func (m *Map) Lookup(key []byte) ([]byte, error) { return m.LookupCPU(key, 0) }

// LookupCPU returns a copy of the value of a key on a CPU.
func (m *Map) LookupCPU(key []byte, cpu int) ([]byte, error) {
	if err := m.keyed(key, bpf.FlagWronly); err != nil {
		return nil, err
	}
	if r := m.lookup(key, cpu); r != nil {
		return slices.Clone(r.bytes), nil
	}
	return nil, bpf.ENOENT
}

// Update stores a value, on every CPU of a per-CPU map, under bpf.UpdateAny,
// UpdateNoExist or UpdateExist.
func (m *Map) Update(key, value []byte, flags uint64) error {
	if len(value) != int(m.def.ValueSize) {
		return bpf.EINVAL
	}
	if err := m.keyed(key, bpf.FlagRdonly); err != nil {
		return err
	}
	cpus := make([]int, m.cpus())
	for k := range cpus {
		cpus[k] = k
	}
	return failure(m.update(key, value, flags, cpus...))
}

// Delete removes a key.
func (m *Map) Delete(key []byte) error {
	if err := m.keyed(key, bpf.FlagRdonly); err != nil {
		return err
	}
	return failure(m.remove(key))
}

// SetProgram puts a program into a slot of a program array; nil empties it.
// Programs of the machine's object only.
func (m *Map) SetProgram(index uint32, prog *frontend.Program) error {
	switch {
	case m.def.Type != bpf.MapProgArray:
		return bpf.EINVAL
	case index >= m.def.MaxEntries:
		return bpf.E2BIG
	}
	m.progs[index] = prog
	return nil
}

// SetInner makes a new inner map under a key of a map of maps and returns it;
// EINVAL when the map is none or has no template.
func (m *Map) SetInner(key []byte) (*Map, error) {
	if m.row.Lookup != table.LookupInner || m.def.Inner == nil || len(key) != int(m.def.KeySize) {
		return nil, bpf.EINVAL
	}
	if m.def.Type == bpf.MapArrayOfMaps && m.index(key) >= uint64(m.def.MaxEntries) {
		return nil, bpf.E2BIG
	}
	made, err := m.machine.newMap(m.self.Map, m.def.Inner, true)
	if err != nil {
		return nil, err
	}
	m.inner[string(key)] = made
	return made, nil
}

// innerAt is the inner map under a key, nil when there is none.
func (m *Map) innerAt(key []byte) *Map {
	if m.machine.opt.Adverse && m.machine.chance(8) {
		delete(m.inner, string(key))
	}
	inner := m.inner[string(key)]
	if inner == nil && m.machine.opt.Adverse && !m.machine.chance(3) {
		if made, err := m.SetInner(key); err == nil {
			return made
		}
	}
	return inner
}

// Push adds a value to a queue, a stack or a Bloom filter.
func (m *Map) Push(value []byte) error {
	if len(value) != int(m.def.ValueSize) || !m.row.Keyless || m.row.NoValue {
		return bpf.EINVAL
	}
	return failure(m.push(value, 0))
}

func failure(e bpf.Errno) error {
	if e == 0 {
		return nil
	}
	return e
}

// Keys returns all keys, sorted by bytes; those of an array are its indices.
func (m *Map) Keys() [][]byte { return m.keys() }
