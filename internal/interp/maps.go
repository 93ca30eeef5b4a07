package interp

import (
	"bytes"
	"fmt"
	"math/bits"
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
	row     *table.MapType
	self    *Region // what a pointer to the map points to
	// elements are values by key: those of the keys that are there, for
	// arrays those that somebody has asked for. The key of an array is the
	// index as 4 bytes.
	elements map[string]*element
	clock    uint64                       // of uses, for the least recently used
	inner    map[string]*Map              // maps of maps
	progs    map[uint32]*frontend.Program // program arrays
	*lists
}

// lists are what maps without keys hold.
type lists struct {
	queue [][]byte // queue, stack, Bloom filter
	ring  ring     // ring buffers
}

// element is the value of a key.
type element struct {
	values []*Region // by CPU, one for maps that are not per CPU
	used   uint64
}

// newMap makes a map; inner says that it is one of those that a map of maps
// holds.
func (m *Machine) newMap(index int, def *frontend.Map, inner bool) (*Map, error) {
	row := table.MapTypeOf(def.Type)
	if row == nil {
		return nil, fmt.Errorf("map type %d: %w", def.Type, bpf.ErrUnsupported)
	}
	def = m.loaded(row, def)
	if err := row.Check(m.rules, def.KeySize, def.ValueSize, def.MaxEntries, def.Flags); err != nil {
		return nil, err
	}
	made := &Map{
		machine: m, def: def, row: row, elements: map[string]*element{},
		inner: map[string]*Map{}, progs: map[uint32]*frontend.Program{}, lists: &lists{},
	}
	made.self = &Region{Kind: KindMap, Base: m.space.take(1), Map: index, Inner: inner, m: made}
	if def.Data != nil {
		copy(made.cell(made.indexKey(0), 0).bytes, def.Data)
	}
	return made, nil
}

// loaded is a definition as loaders make it: objects leave out what is always
// the same or what only the machine knows.
func (m *Machine) loaded(row *table.MapType, def *frontend.Map) *frontend.Map {
	made := *def
	if row.Value != 0 || row.Values != nil {
		made.KeySize, made.ValueSize = orElse(made.KeySize, 4), orElse(made.ValueSize, 4)
	}
	switch {
	case def.Type == bpf.MapPerfEvent:
		made.KeySize, made.ValueSize, made.MaxEntries = 4, 4, orElse(made.MaxEntries, uint32(m.opt.CPUs))
	case def.Type == bpf.MapStackTrace:
		const frames = 127
		made.ValueSize = orElse(made.ValueSize, 8*frames)
	case row.Pages:
		const page = 4096
		made.KeySize, made.ValueSize = 0, 0
		made.MaxEntries = max(page, uint32(1)<<bits.Len32(max(1, min(made.MaxEntries, 1<<31))-1))
	}
	if !row.NoEntries {
		made.MaxEntries = orElse(made.MaxEntries, 1)
	}
	return &made
}

func orElse(n, otherwise uint32) uint32 {
	if n == 0 {
		return otherwise
	}
	return n
}

// as is the same map as an inner map of another one.
func (m *Map) as(outer *Map) *Map {
	inner := *m
	self := *m.self
	self.Map, self.Inner, self.m = outer.self.Map, true, &inner
	inner.self = &self
	return &inner
}

// region makes memory that belongs to the map.
func (m *Map) region(size int) *Region {
	return &Region{
		Kind: KindMapValue, Base: m.machine.space.take(size), Map: m.self.Map, Inner: m.self.Inner, m: m,
		bytes: make([]byte, size), special: m.def.Special,
		readOnly: m.row.ReadOnly || m.def.Frozen || m.def.Flags&bpf.FlagRdonlyProg != 0,
		noRead:   m.def.Flags&bpf.FlagWronlyProg != 0,
	}
}

// arrayLike reports whether every index below max_entries has a value.
func (m *Map) arrayLike() bool {
	return m.def.Type == bpf.MapArray || m.def.Type == bpf.MapPercpuArray
}

// cpus is how many values a key has.
func (m *Map) cpus() int {
	if m.row.PerCPU {
		return m.machine.opt.CPUs
	}
	return 1
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

// indexKey is the key of an index.
func (m *Map) indexKey(k uint64) string {
	return string(m.machine.order.AppendUint32(nil, uint32(k)))
}

// cell is the value of a key for a CPU, made when it is not there.
func (m *Map) cell(key string, cpu int) *Region {
	e := m.elements[key]
	if e == nil {
		e = m.insert(key)
	}
	return e.values[cpu]
}

// insert makes an element with zero values.
func (m *Map) insert(key string) *element {
	e := &element{values: make([]*Region, m.cpus())}
	for cpu := range e.values {
		e.values[cpu] = m.region(int(m.def.ValueSize))
	}
	m.elements[key] = e
	m.use(e)
	return e
}

func (m *Map) use(e *element) {
	m.clock++
	e.used = m.clock
}

// lookup returns the value of a key for a CPU, nil when there is none.
func (m *Map) lookup(key []byte, cpu int) *Region {
	switch {
	case cpu >= m.cpus():
		return nil
	case m.arrayLike():
		if k := m.index(key); k < uint64(m.def.MaxEntries) {
			return m.cell(m.indexKey(k), cpu)
		}
		return nil
	case m.def.Type == bpf.MapLPMTrie:
		if m.tooLong(key) {
			return nil
		}
		key = m.longest(key)
	}
	if m.machine.opt.Adverse && !m.def.Frozen && m.machine.chance(6) {
		delete(m.elements, string(key)) // another thread did it
	}
	e := m.elements[string(key)]
	if e == nil {
		if e = m.appear(key); e == nil {
			return nil
		}
	}
	m.use(e)
	return e.values[cpu]
}

// appear is an element that another thread has just made, nil for none.
func (m *Map) appear(key []byte) *element {
	if !m.machine.opt.Adverse || m.def.Frozen || m.machine.chance(3) {
		return nil
	}
	if len(m.elements) >= int(m.def.MaxEntries) {
		m.evict()
	}
	e := m.insert(string(key))
	value := make([]byte, m.def.ValueSize)
	for cpu := range e.values {
		m.machine.fill(value)
		m.store(e, value, []int{cpu})
	}
	return e
}

// current is the CPU that the program runs on as an index of values.
func (m *Map) current() int {
	if !m.row.PerCPU {
		return 0
	}
	return int(m.machine.opt.CPU()) % m.machine.opt.CPUs
}

// updateLock is BPF_F_LOCK (linux/bpf.h).
const updateLock = 4

// update is map_update_elem of the values of some CPUs, from one copy; 0 is
// success.
func (m *Map) update(key, value []byte, flags uint64, cpus ...int) bpf.Errno {
	rules := m.machine.rules
	isLock := func(s frontend.Special) bool { return s.Kind == frontend.SpecialSpinLock }
	noLock := flags&updateLock != 0 && !slices.ContainsFunc(m.def.Special, isLock)
	flags &^= updateLock
	if flags > bpf.UpdateExist || noLock && !m.arrayLike() {
		return bpf.EINVAL
	}
	if m.arrayLike() {
		switch k := m.index(key); {
		case k >= uint64(m.def.MaxEntries):
			return rules.ArrayUpdateBounds
		case flags == bpf.UpdateNoExist:
			return rules.ArrayNoExist
		case noLock: // found last, as Linux does
			return bpf.EINVAL
		default:
			m.cell(m.indexKey(k), 0)
			m.store(m.elements[m.indexKey(k)], value, cpus)
		}
		return 0
	}
	return m.updateHash(key, value, flags, cpus)
}

// store copies a value into those of some CPUs, but for its special parts.
func (m *Map) store(e *element, value []byte, cpus []int) {
	for _, cpu := range cpus {
		to := e.values[cpu].bytes
		kept := slices.Clone(to)
		copy(to, value)
		for _, s := range m.def.Special {
			copy(to[s.Off:s.Off+s.Size], kept[s.Off:s.Off+s.Size])
		}
	}
}

func (m *Map) updateHash(key, value []byte, flags uint64, cpus []int) bpf.Errno {
	if m.def.Type == bpf.MapLPMTrie {
		if m.tooLong(key) {
			return bpf.EINVAL
		}
		key = m.masked(key)
	}
	old, exists := m.elements[string(key)]
	switch {
	case exists && flags == bpf.UpdateNoExist:
		return bpf.EEXIST
	case !exists && flags == bpf.UpdateExist:
		return bpf.ENOENT
	case !exists && !m.row.NoEntries && len(m.elements) >= int(m.def.MaxEntries):
		switch m.def.Type {
		case bpf.MapLRUHash, bpf.MapLRUPercpu:
			m.evict()
		case bpf.MapLPMTrie:
			return m.machine.rules.TrieFull
		default:
			return m.machine.rules.HashFull
		}
	}
	e := m.insert(string(key))
	if exists && m.row.PerCPU {
		for cpu := range old.values {
			if !slices.Contains(cpus, cpu) {
				e.values[cpu] = old.values[cpu]
			}
		}
	}
	m.store(e, value, cpus)
	return 0
}

// evict removes the least recently used element.
func (m *Map) evict() {
	var oldest string
	least := ^uint64(0)
	for key, e := range m.elements {
		if e.used < least {
			oldest, least = key, e.used
		}
	}
	delete(m.elements, oldest)
}

// remove is map_delete_elem; 0 is success.
func (m *Map) remove(key []byte) bpf.Errno {
	rules := m.machine.rules
	if m.arrayLike() {
		switch k := m.index(key); {
		case k >= uint64(m.def.MaxEntries):
			return rules.ArrayDeleteBounds
		case !rules.ArrayDeleteZeroes:
			return bpf.EINVAL
		default:
			clear(m.cell(m.indexKey(k), 0).bytes)
		}
		return 0
	}
	if m.def.Type == bpf.MapLPMTrie {
		if m.tooLong(key) {
			return bpf.EINVAL
		}
		key = m.masked(key)
	}
	if m.elements[string(key)] == nil {
		return bpf.ENOENT
	}
	delete(m.elements, string(key))
	return 0
}

// tooLong reports whether the prefix of a key of an LPM trie has more bits
// than the key.
func (m *Map) tooLong(key []byte) bool { return m.machine.order.Uint32(key) > 8*(m.def.KeySize-4) }

// masked is the key of an LPM trie with the bits behind its prefix 0.
func (m *Map) masked(key []byte) []byte {
	masked := slices.Clone(key)
	prefix := int(m.machine.order.Uint32(key))
	for bit := prefix; bit < 8*(len(key)-4); bit++ {
		masked[4+bit/8] &^= 0x80 >> (bit % 8)
	}
	return masked
}

// longest is the key in the map with the longest prefix that is one of key,
// not longer than key's own.
func (m *Map) longest(key []byte) []byte {
	order := m.machine.order
	for prefix := order.Uint32(key); ; prefix-- {
		try := m.masked(append(order.AppendUint32(nil, prefix), key[4:]...))
		if m.elements[string(try)] != nil || prefix == 0 {
			return try
		}
	}
}

// keys returns the keys of all elements, sorted by bytes; those of an array
// are its indices.
func (m *Map) keys() [][]byte {
	var keys [][]byte
	if m.arrayLike() {
		for k := range m.def.MaxEntries {
			keys = append(keys, []byte(m.indexKey(uint64(k))))
		}
		return keys
	}
	for key := range m.elements {
		keys = append(keys, []byte(key))
	}
	slices.SortFunc(keys, bytes.Compare)
	return keys
}
