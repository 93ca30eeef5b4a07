package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/gobody"
	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/handwritten"
	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/oracle"
	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/traffic"
	"github.com/bpf2go-native/bpf2go-native/rtlib/ebpf"
)

// input is what every engine gets and what it must give.
type input struct {
	mix      *traffic.Mix
	verdicts []uint32
	counters []uint64
}

// load makes n packets, sends them through a pcap file as a capture would
// come, and asks the oracle.
func load(seed uint64, n int) (*input, error) {
	m := traffic.Generate(seed, n)
	packets, err := throughPcap(m.Packets)
	if err != nil {
		return nil, err
	}
	in := &input{mix: &traffic.Mix{Lists: m.Lists, Packets: packets}}
	o := oracle.New(m.Lists.SourcesV4, m.Lists.SourcesV6, m.Lists.TCP, m.Lists.UDP)
	for _, p := range packets {
		v, _ := o.Run(p)
		in.verdicts = append(in.verdicts, uint32(v))
	}
	in.counters = o.Counters[:]
	return in, nil
}

// throughPcap writes the packets to a file and reads them again.
func throughPcap(packets [][]byte) (read [][]byte, err error) {
	dir, err := os.MkdirTemp("", "xdpfirewall")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	name := filepath.Join(dir, "traffic.pcap")
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	if err := traffic.WritePcap(f, packets); err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	if f, err = os.Open(name); err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // opened for reading
	return traffic.ReadPcap(f)
}

// engine is one way to run the firewall.
type engine struct {
	name     string
	run      func(packets [][]byte, verdicts []uint32) error
	counters func() ([]uint64, error)
	wrong    int
	ns       []float64 // per packet, one for each round
}

// maps are the maps of an object, native or Go body.
type maps struct {
	v4, v6, ports, counters *ebpf.Map
}

func newEngines(in *input) ([]*engine, error) {
	var native firewallObjects
	if err := loadFirewallObjects(&native, nil); err != nil {
		return nil, err
	}
	var body gobody.FirewallObjects
	if err := gobody.LoadFirewallObjects(&body, nil); err != nil {
		return nil, err
	}
	runNative, err := nativeRun(&native)
	if err != nil {
		return nil, err
	}
	first, err := objectEngine("native", native.Xdpfirewall, runNative, in,
		maps{native.BlockedV4, native.BlockedV6, native.BlockedPorts, native.Counters})
	if err != nil {
		return nil, err
	}
	runBody, err := bodyRun(&body)
	if err != nil {
		return nil, err
	}
	second, err := objectEngine("Go body", body.Xdpfirewall, runBody, in,
		maps{body.BlockedV4, body.BlockedV6, body.BlockedPorts, body.Counters})
	if err != nil {
		return nil, err
	}
	l := in.mix.Lists
	hand, err := handwritten.New(l.SourcesV4, l.SourcesV6, l.TCP, l.UDP)
	if err != nil {
		return nil, err
	}
	return []*engine{first, second, {
		name: "hand-written Go",
		run: func(packets [][]byte, verdicts []uint32) error {
			for i, p := range packets {
				verdicts[i] = hand.Run(p)
			}
			return nil
		},
		counters: func() ([]uint64, error) { return hand.Counters(), nil },
	}}, nil
}

// nativeRun runs the machine code on a Frame of its own, packet by packet, by
// the fastest call. Each program has a type for that.
func nativeRun(objs *firewallObjects) (func([][]byte, []uint32) error, error) {
	fr, err := objs.Xdpfirewall.NewFrame()
	if err != nil {
		return nil, err
	}
	run, err := objs.BindXdpfirewall(fr)
	return func(packets [][]byte, verdicts []uint32) (err error) {
		for i, packet := range packets {
			if verdicts[i], err = run.Packet(packet).Run(); err != nil {
				return err
			}
		}
		return nil
	}, err
}

// bodyRun is nativeRun of the Go body.
func bodyRun(objs *gobody.FirewallObjects) (func([][]byte, []uint32) error, error) {
	fr, err := objs.Xdpfirewall.NewFrame()
	if err != nil {
		return nil, err
	}
	run, err := objs.BindXdpfirewall(fr)
	return func(packets [][]byte, verdicts []uint32) (err error) {
		for i, packet := range packets {
			if verdicts[i], err = run.Packet(packet).Run(); err != nil {
				return err
			}
		}
		return nil
	}, err
}

// objectEngine is a compiled program with its maps.
func objectEngine(name string, prog *ebpf.Program, run func([][]byte, []uint32) error, in *input, m maps) (*engine, error) {
	if err := fill(m, in.mix.Lists); err != nil {
		return nil, err
	}
	return &engine{
		name: fmt.Sprintf("%s (%s)", name, prog.Runtime().Engine()),
		run:  run,
		counters: func() ([]uint64, error) {
			values := make([]uint64, m.counters.MaxEntries())
			for i := range values {
				if err := m.counters.Lookup(uint32(i), &values[i]); err != nil {
					return nil, err
				}
			}
			return values, nil
		},
	}, nil
}

// fill puts the blocklists into the maps.
func fill(m maps, l traffic.Lists) error {
	for _, a := range l.SourcesV4 {
		if err := m.v4.Put(a, uint32(1)); err != nil {
			return err
		}
	}
	for _, a := range l.SourcesV6 {
		if err := m.v6.Put(a, uint32(1)); err != nil {
			return err
		}
	}
	flags := map[uint16]uint8{}
	for _, p := range l.TCP {
		flags[p] |= 1
	}
	for _, p := range l.UDP {
		flags[p] |= 2
	}
	for port, flag := range flags {
		if err := m.ports.Put(uint32(port), flag); err != nil {
			return err
		}
	}
	return nil
}

// check runs every packet once and counts what differs from the oracle.
func check(e *engine, in *input) (int, error) {
	verdicts := make([]uint32, len(in.mix.Packets))
	before, err := e.counters()
	if err != nil {
		return 0, err
	}
	if err := e.run(in.mix.Packets, verdicts); err != nil {
		return 0, err
	}
	after, err := e.counters()
	if err != nil {
		return 0, err
	}
	wrong := 0
	for i, v := range verdicts {
		if v != in.verdicts[i] {
			wrong++
		}
	}
	for i, want := range in.counters {
		if after[i]-before[i] != want {
			wrong++
		}
	}
	return wrong, nil
}

// The measurement goes through the capture in chunks that fit into a cache, as
// packets do that a network card has just delivered. Each engine runs each
// chunk once a round, in turns, so that noise of the machine meets all.
const (
	rounds = 11
	chunk  = 512 // packets
)

func measure(engines []*engine, in *input) error {
	verdicts := make([]uint32, chunk)
	for round := range rounds {
		total := make([]time.Duration, len(engines))
		for packets := range slices.Chunk(in.mix.Packets, chunk) {
			warm(packets)
			for i := range engines {
				i = (i + round) % len(engines)
				start := time.Now()
				if err := engines[i].run(packets, verdicts); err != nil {
					return err
				}
				total[i] += time.Since(start)
			}
		}
		for i, e := range engines {
			e.ns = append(e.ns, float64(total[i].Nanoseconds())/float64(len(in.mix.Packets)))
		}
	}
	return nil
}

// warm reads the packets, so that the first engine does not pay for the others.
func warm(packets [][]byte) (sum byte) {
	for _, p := range packets {
		for i := 0; i < len(p); i += 64 {
			sum += p[i]
		}
	}
	return sum
}

func (e *engine) median() float64 {
	s := slices.Sorted(slices.Values(e.ns))
	return s[len(s)/2]
}
