package interptest

import (
	"encoding/binary"
	"net/netip"
	"os"
	"slices"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/event"
	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/oracle"
	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/traffic"
	"github.com/bpf2go-native/bpf2go-native/frontend/elf"
	"github.com/bpf2go-native/bpf2go-native/internal/interp"
)

// TestInterpreter runs every packet of the capture in the reference
// interpreter and compares verdicts, counters and events with the oracle.
func TestInterpreter(t *testing.T) {
	const name = "../xdpfirewall.o"
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	obj, err := elf.Load(data, name, elf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := interp.New(obj, interp.Options{Steady: true})
	if err != nil {
		t.Fatal(err)
	}
	mix := traffic.Generate(1, traffic.Packets)
	fill(t, m, mix.Lists)
	o := oracle.New(mix.Lists.Block, mix.Lists.Allow, mix.Lists.TCP, mix.Lists.UDP)
	var drops []oracle.Drop
	for i, p := range mix.Packets {
		want, rule := o.Run(p)
		got, err := m.Run(obj.Programs[0], interp.Input{Data: p})
		if err != nil {
			t.Fatalf("packet %d of %d bytes: %+v", i, len(p), err)
		}
		if got.R0 != uint64(want) {
			t.Fatalf("packet %d: got verdict %d, want %d (%v)\n% x", i, got.R0, want, rule, p)
		}
		if i%1000 == 0 {
			drops = dropped(t, m, drops)
		}
	}
	if drops = dropped(t, m, drops); !slices.Equal(drops, o.Drops) {
		t.Errorf("the %d drops in the ring are not the oracle's %d", len(drops), len(o.Drops))
	}
	for rule, want := range o.Counters {
		value, err := m.Map("counters").Lookup(binary.LittleEndian.AppendUint32(nil, uint32(rule)))
		if err != nil {
			t.Fatal(err)
		}
		if got := binary.LittleEndian.Uint64(value); got != want {
			t.Errorf("counter %v: got %d, want %d", oracle.Rule(rule), got, want)
		}
	}
}

// dropped takes the drops out of the ring.
func dropped(t *testing.T, m *interp.Machine, drops []oracle.Drop) []oracle.Drop {
	t.Helper()
	for _, pair := range m.Map("drops").Dump() {
		drop, err := event.Parse(pair[1])
		if err != nil {
			t.Fatal(err)
		}
		drops = append(drops, drop)
	}
	return drops
}

func fill(t *testing.T, m *interp.Machine, l traffic.Lists) {
	t.Helper()
	put := func(name string, key, value []byte) {
		if err := m.Map(name).Update(key, value, 0); err != nil {
			t.Fatalf("%s[% x]: %v", name, key, err)
		}
	}
	for value, list := range [][]netip.Prefix{l.Allow, l.Block} {
		for _, network := range list {
			name := "networks_v6"
			if network.Addr().Is4() {
				name = "networks_v4"
			}
			key := binary.LittleEndian.AppendUint32(nil, uint32(network.Bits()))
			put(name, append(key, network.Addr().AsSlice()...), []byte{byte(value), 0, 0, 0})
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
		put("blocked_ports", binary.LittleEndian.AppendUint32(nil, uint32(port)), []byte{flag})
	}
}
