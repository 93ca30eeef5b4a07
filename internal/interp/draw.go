package interp

import (
	"math/rand/v2"

	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// Draw makes a random input for programs of a hook: a packet that often looks
// like one, of which not all may be reachable, metadata where the hook has
// some, and context fields that are often small. Equal sources give equal
// inputs.
func Draw(rng *rand.Rand, hook *table.Hook) Input {
	return draw(rng, hook, nil)
}

// DrawFor is Draw for a program: lengths and context fields are often near
// its constants.
func DrawFor(rng *rand.Rand, prog *frontend.Program) Input {
	return draw(rng, prog.Hook, constantsOf(prog))
}

func draw(rng *rand.Rand, hook *table.Hook, constants []uint64) Input {
	in := Input{Ctx: make([]uint64, contextSlots(hook))}
	for k := range in.Ctx {
		in.Ctx[k] = rng.Uint64() >> rng.UintN(64)
		if rng.IntN(2) == 0 {
			in.Ctx[k] = near(rng, constants)
		}
	}
	size := drawSize(rng, constants)
	if hook.Memory {
		in.Data = randomBytes(rng, hook.MinLen+size)
		return in
	}
	all := randomPacket(rng, size)
	in.Data = all
	for k := range hook.Fields {
		switch f := &hook.Fields[k]; {
		case f.Kind == table.FieldDataMeta:
			in.Meta = randomBytes(rng, 4*rng.IntN(5))
		case f.Kind == table.FieldScalar && f.Name == "len":
			in.Ctx[f.Slot] = uint64(len(all))
		case f.Kind == table.FieldScalar && f.Name == "protocol" && len(all) >= ethernetSize:
			in.Ctx[f.Slot] = uint64(all[12]) | uint64(all[13])<<8
		}
	}
	if rng.IntN(2) == 0 {
		cut := rng.IntN(len(all) + 1)
		in.Data, in.Tail = all[:cut:cut], all[cut:]
	}
	return in
}

// drawSize is the size of a packet: often near a constant, else small.
func drawSize(rng *rand.Rand, constants []uint64) int {
	const large = 2000
	var sizes []int
	for _, n := range constants {
		if n > 1 && n < large {
			sizes = append(sizes, int(n))
		}
	}
	if len(sizes) > 0 && rng.IntN(2) == 0 {
		return sizes[rng.IntN(len(sizes))] + rng.IntN(3) - 1
	}
	return rng.IntN([]int{20, 64, 160}[rng.IntN(3)])
}

// contextSlots is how many numbers the scalar fields of a hook are, at most
// 512: what is behind them is 0.
func contextSlots(hook *table.Hook) int {
	slots := 0
	for k := range hook.Fields {
		if f := &hook.Fields[k]; f.Kind == table.FieldScalar {
			slots = max(slots, f.Slot+(f.Size+7)/8)
		}
	}
	return min(slots, 512)
}

// randomBytes are often small.
func randomBytes(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for k := range b {
		b[k] = byte(rng.Uint32() >> rng.UintN(32))
	}
	return b
}

// randomPacket is mostly an Ethernet frame with up to three VLAN tags and the
// start of IPv4 or IPv6 behind them.
func randomPacket(rng *rand.Rand, size int) []byte {
	b := randomBytes(rng, size)
	if rng.IntN(16) == 0 {
		b = append(b, randomBytes(rng, rng.IntN(1500))...)
	}
	if rng.IntN(4) == 0 {
		return b
	}
	set := func(at int, v ...byte) {
		if at < len(b) {
			copy(b[at:], v)
		}
	}
	at := 12
	for range max(0, rng.IntN(6)-2) {
		set(at, [][]byte{{0x81, 0}, {0x88, 0xa8}}[rng.IntN(2)]...)
		at += 4
	}
	switch rng.IntN(4) {
	case 0:
		set(at, 0x86, 0xdd, 0x60)
		set(at+8, []byte{6, 17, 58, 0, 43, 44}[rng.IntN(6)])
	case 1:
		set(at, 8, 6)
	default:
		set(at, 8, 0, 0x45+byte(rng.IntN(3)))
		set(at+4, byte(rng.IntN(2)), byte(rng.IntN(256)))
		set(at+8, byte(rng.IntN(2)<<5), 0)
		set(at+11, []byte{6, 17, 1, 4, 47}[rng.IntN(5)])
	}
	return b
}
