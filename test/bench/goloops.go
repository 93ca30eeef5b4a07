package main

import (
	"encoding/binary"
	"time"

	"github.com/bpf2go-native/bpf2go-native/test/bench/measure"
)

// The loops of array.bpf.c and hash.bpf.c as Go over slices and Go's maps.

// goMaps are tables with 1<<bits entries.
type goMaps struct {
	shift  int
	array  []uint64
	hash4  map[uint32]uint64
	hash16 map[key16]uint64
	hash64 map[key64]uint64
}

func newGoMaps(bits int) *goMaps {
	n := 1 << bits
	m := &goMaps{
		shift:  32 - bits,
		array:  make([]uint64, n),
		hash4:  make(map[uint32]uint64, n),
		hash16: make(map[key16]uint64, n),
		hash64: make(map[key64]uint64, n),
	}
	for i := range uint32(n) {
		m.array[i] = valueOf(i)
		m.hash4[keyOf(i, 0)] = valueOf(i)
		if bits == entryBits {
			m.hash16[key16Of(i, 0)] = valueOf(i)
			m.hash64[key64Of(i, 0)] = valueOf(i)
		}
	}
	return m
}

// loops returns the functions by the name of the program that they match. Each
// takes a packet; they are called through this table, so inputs are opaque.
func (m *goMaps) loops() map[string]func(packet []byte) uint32 {
	return map[string]func([]byte) uint32{
		"helper_base":   m.arrayBase,
		"helper":        m.helper,
		"array_base":    m.arrayBase,
		"array_lookup":  m.arrayLookup,
		"array_update":  m.arrayUpdate,
		"hash4_base":    m.base4,
		"hash4_lookup":  func(p []byte) uint32 { return m.lookup4(p, 0) },
		"hash4_absent":  func(p []byte) uint32 { return m.lookup4(p, 1) },
		"hash4_update":  m.update4,
		"hash4_mix":     m.mix4,
		"hash4_replace": m.replace4,
		"hash16_base":   m.base16,
		"hash16_lookup": func(p []byte) uint32 { return m.lookup16(p, 0) },
		"hash16_absent": func(p []byte) uint32 { return m.lookup16(p, 1) },
		"hash16_update": m.update16,
		"hash64_base":   m.base64,
		"hash64_lookup": func(p []byte) uint32 { return m.lookup64(p, 0) },
		"hash64_absent": func(p []byte) uint32 { return m.lookup64(p, 1) },
		"hash64_update": m.update64,
	}
}

// inGo returns the engine of a Go function.
func inGo(column string, f, base func([]byte) uint32, inputs [][]byte) measure.Engine {
	timer := func(f func([]byte) uint32) measure.Timer {
		return func(n int) (time.Duration, error) {
			start := measure.Now()
			for k := 0; n > 0; n-- {
				f(inputs[k])
				if k++; k == len(inputs) {
					k = 0
				}
			}
			return measure.Now() - start, nil
		}
	}
	e := measure.Engine{Name: column, Run: timer(f), Check: func() (uint32, error) {
		sum := uint32(0)
		for _, in := range fresh(inputs) {
			sum += f(in)
		}
		return sum, nil
	}}
	if base != nil {
		e.Base = timer(base)
	}
	return e
}

//go:noinline
func goEmpty([]byte) uint32 { return 2 }

func first(p []byte) uint32 { return binary.LittleEndian.Uint32(p) }

// save stores where the next run with the packet goes on.
func save(p []byte, x uint32) { binary.LittleEndian.PutUint32(p, x) }

//go:noinline
func goProcessorID() uint32 { return 0 }

func (m *goMaps) helper(p []byte) (sum uint32) {
	x := first(p)
	for range opsPerRun {
		sum += x>>m.shift + goProcessorID()>>31
		x += weyl
	}
	save(p, x)
	return sum
}

func (m *goMaps) arrayBase(p []byte) (sum uint32) {
	x := first(p)
	for range opsPerRun {
		sum += x >> m.shift
		x += weyl
	}
	save(p, x)
	return sum
}

func (m *goMaps) arrayLookup(p []byte) (sum uint32) {
	x := first(p)
	for range opsPerRun {
		if key := x >> m.shift; int(key) < len(m.array) {
			sum += uint32(m.array[key])
		}
		x += weyl
	}
	save(p, x)
	return sum
}

func (m *goMaps) arrayUpdate(p []byte) (sum uint32) {
	x := first(p)
	for range opsPerRun {
		key := x >> m.shift
		if int(key) < len(m.array) {
			m.array[key] = valueOf(key)
		}
		sum += key
		x += weyl
	}
	save(p, x)
	return sum
}
