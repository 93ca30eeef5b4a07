package kernel

import (
	"github.com/cilium/ebpf/asm"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/test/maps/model"
)

// Where a dynptr and what is read through it are on the stack.
const (
	stackDynptr = stackValue - 16
	stackRead   = stackDynptr - model.RingReserved
)

// ring is one case of the program on a ring. In the packet, the key's place has
// the number of bytes, and that of the flags what becomes of a reservation.
func ring(s model.Spec, c model.Code, fd int) asm.Instructions {
	call := func(name string) asm.Instruction {
		return asm.BuiltinFunc(table.HelperByName(s.Platform, name).ID).Call()
	}
	insns := asm.Instructions{asm.LoadMapPtr(asm.R1, fd).WithSymbol(label(c))}
	least := int32(0)
	if s.Platform == bpf.Windows {
		least = 1 // its verifier lets no other through
	}
	switch c {
	case model.RingOutput:
		insns = append(insns,
			asm.LoadMem(asm.R3, asm.R7, packetKey, asm.DWord),
			asm.JGT.Imm(asm.R3, maxValue, "exit"),
			asm.JLT.Imm(asm.R3, least, "exit"),
			asm.Mov.Reg(asm.R2, asm.R10), asm.Add.Imm(asm.R2, stackValue),
			asm.LoadMem(asm.R4, asm.R7, packetFlags, asm.DWord))
	case model.RingQuery:
		insns = append(insns, asm.LoadMem(asm.R2, asm.R7, packetFlags, asm.DWord))
	case model.RingReserve:
		return reserve(call, fd)
	}
	return append(insns, call(helpers[c]), asm.StoreMem(asm.R7, packetR0, asm.R0, asm.DWord), asm.Ja.Label("exit"))
}

// reserve is the case of a reservation.
func reserve(call func(string) asm.Instruction, fd int) asm.Instructions {
	name := label(model.RingReserve)
	record := asm.Instructions{
		asm.LoadMem(asm.R9, asm.R7, packetFlags, asm.DWord).WithSymbol(name),
		asm.JGT.Imm(asm.R9, model.RingDiscard, name+"dynptr"),
		asm.LoadMapPtr(asm.R1, fd), asm.Mov.Imm(asm.R2, model.RingReserved), asm.Mov.Imm(asm.R3, 0),
		call("ringbuf_reserve"),
		asm.JEq.Imm(asm.R0, 0, name+"none"),
		asm.Mov.Reg(asm.R8, asm.R0),
	}
	record = append(record, move(asm.R8, 0, asm.R10, stackValue, model.RingReserved)...)
	record = append(record,
		asm.Mov.Imm(asm.R3, 1), asm.StoreMem(asm.R7, packetR0, asm.R3, asm.DWord),
		asm.Mov.Reg(asm.R1, asm.R8), asm.Mov.Imm(asm.R2, 0),
		asm.JEq.Imm(asm.R9, model.RingDiscard, name+"discard"),
		call("ringbuf_submit"), asm.Ja.Label("exit"),
		call("ringbuf_discard").WithSymbol(name+"discard"), asm.Ja.Label("exit"),
		asm.StoreMem(asm.R7, packetR0, asm.R0, asm.DWord).WithSymbol(name+"none"), asm.Ja.Label("exit"))
	return append(record, dynptr(call, name, fd)...)
}

// dynptr is the case of a reservation that is written and read through a dynptr.
func dynptr(call func(string) asm.Instruction, name string, fd int) asm.Instructions {
	to := func(r asm.Register, off int32) asm.Instructions {
		return asm.Instructions{asm.Mov.Reg(r, asm.R10), asm.Add.Imm(r, off)}
	}
	join := func(lists ...asm.Instructions) (all asm.Instructions) {
		for _, l := range lists {
			all = append(all, l...)
		}
		return all
	}
	insns := asm.Instructions{asm.LoadMapPtr(asm.R1, fd).WithSymbol(name + "dynptr")}
	insns = join(insns,
		asm.Instructions{asm.Mov.Imm(asm.R2, model.RingReserved), asm.Mov.Imm(asm.R3, 0)}, to(asm.R4, stackDynptr),
		asm.Instructions{call("ringbuf_reserve_dynptr"), asm.StoreMem(asm.R7, packetR0, asm.R0, asm.DWord), asm.JNE.Imm(asm.R0, 0, name+"end")},
		to(asm.R1, stackDynptr), asm.Instructions{asm.Mov.Imm(asm.R2, 0)}, to(asm.R3, stackValue),
		asm.Instructions{asm.Mov.Imm(asm.R4, model.RingReserved), asm.Mov.Imm(asm.R5, 0), call("dynptr_write"), asm.JNE.Imm(asm.R0, 0, name+"bad")},
		to(asm.R1, stackRead), asm.Instructions{asm.Mov.Imm(asm.R2, model.RingReserved)}, to(asm.R3, stackDynptr),
		asm.Instructions{asm.Mov.Imm(asm.R4, 0), asm.Mov.Imm(asm.R5, 0), call("dynptr_read"), asm.JNE.Imm(asm.R0, 0, name+"bad")})
	insns = append(insns, move(asm.R7, packetValue, asm.R10, stackRead, model.RingReserved)...)
	insns = append(insns,
		asm.Ja.Label(name+"end"),
		asm.Mov.Imm(asm.R0, 99).WithSymbol(name+"bad"), asm.StoreMem(asm.R7, packetR0, asm.R0, asm.DWord),
		asm.Mov.Reg(asm.R1, asm.R10).WithSymbol(name+"end"), asm.Add.Imm(asm.R1, stackDynptr), asm.Mov.Imm(asm.R2, 0),
		asm.JEq.Imm(asm.R9, model.RingDiscardDynptr, name+"drop"),
		call("ringbuf_submit_dynptr"), asm.Ja.Label("exit"),
		call("ringbuf_discard_dynptr").WithSymbol(name+"drop"), asm.Ja.Label("exit"))
	return insns
}
