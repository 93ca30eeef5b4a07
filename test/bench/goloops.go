package main

import (
	"encoding/binary"
	"time"

	"github.com/bpf2go-native/bpf2go-native/test/bench/measure"
)

// The loops of array.bpf.c and hash.bpf.c as Go over slices and Go's maps.

type goMaps struct {
	array  []uint64
	hash4  map[uint32]uint64
	hash16 map[key16]uint64
}

func newGoMaps() *goMaps {
	m := &goMaps{
		array:  make([]uint64, entries),
		hash4:  make(map[uint32]uint64, entries),
		hash16: make(map[key16]uint64, entries),
	}
	for i := range uint32(entries) {
		m.array[i] = valueOf(i)
		m.hash4[keyOf(i, 0)] = valueOf(i)
		m.hash16[key16Of(i, 0)] = valueOf(i)
	}
	return m
}

// loops returns the functions by the name of the program that they match. Each
// takes a packet; they are called through this table, so inputs are opaque.
func (m *goMaps) loops() map[string]func(packet []byte) uint32 {
	return map[string]func([]byte) uint32{
		"helper_base":   goHelperBase,
		"helper":        goHelper,
		"array_base":    goArrayBase,
		"array_lookup":  m.arrayLookup,
		"array_update":  m.arrayUpdate,
		"hash4_base":    goHash4Base,
		"hash4_lookup":  func(p []byte) uint32 { return m.lookup4(p, 0) },
		"hash4_absent":  func(p []byte) uint32 { return m.lookup4(p, 1) },
		"hash4_update":  m.update4,
		"hash4_replace": m.replace4,
		"hash16_base":   goHash16Base,
		"hash16_lookup": func(p []byte) uint32 { return m.lookup16(p, 0) },
		"hash16_absent": func(p []byte) uint32 { return m.lookup16(p, 1) },
		"hash16_update": m.update16,
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
		for _, in := range inputs {
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

func goHelperBase(p []byte) (sum uint32) {
	x := first(p)
	for range opsPerRun {
		sum += x
	}
	return sum
}

func goHelper(p []byte) (sum uint32) {
	x := first(p)
	for range opsPerRun {
		sum += x + goProcessorID()>>31
	}
	return sum
}

//go:noinline
func goProcessorID() uint32 { return 0 }

func goArrayBase(p []byte) (sum uint32) {
	x := first(p)
	for range opsPerRun {
		sum += x >> 20
		x += weyl
	}
	return sum
}

func goHash4Base(p []byte) (sum uint32) {
	x := first(p)
	for range opsPerRun {
		sum += keyOf(x>>20, 0)
		x += weyl
	}
	return sum
}

func goHash16Base(p []byte) (sum uint32) {
	x := first(p)
	for range opsPerRun {
		k := key16Of(x>>20, 0)
		sum += uint32(k.Half[1] >> 32)
		x += weyl
	}
	return sum
}

func (m *goMaps) arrayLookup(p []byte) (sum uint32) {
	x := first(p)
	for range opsPerRun {
		if key := x >> 20; int(key) < len(m.array) {
			sum += uint32(m.array[key])
		}
		x += weyl
	}
	return sum
}

func (m *goMaps) arrayUpdate(p []byte) (sum uint32) {
	x := first(p)
	for range opsPerRun {
		key := x >> 20
		if int(key) < len(m.array) {
			m.array[key] = valueOf(key)
		}
		sum += key
		x += weyl
	}
	return sum
}

func (m *goMaps) lookup4(p []byte, absent uint32) (sum uint32) {
	x := first(p)
	for range opsPerRun {
		if v, ok := m.hash4[keyOf(x>>20, absent)]; ok {
			sum += uint32(v)
		}
		x += weyl
	}
	return sum
}

func (m *goMaps) lookup16(p []byte, absent uint32) (sum uint32) {
	x := first(p)
	for range opsPerRun {
		if v, ok := m.hash16[key16Of(x>>20, absent)]; ok {
			sum += uint32(v)
		}
		x += weyl
	}
	return sum
}

func (m *goMaps) update4(p []byte) (sum uint32) {
	x := first(p)
	for range opsPerRun {
		key := keyOf(x>>20, 0)
		m.hash4[key] = valueOf(x >> 20)
		sum += key
		x += weyl
	}
	return sum
}

func (m *goMaps) replace4(p []byte) (sum uint32) {
	x := first(p)
	for range opsPerRun {
		key := keyOf(x>>20, 0)
		delete(m.hash4, key)
		m.hash4[key] = valueOf(x >> 20)
		sum += key
		x += weyl
	}
	return sum
}

func (m *goMaps) update16(p []byte) (sum uint32) {
	x := first(p)
	for range opsPerRun {
		m.hash16[key16Of(x>>20, 0)] = valueOf(x >> 20)
		sum += x >> 20
		x += weyl
	}
	return sum
}
