package ir

import (
	"math"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// packet translates the legacy packet loads (RFC 9669 §5.5): r0 becomes a
// big-endian number of the packet, or of the memory of a Memory hook. Outside
// of it the function returns 0. The offset is a 32-bit sum with sign; one below
// 0 is outside. r6 holds what r1 was at entry (the verifier has seen to it), so
// the Frame has the same addresses.
func packet(t *translator, e *body, in bpf.Instruction) error {
	from := t.b
	frame := t.emit(OpFrame, 0)
	data := t.access(OpLoad64, table.RegionCtx, offData, frame)
	length := t.emit(OpSub64, 0, t.access(OpLoad64, table.RegionCtx, offDataEnd, frame), data)
	inside, at := t.within(e, in, length)
	good, bad := t.f.NewBlock(t.pc), t.f.NewBlock(t.pc)
	t.seal(good, from)
	t.seal(bad, from)
	from.branch(inside, Edge{To: good}, Edge{To: bad})
	t.at(bad)
	t.set(e, bpf.R0, t.f.Const(0))
	t.exit(e)
	t.at(good)
	g := t.f.guard(good)
	v := t.access(loads[in.Width], table.RegionPacket, 0, t.emit(OpAdd64, 0, data, at))
	v.Guard = g
	if swap := bswaps[in.Width]; swap != OpInvalid {
		v = t.emit(swap, 0, v)
	}
	t.set(e, bpf.R0, v)
	return nil
}

// within is the test that a packet load is inside of length bytes, and its
// offset.
func (t *translator) within(e *body, in bpf.Instruction, length *Value) (inside, at *Value) {
	width := uint64(in.Width)
	if in.Op == bpf.OpLdAbs {
		if in.Imm < 0 || in.Imm > math.MaxInt32 {
			return t.f.Const(0), t.f.Const(0)
		}
		at = t.f.Const(uint64(in.Imm))
		return t.likely(OpUle64, t.f.Const(uint64(in.Imm)+width), length), at
	}
	// Zero-extended, an offset below 0 is 2^31 or more: it ends behind the
	// smaller of the length and the last end that an offset can have.
	const last = math.MaxInt32
	index := t.register(e, in.Src, t.fact.Src)
	at = t.emit(OpAdd32, 0, index, t.f.Const(uint64(in.Imm)))
	most := t.f.Const(last + width)
	limit := t.emit(OpSelect, 0, t.emit(OpUlt64, 0, length, most), length, most)
	return t.likely(OpUle64, t.emit(OpAdd64, 0, at, t.f.Const(width)), limit), at
}

// likely is a condition that mostly holds.
func (t *translator) likely(op Op, args ...*Value) *Value {
	v := t.emit(op, 0, args...)
	v.Flags = FlagLikely
	return v
}
