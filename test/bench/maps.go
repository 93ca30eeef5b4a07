package main

import "github.com/bpf2go-native/bpf2go-native/test/bench/measure"

// vsKernel, vsC and vsGo are goals against peers.
func vsKernel(most float64) measure.Goal {
	return measure.Goal{Max: most, Against: []string{kernel}, Label: "kernel"}
}

func vsC(most float64) measure.Goal {
	return measure.Goal{Max: most, Against: []string{clang, gcc}, Label: "C"}
}

func vsGo(most float64) measure.Goal {
	return measure.Goal{Max: most, Against: []string{goHand}, Label: "Go"}
}

// operation is a row about an operation on a map: a program that is measured net
// of its base.
type operation struct {
	label string
	prog  program
	goals []measure.Goal
}

// on is the operation of a program.
func on(label, object, name, base string, goals ...measure.Goal) operation {
	return operation{label, program{object: object, name: name, base: base}, goals}
}

// rows makes the rows of operations.
func (s *suite) rows(list []operation, ops int) ([]measure.Row, error) {
	var rows []measure.Row
	for _, o := range list {
		if !s.wanted(o.label) {
			continue
		}
		r, err := s.row(o.label, o.prog, ops)
		if err != nil {
			return nil, err
		}
		r.Goals = o.goals
		rows = append(rows, r)
	}
	return rows, nil
}

// maps are operations from programs, each net of its loop.
func (s *suite) maps() ([]measure.Row, error) {
	rows, err := s.rows(mapOperations(), opsPerRun)
	if err != nil {
		return nil, err
	}
	ring, err := s.rings()
	return append(rows, ring...), err
}

func mapOperations() []operation {
	hashLookup := []measure.Goal{vsKernel(0.35), vsGo(0.6), vsC(1.5)}
	return []operation{
		on("array lookup", arrayObject, "array_lookup", "array_base", vsKernel(1), vsC(1.1)),
		on("array update", arrayObject, "array_update", "array_base"),
		on("hash lookup, 4 B", hashObject, "hash4_lookup", "hash4_base", hashLookup...),
		on("hash lookup, 16 B", hashObject, "hash16_lookup", "hash16_base", hashLookup...),
		on("hash lookup, 64 B", hashObject, "hash64_lookup", "hash64_base", hashLookup...),
		on("hash lookup, 4 B, absent", hashObject, "hash4_absent", "hash4_base"),
		on("hash lookup, 16 B, absent", hashObject, "hash16_absent", "hash16_base"),
		on("hash lookup, 64 B, absent", hashObject, "hash64_absent", "hash64_base"),
		on("hash update, 4 B", hashObject, "hash4_update", "hash4_base", vsKernel(0.4)),
		on("hash update, 16 B", hashObject, "hash16_update", "hash16_base", vsKernel(0.4)),
		on("hash update, 64 B", hashObject, "hash64_update", "hash64_base", vsKernel(0.4)),
		on("hash 95/5, 4 B", hashObject, "hash4_mix", "hash4_base"),
		on("hash delete + insert, 4 B", hashObject, "hash4_replace", "hash4_base"),
		on("LRU lookup", lruObject, "lru_lookup", "lru_base", vsKernel(0.4)),
		on("LRU update", lruObject, "lru_update", "lru_base", vsKernel(0.35)),
		on("LRU insert that evicts", lruObject, "lru_insert", "lru_base", vsKernel(0.35)),
		on("per-CPU array lookup", percpuObject, "percpu_array_lookup", "percpu_array_base", vsKernel(1)),
		on("per-CPU array update", percpuObject, "percpu_array_update", "percpu_array_base", vsKernel(1)),
		on("per-CPU hash lookup", percpuObject, "percpu_hash_lookup", "percpu_hash_base", vsKernel(1)),
		on("per-CPU hash update", percpuObject, "percpu_hash_update", "percpu_hash_base", vsKernel(1)),
		on("LPM, 10^4 prefixes", lpmObject, "lpm_lookup", "lpm_base", vsKernel(0.5)),
		on("array in array of maps", innerObject, "inner_array_lookup", "inner_array_base", vsKernel(0.6)),
		on("hash in hash of maps", innerObject, "inner_hash_lookup", "inner_hash_base", vsKernel(0.6)),
	}
}

// bigMaps are operations on maps that fit into no cache.
func (s *suite) bigMaps() ([]measure.Row, error) {
	return s.rows([]operation{
		on("hash lookup, 4 B, 1 M", hashBigObject, "hash4_lookup", "hash4_base", vsKernel(0.7)),
		on("hash lookup, 4 B, absent, 1 M", hashBigObject, "hash4_absent", "hash4_base"),
		on("hash update, 4 B, 1 M", hashBigObject, "hash4_update", "hash4_base", vsKernel(0.7)),
		on("LRU lookup, 1 M", lruBigObject, "lru_lookup", "lru_base", vsKernel(0.7)),
		on("LRU update, 1 M", lruBigObject, "lru_update", "lru_base", vsKernel(0.7)),
		on("LRU insert that evicts, 1 M", lruBigObject, "lru_insert", "lru_base", vsKernel(0.7)),
		on("LPM, 10^6 prefixes", lpmBigObject, "lpm_lookup", "lpm_base", vsKernel(0.5)),
	}, opsPerRun)
}

// runsPerRing is how many runs fit into the ring of ring.bpf.c: records take 24
// bytes of 1 MiB.
const runsPerRing = 160

// rings are outputs to a ring that is emptied before it is full.
func (s *suite) rings() ([]measure.Row, error) {
	return s.rows([]operation{
		{"ring output", program{object: ringObject, name: "ring_output", base: "ring_base", ring: "ring", every: runsPerRing}, []measure.Goal{vsKernel(0.6)}},
		{"ring reserve + submit", program{object: ringObject, name: "ring_reserve", base: "ring_base", ring: "ring", every: runsPerRing}, []measure.Goal{vsKernel(0.6)}},
	}, opsPerRun)
}

// chain is the number of tail calls that an invocation takes.
const chain = 33

// tailCalls are single ones and chains as long as they can be, within an instance
// and from one to another, net of a run of a program that could take one.
func (s *suite) tailCalls() ([]measure.Row, error) {
	goal := []measure.Goal{{Max: 5}}
	tail := func(label, name string, crossed bool) operation {
		return operation{label, program{object: tailObject, name: name, base: "tail_base", crossed: crossed}, goal}
	}
	one, err := s.rows([]operation{
		tail("tail call", "tail_one", false),
		tail("tail call to another instance", "tail_one", true),
	}, 1)
	if err != nil {
		return nil, err
	}
	many, err := s.rows([]operation{
		tail("tail call, each of 33", "tail_chain", false),
		tail("tail call, each of 33 to another instance", "tail_chain", true),
	}, chain)
	return append(one, many...), err
}
