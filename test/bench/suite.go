package main

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/test/bench/measure"
)

// suite builds the rows of the table.
type suite struct {
	peers *peers
	ours  *generated
	goMap *goMaps
}

// group is a part of the table.
type group struct {
	name string
	rows func(*suite) ([]measure.Row, error)
	// mean, when it has a name, sums the rows up.
	mean measure.Row
}

func groups() []group {
	vsC := []string{clang, gcc}
	return []group{
		{name: "calls, ns", rows: (*suite).calls},
		{name: "maps, ns per operation", rows: (*suite).maps},
		{
			name: "programs, ns per run", rows: (*suite).algorithms,
			mean: measure.Row{Name: "geometric mean", Goal: measure.Goal{Max: 1.4, Against: vsC, Label: "C"}},
		},
		{name: "xdpfirewall, ns per packet", rows: (*suite).firewall},
	}
}

// calls are the prices of entering a program and of a helper. The first row has
// the goal; it allocates nothing, or the bench fails.
func (s *suite) calls() ([]measure.Row, error) {
	inputs := seeds()
	var rows []measure.Row
	for i, b := range bareCalls() {
		engines, err := s.ours.bare(b.by, inputs[0])
		if err != nil {
			return nil, err
		}
		if i == 0 {
			for _, column := range []string{clang, gcc} {
				engines = append(engines, s.peers.inC(column, "empty", "", inputs[:1]))
			}
			engines = append(engines, inGo(goHand, goEmpty, nil, inputs[:1]))
		}
		for column, f := range b.by {
			if err := allocations(f, s.ours, inputs[0]); err != nil {
				return nil, fmt.Errorf("%s, %s: %w", b.label, column, err)
			}
		}
		rows = append(rows, measure.Row{Name: b.label, Ops: 1, Engines: engines})
	}
	rows[0].Goal = measure.Goal{Max: 3.5}
	helper, err := s.row("helper call", program{callsObject, "helper", "helper_base"}, inputs, opsPerRun)
	if err != nil {
		return nil, err
	}
	helper.Goal = measure.Goal{Max: 4}
	return append(rows, helper), nil
}

// maps are operations from programs, each net of its loop.
func (s *suite) maps() ([]measure.Row, error) {
	var rows []measure.Row
	for _, m := range []struct{ label, object, name, base string }{
		{"array lookup", arrayObject, "array_lookup", "array_base"},
		{"array update", arrayObject, "array_update", "array_base"},
		{"hash lookup, 4 B", hashObject, "hash4_lookup", "hash4_base"},
		{"hash lookup, 4 B, absent", hashObject, "hash4_absent", "hash4_base"},
		{"hash update, 4 B", hashObject, "hash4_update", "hash4_base"},
		{"hash delete + insert, 4 B", hashObject, "hash4_replace", "hash4_base"},
		{"hash lookup, 16 B", hashObject, "hash16_lookup", "hash16_base"},
		{"hash lookup, 16 B, absent", hashObject, "hash16_absent", "hash16_base"},
		{"hash update, 16 B", hashObject, "hash16_update", "hash16_base"},
	} {
		r, err := s.row(m.label, program{m.object, m.name, m.base}, seeds(), opsPerRun)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// row makes a row of one of our own XDP programs. Engines that have no function
// of that name stay empty.
func (s *suite) row(label string, prog program, inputs [][]byte, ops int) (measure.Row, error) {
	inKernel, err := s.peers.inKernel(prog, inputs)
	if err != nil {
		return measure.Row{}, fmt.Errorf("%s, kernel: %w", label, err)
	}
	r := measure.Row{Name: label, Ops: ops}
	if r.Engines, err = s.ours.engines(prog, inputs); err != nil {
		return r, err
	}
	loops := s.goMap.loops()
	if f := loops[prog.name]; f != nil {
		r.Engines = append(r.Engines,
			s.peers.inC(clang, prog.name, prog.base, inputs),
			s.peers.inC(gcc, prog.name, prog.base, inputs),
			inGo(goHand, f, loops[prog.base], inputs))
	}
	r.Engines = append(r.Engines, inKernel)
	return r, nil
}

// algorithms are the programs of testdata: raw forms here, the XDP form in the
// kernel.
func (s *suite) algorithms() ([]measure.Row, error) {
	var rows []measure.Row
	for _, a := range []struct {
		name             string
		low, high, limit int // length in bytes and number of inputs
	}{
		{"checksum", 1500, 1500, 1},
		{"hash", 64, 96, 8},
		{"classifier", 60, 256, 64},
		{"memuser", 80, 96, 8},
		{"subprogs", 40, 64, 8},
		{"loops", 40, 64, 8},
	} {
		inputs, err := vectors(s.peers.root, a.name, a.low, a.high, a.limit)
		if err != nil {
			return nil, err
		}
		raw := program{object: "testdata/" + a.name + ".o", name: a.name}
		xdp := program{object: "testdata/" + a.name + "_xdp.o", name: a.name + "_xdp"}
		inKernel, err := s.peers.inKernel(xdp, inputs)
		if err != nil {
			return nil, fmt.Errorf("%s, kernel: %w", a.name, err)
		}
		r := measure.Row{Name: a.name, Ops: 1}
		if r.Engines, err = s.ours.engines(raw, inputs); err != nil {
			return nil, err
		}
		// The mean decides the goal; a single row shows its score only.
		r.Against = []string{clang, gcc}
		r.Engines = append(r.Engines,
			s.peers.inC(clang, a.name, "", inputs), s.peers.inC(gcc, a.name, "", inputs), inKernel)
		rows = append(rows, r)
	}
	return rows, nil
}
