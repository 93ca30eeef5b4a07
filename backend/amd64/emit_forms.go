package amd64

import (
	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/twitchyliquid64/golang-asm/obj"
)

// inst encodes one line.
func (e *emitter) inst(c *backend.Line) {
	in := c.Inst
	row := &e.ops[in.Op]
	switch row.Form {
	case formShared:
		e.shared(c)
	case formJcc:
		e.branch("J"+condNames[in.Cond], c.Target)
	case formRR, formRI, formRM, formR, formMove, formStore, formStoreI:
		e.moves(in, row)
	case formSum, formSumI, formScale, formMul3, formShift:
		e.arithmetic(in, row)
	case formThree, formThreeM, formRotate, formHigh:
		e.three(in, row)
	case formCmp, formCmpI, formCmpM, formCmpMI, formTestI, formTestMI, formSet, formCmov:
		e.flags(in, row)
	case formLock, formLockI, formXadd, formXchg, formCmpxchg, formFetch:
		e.atomic(in, row)
	case formDiv:
		e.divide(in, row)
	case formOne:
		e.from(row.Name, regArg(in.Args[1]))
	case formZero:
		e.zero(in)
	case formDown:
		e.two(row.Name, immArg(in.Imm), e.slot(int64(in.Mem.Disp)))
	default:
		panic("amd64: operation " + row.Name + " has no form")
	}
}

func (e *emitter) moves(in *instr, row *backend.OpInfo) {
	switch row.Form {
	case formRR:
		e.two(row.Name, regArg(in.Args[1]), regArg(in.Dst))
	case formRI:
		e.two(row.Name, immArg(in.Imm), regArg(in.Dst))
	case formRM:
		e.two(row.Name, memArg(in.Mem), regArg(in.Dst))
	case formR:
		e.to(row.Name, regArg(in.Dst))
	case formMove:
		e.two(row.Name, regArg(in.Args[0]), regArg(in.Dst))
	case formStore:
		e.two(row.Name, regArg(in.Args[0]), memArg(in.Mem))
	case formStoreI:
		e.two(row.Name, immArg(in.Imm), memArg(in.Mem))
	}
}

func (e *emitter) arithmetic(in *instr, row *backend.OpInfo) {
	switch row.Form {
	case formSum:
		e.two(row.Name, memArg(addr{Base: in.Args[0], Index: in.Args[1], Scale: 1}), regArg(in.Dst))
	case formSumI:
		e.two(row.Name, memArg(addr{Base: in.Args[0], Disp: int32(in.Imm)}), regArg(in.Dst))
	case formScale:
		e.two(row.Name, memArg(addr{Index: in.Args[0], Scale: 1 << in.Imm}), regArg(in.Dst))
	case formMul3:
		e.operands(row.Name, immArg(in.Imm), regArg(in.Args[0]), regArg(in.Dst))
	case formShift:
		e.two(row.Name, regArg(CX), regArg(in.Dst))
	}
}

// three encodes what has three operands at the level v3.
func (e *emitter) three(in *instr, row *backend.OpInfo) {
	dst := regArg(in.Dst)
	switch row.Form {
	case formThree:
		e.operands(row.Name, regArg(in.Args[1]), regArg(in.Args[0]), dst)
	case formThreeM:
		e.operands(row.Name, memArg(in.Mem), regArg(in.Args[0]), dst)
	case formRotate: // to the right
		width := int64(64)
		if row.Name[len(row.Name)-1] == 'L' {
			width = 32
		}
		e.operands(row.Name, immArg(-in.Imm&(width-1)), regArg(in.Args[0]), dst)
	case formHigh: // of two results in one register the high one stays
		e.operands(row.Name, regArg(in.Args[1]), dst, dst)
	}
}

// operands adds NAME a, b, dst.
func (e *emitter) operands(name string, a, b, dst arg) {
	p := e.prog(name)
	p.From, p.To = a.a, dst.a
	p.RestArgs = []obj.Addr{b.a}
	e.add(name+" "+a.text+", "+b.text+", "+dst.text, p)
}

// flags encodes compares; Go writes the first operand first, as in a - b.
func (e *emitter) flags(in *instr, row *backend.OpInfo) {
	switch row.Form {
	case formCmp:
		e.two(row.Name, regArg(in.Args[0]), regArg(in.Args[1]))
	case formCmpI:
		e.two(row.Name, regArg(in.Args[0]), immArg(in.Imm))
	case formCmpM:
		e.two(row.Name, regArg(in.Args[0]), memArg(in.Mem))
	case formCmpMI:
		e.two(row.Name, memArg(in.Mem), immArg(in.Imm))
	case formTestI:
		e.two(row.Name, immArg(in.Imm), regArg(in.Args[0]))
	case formTestMI:
		e.two(row.Name, immArg(in.Imm), memArg(in.Mem))
	case formSet:
		e.to(row.Name+condNames[in.Cond], regArg(in.Dst))
		e.two("MOVBLZX", regArg(in.Dst), regArg(in.Dst))
	case formCmov:
		e.two(row.Name+condNames[in.Cond], regArg(in.Args[1]), regArg(in.Dst))
	}
}

func (e *emitter) lock() { e.add("LOCK", e.prog("LOCK")) }

func (e *emitter) atomic(in *instr, row *backend.OpInfo) {
	m := memArg(in.Mem)
	switch row.Form {
	case formLock:
		e.lock()
		e.two(row.Name, regArg(in.Args[0]), m)
	case formLockI:
		e.lock()
		e.two(row.Name, immArg(in.Imm), m)
	case formXadd:
		e.lock()
		e.two(row.Name, regArg(in.Dst), m)
	case formXchg:
		e.two(row.Name, regArg(in.Dst), m)
	case formCmpxchg:
		e.lock()
		e.two(row.Name, regArg(in.Args[1]), m)
		if in.Op == opCMPXCHGL { // it leaves the upper half alone when it succeeds
			e.two("MOVL", regArg(AX), regArg(AX))
		}
	case formFetch:
		e.fetch(in, row)
	}
}

// fetch encodes an operation that gives the old value and has no instruction
// of its own:
//
//	      MOV  Mem, AX
//	again: MOV  AX, Temp
//	      OP   Args[0], Temp
//	      LOCK; CMPXCHG Temp, Mem
//	      JNE  again
func (e *emitter) fetch(in *instr, row *backend.OpInfo) {
	mov, cmpxchg := "MOVQ", "CMPXCHGQ"
	if row.Name[len(row.Name)-1] == 'L' {
		mov, cmpxchg = "MOVL", "CMPXCHGL"
	}
	m, t := memArg(in.Mem), regArg(in.Temp)
	e.two(mov, m, regArg(AX))
	again := e.two(mov, regArg(AX), t)
	e.two(row.Name, regArg(in.Args[0]), t)
	e.lock()
	e.two(cmpxchg, t, m)
	p := e.prog("JNE")
	p.To.Type = obj.TYPE_BRANCH
	p.To.SetTarget(again)
	e.add("JNE again", p)
}

func (e *emitter) divide(in *instr, row *backend.OpInfo) {
	switch row.Name {
	case "IDIVQ":
		e.add("CQO", e.prog("CQO"))
	case "IDIVL":
		e.add("CDQ", e.prog("CDQ"))
	default:
		e.two("XORL", regArg(DX), regArg(DX))
	}
	e.from(row.Name, regArg(in.Args[1]))
}

// zero clears in.Imm bytes at in.Mem. X0 holds nothing between instructions.
func (e *emitter) zero(in *instr) {
	x0 := arg{obj.Addr{Type: obj.TYPE_REG, Reg: x86X0}, "X0"}
	m, n := in.Mem, int(in.Imm)
	if n >= 16 {
		e.two("XORPS", x0, x0)
	}
	for _, step := range []struct {
		size int
		name string
	}{{16, "MOVUPS"}, {8, "MOVQ"}, {4, "MOVL"}, {2, "MOVW"}, {1, "MOVB"}} {
		for n >= step.size {
			src := immArg(0)
			if step.size == 16 {
				src = x0
			}
			e.two(step.name, src, memArg(m))
			m.Disp += int32(step.size)
			n -= step.size
		}
	}
}

// shared encodes the operations that every target has.
func (e *emitter) shared(c *backend.Line) {
	in := c.Inst
	switch in.Op {
	case backend.OpMove:
		e.two("MOVQ", regArg(in.Args[0]), regArg(in.Dst))
	case backend.OpConst:
		e.constant(in)
	case backend.OpSpill:
		e.two("MOVQ", regArg(in.Args[0]), e.slot(in.Imm))
	case backend.OpReload:
		e.two("MOVQ", e.slot(in.Imm), regArg(in.Dst))
	case backend.OpSwap:
		e.two("XCHGQ", regArg(in.Args[0]), regArg(in.Args[1]))
	case backend.OpSlotMove:
		x0 := arg{obj.Addr{Type: obj.TYPE_REG, Reg: x86X0}, "X0"}
		e.two("MOVQ", e.slot(int64(in.Mem.Disp)), x0)
		e.two("MOVQ", x0, e.slot(in.Imm))
	case backend.OpSlotConst:
		e.slotConst(in)
	case backend.OpCall:
		p := e.prog("MOVL")
		p.From, p.To = immArg(0x7fffffff).a, regArg(AX).a
		e.add("CALL "+in.Sym, p)
	case backend.OpJump:
		e.branch("JMP", c.Target)
	}
}

// constant encodes the shortest instruction that makes a number.
func (e *emitter) constant(in *instr) {
	dst := regArg(in.Dst)
	switch {
	case in.Imm == 0 && !in.FlagsLive:
		e.two("XORL", dst, dst)
	case in.Imm == int64(uint32(in.Imm)):
		e.two("MOVL", arg{immArg(int64(int32(in.Imm))).a, immArg(in.Imm).text}, dst)
	default:
		e.two("MOVQ", immArg(in.Imm), dst)
	}
}

// slotConst stores a number without a register.
func (e *emitter) slotConst(in *instr) {
	slot := int64(in.Mem.Disp)
	if _, ok := imm32(in.Imm); ok {
		e.two("MOVQ", immArg(in.Imm), e.slot(slot))
		return
	}
	at := addr{Base: SP, Disp: e.f.SlotOffset(slot)}
	e.two("MOVL", immArg(int64(int32(in.Imm))), memArg(at))
	at.Disp += 4
	e.two("MOVL", immArg(in.Imm>>32), memArg(at))
}
