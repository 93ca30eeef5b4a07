package interptest

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/examples/ratelimit/oracle"
	"github.com/bpf2go-native/bpf2go-native/frontend/elf"
	"github.com/bpf2go-native/bpf2go-native/internal/interp"
)

// TestInterpreter runs packets of some sources, more than the buckets are for, in
// the reference interpreter and compares verdicts and counts with the oracle.
func TestInterpreter(t *testing.T) {
	const name, cost, burst = "../ratelimit.o", 10_000_000, 20
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	obj, err := elf.Load(data, name, elf.Options{})
	if err != nil {
		t.Fatal(err)
	}
	now := uint64(1e9)
	m, err := interp.New(obj, interp.Options{Clock: func() uint64 { return now }})
	if err != nil {
		t.Fatal(err)
	}
	o, rng := oracle.New(cost, burst), rand.New(rand.NewPCG(1, 0))
	for i := range 12_000 {
		now += rng.Uint64N(100_000)
		p := packet(rng, i)
		want := o.Packet(p, now)
		got, err := m.Run(obj.Programs[0], interp.Input{Data: p})
		if err != nil {
			t.Fatalf("packet %d of %d bytes: %+v", i, len(p), err)
		}
		if drops := got.R0 == 1; drops != want.Drops() {
			t.Fatalf("packet %d: verdict %d, want %v\n% x", i, got.R0, want, p)
		}
	}
	for what, want := range o.Counts {
		value, err := m.Map("counts").Lookup(binary.LittleEndian.AppendUint32(nil, uint32(what)))
		if err != nil {
			t.Fatal(err)
		}
		if got := binary.LittleEndian.Uint64(value); got != want || want == 0 {
			t.Errorf("%v: got %d, want %d, and some", oracle.Outcome(what), got, want)
		}
	}
}

// packet makes the i-th packet: half of them are of 40 sources, half of a source
// of their own, some have none.
func packet(rng *rand.Rand, i int) []byte {
	p := make([]byte, 60)
	number := uint32(1<<16 + i)
	if i%2 == 0 {
		number = rng.Uint32N(40)
	}
	if number%2 == 0 {
		p[12], p[13], p[14] = 0x08, 0x00, 0x45
		binary.BigEndian.PutUint32(p[26:], number)
	} else {
		p[12], p[13], p[14] = 0x86, 0xdd, 0x60
		binary.BigEndian.PutUint32(p[34:], number)
	}
	switch rng.IntN(100) {
	case 0:
		p[13] = 0x06
	case 1:
		p = p[:33]
	}
	return p
}
