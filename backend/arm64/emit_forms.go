package arm64

import (
	"fmt"
	"strings"

	"github.com/twitchyliquid64/golang-asm/obj"
	asm "github.com/twitchyliquid64/golang-asm/obj/arm64"

	"github.com/bpf2go-native/bpf2go-native/backend"
)

// inst encodes one line.
func (e *emitter) inst(c *backend.Line) {
	in := c.Inst
	row := &e.ops[in.Op]
	switch row.Form {
	case formShared:
		e.shared(c)
	case formRR, formRRR, formRRI, formRRS, formRRX, formRRRR, formField:
		e.arithmetic(in, row)
	case formLoad:
		e.op(row.Name, e.memArg(in.Mem), regArg(in.Dst))
	case formStore:
		e.op(row.Name, regArg(in.Args[0]), e.memArg(in.Mem))
	case formCmp, formCmpI, formCmpS, formCmpX, formCSEL, formCSET:
		e.flags(in, row)
	case formBcc, formCBZ, formTBZ:
		e.branch(c, row)
	case formAtom, formFetch, formSwap, formCAS:
		e.atomic(in, row)
	case formZero:
		e.zero(in)
	case formDown:
		slot := e.slot(int64(in.Mem.Disp))
		e.op("MOVWU", slot, regArg(R16))
		e.op("SUBSW", immArg(in.Imm), regArg(R16), regArg(R16))
		e.op("MOVW", regArg(R16), slot)
	default:
		panic("arm64: operation " + row.Name + " has no form")
	}
}

func (e *emitter) arithmetic(in *instr, row *backend.OpInfo) {
	a, b, dst := regArg(in.Args[0]), regArg(in.Args[1]), regArg(in.Dst)
	switch row.Form {
	case formRR:
		e.op(row.Name, a, dst)
	case formRRR:
		e.op(row.Name, b, a, dst)
	case formRRI:
		k := termArg(in.Imm)
		if in.Op >= opANDI && in.Op < opLSLI {
			k = maskArg(in.Imm, !strings.HasSuffix(row.Name, "W"))
		}
		e.op(row.Name, k, a, dst)
	case formRRS:
		e.op(row.Name, shiftArg(in.Args[1], in.Imm), a, dst)
	case formRRX:
		e.op(row.Name, extArg(in.Args[1], in.Imm), a, dst)
	case formRRRR:
		e.op(row.Name, b, regArg(in.Args[2]), a, dst)
	case formField:
		e.op(row.Name, immArg(in.Imm>>8), a, immArg(in.Imm&0xff), dst)
	}
}

// flags encodes compares and what reads them. The second operand comes first,
// as in Go's assembler: CMP b, a sets the flags of a - b.
func (e *emitter) flags(in *instr, row *backend.OpInfo) {
	a := regArg(in.Args[0])
	compare := func(b arg) {
		p := e.prog(row.Name)
		p.From, p.Reg = b.a, a.a.Reg
		e.add(row.Name+" "+b.text+", "+a.text, p, 4)
	}
	switch row.Form {
	case formCmp:
		compare(regArg(in.Args[1]))
	case formCmpI:
		if in.Op >= opTSTI {
			compare(maskArg(in.Imm, !strings.HasSuffix(row.Name, "W")))
		} else {
			compare(termArg(in.Imm))
		}
	case formCmpS:
		compare(shiftArg(in.Args[1], in.Imm))
	case formCmpX:
		compare(extArg(in.Args[1], in.Imm))
	case formCSEL:
		e.op(row.Name, condArg(in.Cond), a, regArg(in.Args[1]), regArg(in.Dst))
	case formCSET:
		e.op(row.Name, condArg(in.Cond), regArg(in.Dst))
	}
}

// farBranch is the most that golang-asm makes of a conditional branch: one
// over a branch that reaches everything.
const farBranch = 12

// branch encodes a conditional branch to a line.
func (e *emitter) branch(c *backend.Line, row *backend.OpInfo) {
	in := c.Inst
	var p *piece
	switch row.Form {
	case formBcc:
		name := "B" + condNames[in.Cond]
		p = e.add(name, e.prog(name), farBranch)
	case formCBZ:
		name := row.Name
		if in.Cond == backend.CondNE {
			name = "CBN" + name[2:]
		}
		p = e.op(name, regArg(in.Args[0]))
		p.size = farBranch
	case formTBZ:
		name := row.Name
		if in.Cond == backend.CondNE {
			name = "TBNZ"
		}
		q := e.prog(name)
		q.From, q.Reg = immArg(in.Imm).a, regNumbers[in.Args[0]]
		p = e.add(fmt.Sprintf("%s $%d, %s", name, in.Imm, regNames[in.Args[0]]), q, farBranch)
	}
	e.jump(p, c.Target)
}

func (e *emitter) jump(p *piece, line int) {
	if line < 0 {
		line = len(e.first) - 1
	}
	e.jumps[p] = line
}

// memArg is the operand of a load or store.
func (e *emitter) memArg(m addr) arg {
	a := arg{a: obj.Addr{Type: obj.TYPE_MEM, Reg: regNumbers[m.Base], Offset: int64(m.Disp)}}
	if m.Disp != 0 {
		a.text = fmt.Sprint(m.Disp)
	}
	a.text += "(" + regNames[m.Base] + ")"
	if m.Index == 0 {
		return a
	}
	shift := log2(m.Scale)
	switch {
	case m.Scale&indexUXTW != 0:
		n, text := extNumber(m.Index, extUXTW+extShift*int64(shift))
		a.a.Index = n
		a.text += "(" + text + ")"
	case shift != 0:
		a.a.Index = asm.REG_LSL + shift<<5 + regNumbers[m.Index]&31
		a.text += fmt.Sprintf("(%s<<%d)", regNames[m.Index], shift)
	default:
		a.a.Index = regNumbers[m.Index]
		a.text += "(" + regNames[m.Index] + ")"
	}
	return a
}

// shared encodes the operations that every target has.
func (e *emitter) shared(c *backend.Line) {
	in := c.Inst
	switch in.Op {
	case backend.OpMove:
		e.op("MOVD", regArg(in.Args[0]), regArg(in.Dst))
	case backend.OpConst:
		e.constant(in.Imm, in.Dst)
	case backend.OpSpill:
		e.op("MOVD", regArg(in.Args[0]), e.slot(in.Imm))
	case backend.OpReload:
		e.op("MOVD", e.slot(in.Imm), regArg(in.Dst))
	case backend.OpSwap:
		e.op("MOVD", regArg(in.Args[0]), regArg(R16))
		e.op("MOVD", regArg(in.Args[1]), regArg(in.Args[0]))
		e.op("MOVD", regArg(R16), regArg(in.Args[1]))
	case backend.OpSlotMove:
		e.op("MOVD", e.slot(int64(in.Mem.Disp)), regArg(R16))
		e.op("MOVD", regArg(R16), e.slot(in.Imm))
	case backend.OpSlotConst:
		r := ZR
		if in.Imm != 0 {
			r = R16
			e.constant(in.Imm, r)
		}
		e.op("MOVD", regArg(r), e.slot(int64(in.Mem.Disp)))
	case backend.OpCall:
		e.word("CALL "+in.Sym, 0)
	case backend.OpJump:
		e.jump(e.add("B", e.prog("JMP"), 4), c.Target)
	}
}
