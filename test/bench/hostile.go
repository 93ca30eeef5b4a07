package main

import (
	"math/rand/v2"
	"time"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/test/bench/measure"
)

// Columns of the rows about keys that somebody has chosen.
const (
	chosen     = "colliding"
	random     = "random"
	chosenZero = "colliding, ZERO_SEED"
)

const (
	hostileKeys = 100_000
	// weakKeys are so many fewer for the map whose seed is known: each search
	// takes as long as there are keys.
	weakKeys = 2000
)

// collidingKeys have one hash when the seed is 0: their first half is 0, and the
// hash multiplies the halves. TestKeysCollide keeps this true.
func collidingKeys(n int) []key16 {
	keys := make([]key16, n)
	for i := range keys {
		keys[i].Half[1] = uint64(i) + 1
	}
	return keys
}

// randomKeys are what keys are when nobody has chosen them.
func randomKeys(n int) []key16 {
	keys := make([]key16, n)
	for i := range keys {
		keys[i] = key16{[2]uint64{rand.Uint64(), rand.Uint64()}}
	}
	return keys
}

// hostile compares lookups of keys that collide under the seed 0 with those of
// random keys, in maps with secret seeds.
func (s *suite) hostile() ([]measure.Row, error) {
	goal := measure.Goal{Max: 2, Against: []string{random}, Label: "random"}
	r := measure.Row{Name: "hash, 16 B, 10^5 keys", Ops: 1, Goals: []measure.Goal{goal}}
	if !s.wanted(r.Name) {
		return nil, nil
	}
	for _, c := range []struct {
		column string
		keys   []key16
		flags  uint32
	}{
		{chosen, collidingKeys(hostileKeys), 0},
		{random, randomKeys(hostileKeys), 0},
		{chosenZero, collidingKeys(weakKeys), bpf.FlagZeroSeed},
	} {
		run, err := lookups(c.keys, c.flags)
		if err != nil {
			return nil, err
		}
		r.Engines = append(r.Engines, measure.Engine{Name: c.column, Run: run})
	}
	return []measure.Row{r}, nil
}

// lookups makes a map of the keys and times lookups of them in turn.
func lookups(keys []key16, flags uint32) (measure.Timer, error) {
	m, err := rtlib.NewMap(rtlib.MapSpec{
		Name: "hash", Type: bpf.MapHash, KeySize: 16, ValueSize: 8, MaxEntries: uint32(len(keys)), Flags: flags,
	})
	if err != nil {
		return nil, err
	}
	typed, err := rtlib.NewHashMap[key16, uint64](m)
	if err != nil {
		return nil, err
	}
	for i, k := range keys {
		if err := typed.Put(k, uint64(i)); err != nil {
			return nil, err
		}
	}
	// An order that is not the one of insertion.
	order := rand.Perm(len(keys))
	next := 0
	return func(n int) (time.Duration, error) {
		start := measure.Now()
		for range n {
			typed.Get(keys[order[next]])
			if next++; next == len(order) {
				next = 0
			}
		}
		return measure.Now() - start, nil
	}, nil
}
