package transfer

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

// Machine executes a program on abstract states, one instruction at a time.
type Machine struct {
	Env *Env
	S   *state.State // current state, owned
	PC  int          // slot of the instruction
	// Next is the slot to go on at with S; -1 when no path falls through or
	// the program has ended.
	Next int
	// Taken is the state at Target when a jump may be taken as well.
	Taken  *state.State
	Target int
	Note   Note

	in  *bpf.Instruction
	lhs state.Value // scratch of comparisons
	rhs state.Value
	x   value.Scalar // scratch of narrow
	y   value.Scalar
	// mapArg is the map in ArgMap of the call under way.
	mapArg state.Value
	found  bool // its constant key is one that is always found
}

// steps is indexed by class; a test checks that no entry is nil.
var steps = [table.NumClasses]func(m *Machine) *Fault{
	table.ClassNone:   (*Machine).none,
	table.ClassALU:    (*Machine).alu,
	table.ClassJump:   (*Machine).jump,
	table.ClassCall:   (*Machine).call,
	table.ClassExit:   (*Machine).exit,
	table.ClassLdImm:  (*Machine).ldImm,
	table.ClassPacket: (*Machine).packetLoad,
	table.ClassLoad:   (*Machine).load,
	table.ClassStore:  (*Machine).store,
	table.ClassAtomic: (*Machine).atomic,
}

// Step executes the instruction at PC on S and sets Next, Taken and Note. On
// a Fault S is not defined.
func (m *Machine) Step() *Fault {
	m.Note.reset()
	m.Taken = nil
	fn := &m.Env.Funcs[m.S.Frame(m.S.Depth()).Func]
	if m.PC < fn.Start || m.PC >= fn.End {
		return m.fault(reason.FallsOff, NoReg, "control flow leaves function %s", fn.Name)
	}
	m.in = &m.Env.Insns[m.PC]
	m.Next = m.PC + 1
	row := table.OpOf(m.in.Op)
	if row.Class != table.ClassNone && row.Status < table.Verified {
		return m.unsupported("instruction %s", m.in.Op)
	}
	return steps[row.Class](m)
}

func (m *Machine) none() *Fault {
	return m.fault(reason.BadJump, NoReg, "the path leads to slot %d, which holds no instruction", m.PC)
}

// use asserts that a register was written.
func (m *Machine) use(r bpf.Reg) (*state.Value, *Fault) {
	v := m.S.Reg(r)
	if v.Kind == state.Uninit {
		return nil, m.uninit(r)
	}
	return v, nil
}

func (m *Machine) uninit(r bpf.Reg) *Fault {
	return m.fault(reason.UninitReg, r, "%s is read before it is written", r).
		does("reads %s, which was not written on this path", r).
		need("assign a value on every path that leads here")
}

// define asserts that a register may be written and writes it.
func (m *Machine) define(r bpf.Reg, v state.Value) *Fault {
	if r >= bpf.R10 {
		return m.fault(reason.WritesR10, NoReg, "r10 is read-only")
	}
	m.S.Set(r, v)
	return nil
}

// operand is the second operand: a register or the immediate.
func (m *Machine) operand() (state.Value, *Fault) {
	if m.in.Src == bpf.RegImm {
		return state.Const(uint64(m.in.Imm)), nil
	}
	v, f := m.use(m.in.Src)
	if f != nil {
		return state.Value{}, f
	}
	return *v, nil
}

func (m *Machine) ldImm() *Fault {
	m.Next = m.PC + 2
	switch in := m.in; in.Kind {
	case bpf.KindConst:
		return m.define(in.Dst, state.Const(uint64(in.Imm)))
	case bpf.KindMap, bpf.KindMapValue:
		if in.Imm < 0 || in.Imm >= int64(len(m.Env.Maps)) {
			return m.fault(reason.BadObject, NoReg, "map %d does not exist", in.Imm)
		}
		if f := m.usable(m.Env.Maps[in.Imm]); f != nil {
			return f
		}
		v := state.Value{Kind: state.ConstMap, Map: int32(in.Imm)}
		if in.Kind == bpf.KindMapValue {
			v.Kind, v.Off = state.PtrMapValue, int64(in.Off)
			if m.Env.Maps[in.Imm].Data == nil {
				return m.unsupported("direct value of map %s", m.Env.Maps[in.Imm].Name)
			}
		}
		return m.define(in.Dst, v)
	}
	switch m.in.Kind {
	case bpf.KindFunc:
		return m.funcAddress()
	case bpf.KindBTFID:
		return m.kernelAddress()
	}
	return m.unsupported("wide load of a %s", immNames[m.in.Kind])
}

// kernelAddress: a function is there, but may only be compared; a variable of a
// plain type may be read; one without type is a number.
func (m *Machine) kernelAddress() *Fault {
	in := m.in
	if in.Imm < 0 || in.Imm >= int64(len(m.Env.Ksyms)) {
		return m.fault(reason.BadObject, NoReg, "kernel symbol %d does not exist", in.Imm)
	}
	k := &m.Env.Ksyms[in.Imm]
	v := state.Value{Kind: state.PtrMem, Flags: state.ReadOnly}
	switch t := k.Type; {
	case k.Func:
	case t == nil || t.Kind == frontend.KindVoid:
		v = state.Unknown()
	case t.Kind == frontend.KindStruct || t.Kind == frontend.KindUnion || t.Size > maxStep:
		return m.unsupported("kernel variable %s", k.Name)
	default:
		v.Size = int32(t.Size)
	}
	return m.define(in.Dst, v)
}

var immNames = [...]string{
	bpf.KindConst: "number", bpf.KindHelper: "helper", bpf.KindLocal: "call", bpf.KindKfunc: "kernel function",
	bpf.KindMapFD: "map file descriptor", bpf.KindMap: "map", bpf.KindMapValue: "map value",
	bpf.KindMapFDVal: "map file descriptor", bpf.KindBTFID: "kernel variable", bpf.KindFunc: "function address",
}

// bytesOf is a number of n bytes read from memory that others may write.
func bytesOf(n int) state.Value { return state.Number(bitsOf[n]) }

var bitsOf = [9]value.Scalar{1: value.Bits(8), 2: value.Bits(16), 4: value.Bits(32), 8: value.Unknown()}
