package main

import (
	"runtime"
	"sync"
	"time"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/rtlib/ebpf"
	"github.com/bpf2go-native/bpf2go-native/test/bench/measure"
)

// Columns of the rows about maps that Go code uses: ours, and what a Go program
// would have in their place.
const (
	typedMap  = "typed map"
	ebpfMap   = "ebpf.Map"
	lockedMap = "map + RWMutex"
	syncMap   = "sync.Map"
)

// table is a map of one of the columns.
type table struct {
	get func(key uint32) uint64
	put func(key uint32, value uint64)
}

// tables returns the maps, with the entries that programs have.
func tables() (map[string]table, error) {
	spec := rtlib.MapSpec{Name: "hash", Type: bpf.MapHash, KeySize: 4, ValueSize: 8, MaxEntries: entries}
	m, err := rtlib.NewMap(spec)
	if err != nil {
		return nil, err
	}
	typed, err := rtlib.NewHashMap[uint32, uint64](m)
	if err != nil {
		return nil, err
	}
	other, err := ebpf.NewMap(&ebpf.MapSpec{Name: "hash", Type: ebpf.Hash, KeySize: 4, ValueSize: 8, MaxEntries: entries})
	if err != nil {
		return nil, err
	}
	all := map[string]table{
		typedMap: {
			get: func(key uint32) uint64 { v, _ := typed.Get(key); return v },
			put: func(key uint32, value uint64) { _ = typed.Put(key, value) },
		},
		ebpfMap: {
			get: func(key uint32) (value uint64) { _ = other.Lookup(&key, &value); return value },
			put: func(key uint32, value uint64) { _ = other.Put(&key, &value) },
		},
		lockedMap: locked(),
		syncMap:   synced(),
	}
	for _, t := range all {
		for i := range uint32(entries) {
			t.put(keyOf(i, 0), valueOf(i))
		}
	}
	return all, nil
}

func locked() table {
	var lock sync.RWMutex
	m := make(map[uint32]uint64, entries)
	return table{
		get: func(key uint32) uint64 {
			lock.RLock()
			v := m[key]
			lock.RUnlock()
			return v
		},
		put: func(key uint32, value uint64) {
			lock.Lock()
			m[key] = value
			lock.Unlock()
		},
	}
}

func synced() table {
	var m sync.Map
	return table{
		get: func(key uint32) uint64 {
			v, _ := m.Load(key)
			n, _ := v.(uint64)
			return n
		},
		put: func(key uint32, value uint64) { m.Store(key, value) },
	}
}

// fromGo has a row for each mixture of reads and writes, with one thread and with
// two; those have the CPU time of one of them.
func (s *suite) fromGo() ([]measure.Row, error) {
	all, err := tables()
	if err != nil {
		return nil, err
	}
	var rows []measure.Row
	for _, w := range []struct {
		label string
		every int // one of so many operations is an update
	}{{"lookup", 0}, {"95/5", 20}, {"update", 1}} {
		for _, threads := range []string{alone, both} {
			r := measure.Row{Name: w.label + ", " + threads, Ops: opsPerRun}
			for _, name := range []string{typedMap, ebpfMap, lockedMap, syncMap} {
				r.Engines = append(r.Engines, goEngine(name, all[name], w.every, threads == both))
			}
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// goEngine times a map, alone or beside another thread.
func goEngine(name string, t table, every int, two bool) measure.Engine {
	timer := func() measure.Timer {
		x := uint32(0)
		return func(n int) (time.Duration, error) {
			start := measure.Now()
			for range n {
				x = t.loop(x, every)
			}
			return measure.Now() - start, nil
		}
	}
	e := measure.Engine{Name: name, Run: timer()}
	if !two {
		return e
	}
	if runtime.GOMAXPROCS(0) < 2 {
		return measure.Engine{Name: name, Missing: "one processor"}
	}
	e.Run = beside(e.Run, timer())
	return e
}

// loop does opsPerRun operations from x on; every n-th is an update, none when n
// is 0.
func (t table) loop(x uint32, every int) uint32 {
	left, sum := every, uint64(0)
	for range opsPerRun {
		index := x >> (32 - entryBits)
		if left--; left == 0 {
			left = every
			t.put(keyOf(index, 0), valueOf(index))
		} else {
			sum += t.get(keyOf(index, 0))
		}
		x += weyl
	}
	if sum == 1 {
		return x + 1 // never: what is read is used
	}
	return x
}
