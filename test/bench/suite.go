package main

import (
	"fmt"
	"regexp"

	"github.com/bpf2go-native/bpf2go-native/test/bench/measure"
)

// suite builds the rows of the table.
type suite struct {
	peers  *peers
	ours   *generated
	goMaps map[int]*goMaps // by the bits of their indices
	match  *regexp.Regexp
	group  string // whose rows are made
}

// wanted reports whether a row is to be measured. To make it may take long: maps
// are filled.
func (s *suite) wanted(label string) bool { return s.match.MatchString(s.group + " " + label) }

// goLoops are the loops over Go's maps that have as many entries as those of the
// object.
func (s *suite) goLoops(object string) map[string]func([]byte) uint32 {
	bits := bitsOf(object)
	if s.goMaps[bits] == nil {
		s.goMaps[bits] = newGoMaps(bits)
	}
	return s.goMaps[bits].loops()
}

// group is a part of the table.
type group struct {
	name string
	rows func(*suite) ([]measure.Row, error)
	maps bool // part of the selection of maps
	// mean, when it has a name, sums the rows up.
	mean mean
}

// mean is a row that sums up a group.
type mean struct {
	name string
	goal measure.Goal
}

func groups() []group {
	return []group{
		{name: "calls, ns", rows: (*suite).calls},
		{name: "tail calls, ns each", rows: (*suite).tailCalls, maps: true},
		{name: "maps of 4,096 entries, ns per operation", rows: (*suite).maps, maps: true},
		{name: "maps of a million entries, ns per operation", rows: (*suite).bigMaps, maps: true},
		{name: "CPU time of a thread beside a second one, ns per operation and loop", rows: (*suite).threads, maps: true},
		{name: "from Go, 4,096 entries, ns per operation", rows: (*suite).fromGo, maps: true},
		{name: "keys that collide under seed 0, ns per lookup", rows: (*suite).hostile, maps: true},
		{name: "memory, bytes per element", rows: (*suite).memory, maps: true},
		{
			name: "programs, ns per run", rows: (*suite).algorithms,
			mean: mean{"geometric mean", measure.Goal{Max: 1.4, Against: []string{clang, gcc}, Label: "C"}},
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
	rows[0].Goals = []measure.Goal{{Max: 3.5}}
	helper, err := s.row("helper call", program{object: callsObject, name: "helper", base: "helper_base"}, opsPerRun)
	if err != nil {
		return nil, err
	}
	helper.Goals = []measure.Goal{{Max: 4}}
	return append(rows, helper), nil
}

// row makes a row of one of our own XDP programs. Engines that have no function
// of that name stay empty.
func (s *suite) row(label string, prog program, ops int) (measure.Row, error) {
	inputs := seeds()
	inKernel, err := s.peers.inKernel(prog, inputs)
	if err != nil {
		return measure.Row{}, fmt.Errorf("%s, kernel: %w", label, err)
	}
	r := measure.Row{Name: label, Ops: ops}
	if r.Engines, err = s.ours.engines(prog, inputs); err != nil {
		return r, err
	}
	if hasPeers(prog) {
		loops, prefix := s.goLoops(prog.object), ""
		if bitsOf(prog.object) != entryBits {
			prefix = "big_"
		}
		r.Engines = append(r.Engines,
			s.peers.inC(clang, prefix+prog.name, prefix+prog.base, inputs),
			s.peers.inC(gcc, prefix+prog.name, prefix+prog.base, inputs),
			inGo(goHand, loops[prog.name], loops[prog.base], inputs))
	}
	r.Engines = append(r.Engines, inKernel)
	return r, nil
}

// hasPeers reports whether C and Go do the same as the program.
func hasPeers(prog program) bool {
	switch prog.object {
	case callsObject, arrayObject, hashObject, hashBigObject:
		return true
	}
	return false
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
