package backend

import (
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/ir"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// PreemptInterval is how much a function does between two calls of rtlib's
// Preempt, in the units of OpPreempt: about 4 µs. Machine code cannot see
// whether the scheduler asks for the processor: that is a field of g, whose
// register is not guaranteed in an ABI0 body and whose place in thread-local
// storage needs a relocation. So it counts down in its own frame.
const PreemptInterval = 4096

// PreemptSymbol is the rtlib function func(fr *abi.Frame) that lets the
// scheduler run.
const PreemptSymbol = "Preempt"

// outgoing returns the place of outgoing argument i (or of the result behind
// the last).
func (l *Lower) outgoing(i int) Addr {
	l.f.OutSize = max(l.f.OutSize, 8*(i+1))
	return Addr{Base: l.Target.SP, Disp: int32(l.Target.ArgBase + 8*i)}
}

func (l *Lower) call(v *ir.Value, sym string, local bool, n int) {
	l.outgoing(n)
	l.Emit(Instr{Op: OpCall, Sym: sym, Local: local})
	if l.Needed(v) {
		l.Target.LoadWord(l, l.Dst(v), l.outgoing(n))
	}
}

// LowerCall lowers OpCall for every target.
func LowerCall(l *Lower, v *ir.Value) {
	for i, a := range v.Args {
		l.Target.StoreValue(l, a, l.outgoing(1+i))
	}
	l.Target.StoreWord(l, l.Frame(), l.outgoing(0))
	l.call(v, v.Sym, false, 1+len(v.Args))
}

// LowerCallFunc lowers OpCallFunc for every target.
func LowerCallFunc(l *Lower, v *ir.Value) {
	for i, a := range v.Args {
		l.Target.StoreValue(l, a, l.outgoing(2+i))
	}
	base := l.NewReg()
	l.Target.LEA(l, base, l.StackAddr(v.Imm))
	l.Target.StoreWord(l, base, l.outgoing(1))
	l.Target.StoreWord(l, l.Frame(), l.outgoing(0))
	l.call(v, v.Fn.Name, true, 2+len(v.Args))
}

// LowerPreempt lowers OpPreempt for every target.
func LowerPreempt(l *Lower, v *ir.Value) {
	if l.counter < 0 {
		l.counter = l.f.NewSlot()
	}
	join := l.Split()
	cold := l.Side(true, join, func() []Reg {
		l.Target.StoreWord(l, l.Frame(), l.outgoing(0))
		l.outgoing(1)
		l.Emit(Instr{Op: OpCall, Sym: PreemptSymbol})
		l.Emit(Instr{Op: OpSlotConst, Imm: PreemptInterval, Mem: Addr{Disp: int32(l.counter)}})
		return nil
	})
	l.Target.CountDown(l, l.counter, min(max(v.Imm, 1), PreemptInterval))
	l.Connect(cold)
	l.Connect(join)
}

// slot returns a place of the MapSlot of map i. The address of the slots is
// loaded once, when the function begins.
func (l *Lower) slot(i int64, off int64) Addr {
	if l.slots == 0 {
		l.slots = l.f.NewReg()
	}
	return Addr{Base: l.slots, Disp: int32(i*abi.SlotSize + off)}
}

// MapNumberPlace returns where the number v, an OpMapMax or OpMapStep, is.
func (l *Lower) MapNumberPlace(v *ir.Value) Addr {
	if v.Op == ir.OpMapStep {
		return l.slot(v.Imm, abi.SlotStep)
	}
	return l.slot(v.Imm, abi.SlotMax)
}

// LowerMapPtr lowers OpMapPtr for every target when it stands alone.
func LowerMapPtr(l *Lower, v *ir.Value) {
	l.Target.LoadWord(l, l.Dst(v), l.slot(v.Imm, abi.SlotMap))
}

// LowerMapValues lowers OpMapValues for every target.
func LowerMapValues(l *Lower, v *ir.Value) {
	l.Target.LoadWord(l, l.Dst(v), l.slot(v.Imm, abi.SlotValues))
}

// LowerMapMax lowers OpMapMax for every target.
func LowerMapMax(l *Lower, v *ir.Value) {
	l.Target.LoadWord(l, l.Dst(v), l.slot(v.Imm, abi.SlotMax))
}

// LowerMapStep lowers OpMapStep for every target.
func LowerMapStep(l *Lower, v *ir.Value) {
	l.Target.LoadWord(l, l.Dst(v), l.slot(v.Imm, abi.SlotStep))
}

// LowerStackAddr lowers OpStackAddr for every target when it stands alone.
func LowerStackAddr(l *Lower, v *ir.Value) {
	l.Target.LEA(l, l.Dst(v), l.StackAddr(v.Imm))
}

// LowerNothing lowers values that make no code of their own.
func LowerNothing(*Lower, *ir.Value) {}

// CtxPlace returns the native place of field i of the program's hook and its
// size in bytes, 8 for the addresses of packets.
func (l *Lower) CtxPlace(v *ir.Value) (Addr, int) {
	if l.Prog.Hook == nil || v.Imm < 0 || v.Imm >= int64(len(l.Prog.Hook.Fields)) {
		l.Fail(v, "names a context field that the hook does not have")
		return Addr{}, 8
	}
	f := l.Prog.Hook.Fields[v.Imm]
	off := [...]int{
		table.FieldScalar:   abi.OffCtx + 8*f.Slot,
		table.FieldData:     abi.OffData,
		table.FieldDataEnd:  abi.OffDataEnd,
		table.FieldDataMeta: abi.OffDataMeta,
	}[f.Kind]
	size := 8
	if f.Kind == table.FieldScalar {
		size = f.Size
	}
	return Addr{Base: l.Frame(), Disp: int32(off)}, size
}
