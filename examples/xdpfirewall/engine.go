package main

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/gobody"
	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/handwritten"
	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/oracle"
	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/traffic"
	"github.com/bpf2go-native/bpf2go-native/rtlib/ebpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib/ebpf/ringbuf"
)

// input is what every engine gets and what it must give.
type input struct {
	mix      *traffic.Mix
	verdicts []uint32
	counters []uint64
	drops    []oracle.Drop
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
	o := oracle.New(m.Lists.Block, m.Lists.Allow, m.Lists.TCP, m.Lists.UDP)
	for _, p := range packets {
		v, _ := o.Run(p)
		in.verdicts = append(in.verdicts, uint32(v))
	}
	in.counters, in.drops = o.Counters[:], o.Drops
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
	counters func() ([]uint64, error) // by rule, and the drops that were lost
	drops    *ringbuf.Reader
	result   result
	ns       []float64 // per packet, one for each round
}

// result is what a run of all packets gave.
type result struct {
	wrong          int // verdicts, counters and events that differ from the oracle's
	received, lost int // drops in the ring, drops that it had no room for
}

// maps are the maps of an object, native or Go body.
type maps struct {
	v4, v6, ports, counters, drops *ebpf.Map
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
		maps{native.NetworksV4, native.NetworksV6, native.BlockedPorts, native.Counters, native.Drops})
	if err != nil {
		return nil, err
	}
	runBody, err := bodyRun(&body)
	if err != nil {
		return nil, err
	}
	second, err := objectEngine("Go body", body.Xdpfirewall, runBody, in,
		maps{body.NetworksV4, body.NetworksV6, body.BlockedPorts, body.Counters, body.Drops})
	if err != nil {
		return nil, err
	}
	hand, err := handEngine(in)
	return []*engine{first, second, hand}, err
}

// handEngine is the firewall written by hand.
func handEngine(in *input) (*engine, error) {
	l := in.mix.Lists
	hand, err := handwritten.New(l.Block, l.Allow, l.TCP, l.UDP)
	if err != nil {
		return nil, err
	}
	reader, err := ringbuf.NewReader(hand.Drops())
	return &engine{
		name: "hand-written Go",
		run: func(packets [][]byte, verdicts []uint32) error {
			for i, p := range packets {
				verdicts[i] = hand.Run(p)
			}
			return nil
		},
		counters: func() ([]uint64, error) { return hand.Counters(), nil },
		drops:    reader,
	}, err
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
	reader, err := ringbuf.NewReader(m.drops)
	return &engine{
		name:     fmt.Sprintf("%s (%s)", name, prog.Runtime().Engine()),
		run:      run,
		counters: func() ([]uint64, error) { return sums(m.counters) },
		drops:    reader,
	}, err
}

// sums are the values of a per-CPU array, of all CPUs together.
func sums(m *ebpf.Map) ([]uint64, error) {
	total := make([]uint64, m.MaxEntries())
	for i := range total {
		var values []uint64
		if err := m.Lookup(uint32(i), &values); err != nil {
			return nil, err
		}
		for _, value := range values {
			total[i] += value
		}
	}
	return total, nil
}

// prefixKey is struct prefix_v4 or struct prefix_v6 of C.
func prefixKey(network netip.Prefix) []byte {
	key := binary.LittleEndian.AppendUint32(nil, uint32(network.Bits()))
	return append(key, network.Addr().AsSlice()...)
}

// fill puts the lists into the maps.
func fill(m maps, l traffic.Lists) error {
	for value, list := range [][]netip.Prefix{l.Allow, l.Block} { // enum network
		for _, network := range list {
			to := m.v6
			if network.Addr().Is4() {
				to = m.v4
			}
			if err := to.Put(prefixKey(network), uint32(value)); err != nil {
				return err
			}
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

// check runs every packet once, while the drops are read, and counts what differs
// from the oracle.
func check(e *engine, in *input) (r result, err error) {
	verdicts := make([]uint32, len(in.mix.Packets))
	before, err := e.counters()
	if err != nil {
		return r, err
	}
	events := collect(e.drops)
	if err := e.run(in.mix.Packets, verdicts); err != nil {
		return r, err
	}
	drops, err := events.finish()
	if err != nil {
		return r, err
	}
	after, err := e.counters()
	if err != nil {
		return r, err
	}
	for i, v := range verdicts {
		if v != in.verdicts[i] {
			r.wrong++
		}
	}
	for i, want := range in.counters {
		if after[i]-before[i] != want {
			r.wrong++
		}
	}
	lost, wrong := missing(drops, in.drops)
	r.received, r.lost = len(drops), int(after[oracle.RuleCount]-before[oracle.RuleCount])
	if r.wrong += wrong; lost != r.lost {
		r.wrong++
	}
	return r, nil
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
				if err := drain(engines[i].drops); err != nil {
					return err
				}
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
