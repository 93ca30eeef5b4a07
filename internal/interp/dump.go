package interp

import (
	"bytes"
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// Dump takes out the contents of a map as pairs of key and value, sorted by key,
// in the form that test/harness has for all engines:
//
//   - A per-CPU value is the values of CPUs 0, 1, … one after another, without
//     those at the end that are all zero; that of CPU 0 is always there.
//   - Queues and stacks have no keys and the order in which values are popped,
//     rings that of their records. A dump leaves them empty.
//   - A key of a map of maps has the inner map's name as its value. Behind it
//     come the elements of the inner map, whose keys begin with that key.
//   - The keys of LPM tries have zeroes behind their prefix.
//
// Maps that hosts cannot read, program arrays, Bloom filters and stack traces
// give nothing.
func (m *Map) Dump() (pairs [][2][]byte) {
	switch {
	case m.def.Flags&bpf.FlagWronly != 0:
	case m.def.Type == bpf.MapQueue || m.def.Type == bpf.MapStack:
		for k := m.next(); k >= 0 && m.def.Flags&bpf.FlagRdonly == 0; k = m.next() {
			pairs = append(pairs, [2][]byte{nil, m.queue[k]})
			m.queue = slices.Delete(m.queue, k, k+1)
		}
	case m.def.Type == bpf.MapRingbuf:
		for r := m.consume(); r != nil; r = m.consume() {
			pairs = append(pairs, [2][]byte{nil, slices.Clone(r.bytes)})
		}
	case m.row.Lookup == table.LookupInner:
		pairs = m.dumpInner()
	case m.row.Lookup == table.LookupValue:
		for _, key := range m.keys() {
			pairs = append(pairs, [2][]byte{key, m.allCPUs(key)})
		}
	}
	return pairs
}

// dumpInner is Dump of a map of maps.
func (m *Map) dumpInner() (pairs [][2][]byte) {
	for key, inner := range m.inner {
		pairs = append(pairs, [2][]byte{[]byte(key), []byte(inner.def.Name)})
	}
	slices.SortFunc(pairs, func(a, b [2][]byte) int { return bytes.Compare(a[0], b[0]) })
	var all [][2][]byte
	for _, p := range pairs {
		all = append(all, p)
		for _, e := range m.inner[string(p[0])].Dump() {
			all = append(all, [2][]byte{append(slices.Clone(p[0]), e[0]...), e[1]})
		}
	}
	return all
}

// allCPUs are the values of a key that is there.
func (m *Map) allCPUs(key []byte) []byte {
	var all []byte
	size := int(m.def.ValueSize)
	values := make([]*Region, m.cpus())
	if e := m.elements[string(key)]; e != nil {
		values = e.values
	}
	for _, r := range values {
		if r == nil {
			all = append(all, make([]byte, size)...)
		} else {
			all = append(all, r.bytes...)
		}
	}
	for len(all) > size && !slices.ContainsFunc(all[len(all)-size:], func(b byte) bool { return b != 0 }) {
		all = all[:len(all)-size]
	}
	return all
}
