package main

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/handwritten"
	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/traffic"
	"github.com/bpf2go-native/bpf2go-native/test/bench/measure"
)

// firewallSeed is the seed of the example's capture.
const firewallSeed = 1

// repeated is the number of packets that the kernel is asked to repeat.
const repeated = 64

// firewall measures the example over its traffic, and against the kernel over a
// sample, since a test run repeats one packet: both sides see packets that the
// branch predictor has learnt. Nobody reads the ring of drops: it is full, and
// every drop is lost and counted, on all sides.
func (s *suite) firewall() ([]measure.Row, error) {
	m := traffic.Generate(firewallSeed, traffic.Packets)
	l := m.Lists
	prog := program{object: firewallObject, name: "xdpfirewall"}
	hand, err := handwritten.New(l.Block, l.Allow, l.TCP, l.UDP)
	if err != nil {
		return nil, err
	}
	ours, err := s.ours.engines(prog, m.Packets)
	if err != nil {
		return nil, err
	}
	all := measure.Row{
		Name: fmt.Sprintf("%d packets in turn", len(m.Packets)), Ops: 1,
		Goals:   []measure.Goal{{Max: 1.3, Against: []string{goHand}, Label: "Go"}},
		Engines: append(ours, inGo(goHand, hand.Run, nil, m.Packets)),
	}
	for i := range all.Engines {
		// A turn is the whole traffic, so that every packet counts as often.
		all.Engines[i].Calls = len(m.Packets)
	}
	some := make([][]byte, repeated)
	for i := range some {
		some[i] = m.Packets[i*len(m.Packets)/repeated]
	}
	if ours, err = s.ours.engines(prog, some); err != nil {
		return nil, err
	}
	inKernel, err := s.peers.inKernel(prog, some)
	if err != nil {
		return nil, err
	}
	sample := measure.Row{
		Name: fmt.Sprintf("%d packets in turn", repeated), Ops: 1,
		Engines: append(ours, inGo(goHand, hand.Run, nil, some), inKernel),
	}
	return []measure.Row{all, sample}, nil
}
