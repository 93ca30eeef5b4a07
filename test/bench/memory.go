package main

import (
	"container/list"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/cilium/ebpf"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/test/bench/measure"
)

// elements of the maps whose memory is measured: so many that what else the
// process does is small beside them.
const elements = 1 << 18

// kindOfMap is a row about memory.
type kindOfMap struct {
	label  string
	spec   rtlib.MapSpec
	entry  func(i uint32) (key, value any)
	perCPU bool       // the figure is for one CPU
	inGo   func() any // the same in Go, filled; nil for none
}

func kindsOfMaps() []kindOfMap {
	spec := func(t bpf.MapType, key, flags uint32) rtlib.MapSpec {
		return rtlib.MapSpec{Name: "memory", Type: t, KeySize: key, ValueSize: 8, MaxEntries: elements, Flags: flags}
	}
	index := func(i uint32) (any, any) { return i, valueOf(i) }
	return []kindOfMap{
		{"array", spec(bpf.MapArray, 4, 0), index, false, func() any { return goSlice() }},
		{"hash, 4 B", spec(bpf.MapHash, 4, 0), entry4, false, func() any { return goMap(func(i uint32) uint32 { return keyOf(i, 0) }) }},
		{"hash, 16 B", spec(bpf.MapHash, 16, 0), func(i uint32) (any, any) { return key16Of(i, 0), valueOf(i) }, false,
			func() any { return goMap(func(i uint32) key16 { return key16Of(i, 0) }) }},
		{"hash, 64 B", spec(bpf.MapHash, 64, 0), func(i uint32) (any, any) { return key64Of(i, 0), valueOf(i) }, false,
			func() any { return goMap(func(i uint32) key64 { return key64Of(i, 0) }) }},
		{"LRU hash, 4 B", spec(bpf.MapLRUHash, 4, 0), entry4, false, func() any { return goLRU() }},
		{"per-CPU array, for each CPU", spec(bpf.MapPercpuArray, 4, 0), func(i uint32) (any, any) { return i, onEachCPU(valueOf(i)) }, true, nil},
		{"per-CPU hash, 4 B, for each CPU", spec(bpf.MapPercpuHash, 4, 0),
			func(i uint32) (any, any) { return keyOf(i, 0), onEachCPU(valueOf(i)) }, true, nil},
		{"LPM, IPv4", spec(bpf.MapLPMTrie, 8, bpf.FlagNoPrealloc), func(i uint32) (any, any) { return prefixOf(i), valueOf(i) }, false, nil},
	}
}

// memory compares what full maps take: the growth of the resident set for ours
// and Go's, what the kernel accounts for its own.
func (s *suite) memory() ([]measure.Row, error) {
	var rows []measure.Row
	for _, k := range kindsOfMaps() {
		r := measure.Row{Name: k.label, Unit: "bytes", Engines: []measure.Engine{
			{Name: columnNative}, {Name: goHand}, {Name: kernel, Missing: s.peers.missing[kernel]},
		}}
		r.Figures = func() (map[string]float64, error) { return s.bytesPerElement(&k) }
		rows = append(rows, r)
	}
	return rows, nil
}

func (s *suite) bytesPerElement(k *kindOfMap) (map[string]float64, error) {
	figures := map[string]float64{}
	ours, err := growth(func() (any, error) { return k.ours() })
	switch {
	case errors.Is(err, bpf.ErrUnsupported):
	case err != nil:
		return nil, err
	default:
		figures[columnNative] = ours
		if k.perCPU {
			figures[columnNative] /= float64(rtlib.PossibleCPU())
		}
	}
	if k.inGo != nil {
		if figures[goHand], err = growth(func() (any, error) { return k.inGo(), nil }); err != nil {
			return nil, err
		}
	}
	if s.peers.missing[kernel] == "" {
		figures[kernel], err = k.inKernel()
	}
	return figures, err
}

// growth is by how many bytes an element the process grows.
func growth(build func() (any, error)) (float64, error) {
	before, err := resident()
	if err != nil {
		return 0, err
	}
	held, err := build()
	if err != nil {
		return 0, err
	}
	after, err := resident()
	runtime.KeepAlive(held)
	if m, ok := held.(*rtlib.Map); ok {
		err = errors.Join(err, m.Close())
	}
	return float64(after-before) / elements, err
}

// resident is the size of the resident set in bytes, after everything that is
// free was given back.
func resident() (int64, error) {
	// Twice: what the first collection finds to be closed is free in the second.
	debug.FreeOSMemory()
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		// Elsewhere: what Go's allocator has. Maps outside of it are not seen.
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc), nil
	}
	var size, pages int64
	_, err = fmt.Sscan(string(text), &size, &pages)
	return pages * int64(os.Getpagesize()), err
}

// ours makes and fills a map of rtlib's.
func (k *kindOfMap) ours() (*rtlib.Map, error) {
	m, err := rtlib.NewMap(k.spec)
	if err != nil {
		return nil, err
	}
	find := finder(func(string) (putter, error) { return put(m), nil })
	return m, find.fill(k.label, elements, k.entry)
}

// inKernel is what the kernel accounts for a map that it made and filled.
func (k *kindOfMap) inKernel() (float64, error) {
	m, err := ebpf.NewMap(&ebpf.MapSpec{
		Type: ebpf.MapType(k.spec.Type), KeySize: k.spec.KeySize, ValueSize: k.spec.ValueSize,
		MaxEntries: k.spec.MaxEntries, Flags: k.spec.Flags,
	})
	if err != nil {
		return 0, err
	}
	defer func() { _ = m.Close() }()
	find := finder(func(string) (putter, error) { return putInKernel(m), nil })
	if err := find.fill(k.label, elements, k.entry); err != nil {
		return 0, err
	}
	info, err := m.Info()
	if err != nil {
		return 0, err
	}
	bytes, ok := info.Memlock()
	if !ok {
		return 0, errors.New("the kernel does not say how much memory a map takes")
	}
	figure := float64(bytes) / elements
	if k.perCPU {
		cpus, err := ebpf.PossibleCPU()
		if err != nil {
			return 0, err
		}
		figure /= float64(cpus)
	}
	return figure, nil
}

func goSlice() []uint64 {
	s := make([]uint64, elements)
	for i := range s {
		s[i] = valueOf(uint32(i))
	}
	return s
}

func goMap[K comparable](key func(i uint32) K) map[K]uint64 {
	m := make(map[K]uint64, elements)
	for i := range uint32(elements) {
		m[key(i)] = valueOf(i)
	}
	return m
}

// goLRU is how Go programs write it: a map of the elements of a list.
func goLRU() any {
	type element struct {
		key   uint32
		value uint64
	}
	order, m := list.New(), make(map[uint32]*list.Element, elements)
	for i := range uint32(elements) {
		m[keyOf(i, 0)] = order.PushFront(&element{keyOf(i, 0), valueOf(i)})
	}
	return m
}
