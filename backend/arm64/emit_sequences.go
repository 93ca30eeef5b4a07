package arm64

import (
	"fmt"
	"math/bits"

	"github.com/twitchyliquid64/golang-asm/obj"

	"github.com/bpf2go-native/bpf2go-native/backend"
)

// constant makes a number: one instruction when it is 0, a run of ones, or 16
// bits in zeroes or ones, else up to four.
func (e *emitter) constant(x int64, dst reg) {
	d := regArg(dst)
	low, high := x&0xffff, x>>16&0xffff
	switch {
	case x == 0:
		e.op("MOVD", termArg(0), d)
	case x>>32 == 0 && low == 0xffff: // in 32 bits the others are ones
		e.op("MOVNW", immArg((high^0xffff)<<16), d)
	case x>>32 == 0 && high == 0xffff:
		e.op("MOVNW", immArg(low^0xffff), d)
	case x>>32 == 0 && low != 0 && high != 0 && logicImm(uint64(x), false):
		e.op("ORRW", maskArg(x, false), regArg(ZR), d)
	default:
		e.op("MOVD", immArg(x), d).size = 16
	}
}

// slot returns the operand for spill slot i. The address of one that is too
// far goes to R27.
func (e *emitter) slot(i int64) arg {
	disp := int64(e.f.SlotOffset(i))
	if !encodable(disp, 8) {
		e.constant(disp, R27)
		e.op("ADD", extArg(R27, extUXTX), regArg(RSP), regArg(R27))
		return e.memArg(addr{Base: R27})
	}
	return e.memArg(addr{Base: RSP, Disp: int32(disp)})
}

// reach bounds the displacements of STP: multiples of 8 from -reach to below
// reach.
const reach = 512

// zero clears in.Imm bytes at in.Mem. A place that the stores cannot name goes
// to R16.
func (e *emitter) zero(in *instr) {
	m, n := in.Mem, int(in.Imm)
	near := m.Disp%8 == 0 && m.Disp >= -reach && int(m.Disp)+n <= reach
	if n < 16 {
		near = m.Disp%8 == 0 && m.Disp >= 0 && m.Disp < 4096-16
	}
	if !near {
		e.zeroBase(m)
		m = addr{Base: R16}
	}
	for ; n >= 16; n -= 16 {
		if m.Disp == reach {
			e.op("ADD", immArg(reach), regArg(m.Base), regArg(R16))
			m = addr{Base: R16}
		}
		to := e.memArg(m)
		p := e.prog("STP")
		p.From.Type, p.From.Reg, p.From.Offset = obj.TYPE_REGREG, regNumbers[ZR], int64(regNumbers[ZR])
		p.To = to.a
		e.add("STP (ZR, ZR), "+to.text, p, 4)
		m.Disp += 16
	}
	for _, step := range []struct {
		size int
		name string
	}{{8, "MOVD"}, {4, "MOVW"}, {2, "MOVH"}, {1, "MOVB"}} {
		if n >= step.size {
			e.op(step.name, regArg(ZR), e.memArg(m))
			m.Disp += int32(step.size)
			n -= step.size
		}
	}
}

// zeroBase puts the address of m into R16.
func (e *emitter) zeroBase(m addr) {
	name, disp := "ADD", int64(m.Disp)
	if disp < 0 {
		name, disp = "SUB", -disp
	}
	if addImm(disp) {
		e.op(name, immArg(disp), regArg(m.Base), regArg(R16))
		return
	}
	e.constant(int64(m.Disp), R16)
	e.op("ADD", regArg(R16), regArg(m.Base), regArg(R16))
}

// atomic encodes a loop of exclusive accesses. Those that give a value order
// all accesses around them, as the kernel's do, hence the barrier.
//
//	again: LDAXR (Mem), old
//	       OP    B, old, R16          CAS: EOR B, old, R16; CBNZ R16, done
//	       STLXR R16, (Mem), R17
//	       CBNZW R17, again
//	done:  DMB   ISH
func (e *emitter) atomic(in *instr, row *backend.OpInfo) {
	width := ""
	if row.Name[len(row.Name)-1] == 'W' {
		width = "W"
	}
	old, next, b := regArg(in.Dst), regArg(R16), regArg(in.Args[0])
	if row.Form == formAtom {
		old = next
	}
	again := e.op("LDAXR"+width, e.memArg(in.Mem), old)
	var out *piece
	switch row.Form {
	case formSwap:
		next = b
	case formCAS:
		e.op("EOR"+width, b, old, next)
		out = e.op("CBNZ"+width, next)
		next = regArg(in.Args[1])
	default:
		e.op(row.Name, b, old, next)
	}
	to := e.memArg(in.Mem)
	p := e.prog("STLXR" + width)
	p.From, p.To, p.RegTo2 = next.a, to.a, regNumbers[R17]
	e.add(fmt.Sprintf("STLXR%s %s, %s, R17", width, next.text, to.text), p, 4)
	e.op("CBNZW", regArg(R17)).to = again
	if row.Form == formAtom {
		return
	}
	done := e.op("DMB", immArg(barrierISH))
	if out != nil {
		out.to = done
	}
}

// barrierISH is DMB's operand for all accesses of the inner shareable domain.
const barrierISH = 11

// log2 is the shift of an index with this scale.
func log2(scale uint8) int16 { return int16(bits.TrailingZeros8(scale &^ indexUXTW)) }
