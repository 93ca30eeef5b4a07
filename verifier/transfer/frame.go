package transfer

import (
	"fmt"
	"math"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
)

// local calls a function of the program at its first slot.
func (m *Machine) local() *Fault {
	target := int64(m.PC) + 1 + m.in.Imm
	if target < 0 || target >= int64(len(m.Env.FuncAt)) || m.Env.FuncAt[target] == 0 {
		return m.fault(reason.BadJump, NoReg, "call of slot %d, where no function starts", target)
	}
	return m.function(int(m.Env.FuncAt[target]) - 1)
}

// callx calls the function whose address is in Dst; in hooks that no kernel
// has, also the helper whose number is there.
func (m *Machine) callx() *Fault {
	v, f := m.use(m.in.Dst)
	if f != nil {
		return f
	}
	if id, isConst := v.IsConst(); isConst && id <= math.MaxInt32 && m.Env.Hook.Number == 0 {
		m.Note.Exact |= bit(m.in.Dst)
		return m.helperx(int64(id))
	}
	if v.Kind != state.PtrFunc || v.Off != 0 {
		return m.fault(reason.BadArg, m.in.Dst, "%s is %s, not a function of the program", m.in.Dst, Words(m.Env, v)).
			does("calls the function in %s", m.in.Dst).need("call functions of this program only")
	}
	m.Note.Exact |= bit(m.in.Dst)
	return m.function(int(v.Map))
}

// helperx calls a helper by a number in a register. Those that the analysis of
// the whole program looks for in calls have to be there.
func (m *Machine) helperx(id int64) *Fault {
	h := table.HelperFor(m.Env.Platform, m.Env.Hook, int32(id))
	if h != nil && (h.Callback != table.CallbackNone || h.Ret == table.RetNeverOnSuccess || h.InvalidatesPacket) {
		return m.fault(reason.BadHelper, m.in.Dst, "%s is the number of bpf_%s", m.in.Dst, h.Name).need("call it by a call, not by callx")
	}
	return m.helper(id)
}

// function calls function fn: a static one in the caller's context, a global
// one by its contract.
func (m *Machine) function(fn int) *Fault {
	callee := &m.Env.Funcs[fn]
	if m.S.Depth()+1 >= state.MaxFrames {
		return m.fault(reason.TooDeep, NoReg, "call of %s is nested %d deep", callee.Name, state.MaxFrames+1)
	}
	for i := range m.S.Depth() + 1 {
		if m.S.Frame(i).Func == fn {
			return m.fault(reason.Recursion, NoReg, "%s calls itself", callee.Name)
		}
	}
	if callee.Global && callee.Proto != nil {
		return m.global(fn)
	}
	m.S.Push(fn, m.PC+1)
	m.Next = callee.Start
	return nil
}

// global checks the arguments of a global function by its contract; the
// function itself is a root.
func (m *Machine) global(fn int) *Fault {
	callee := &m.Env.Funcs[fn]
	if f := m.calm("call of global function "+callee.Name, state.RefLock); f != nil {
		return f
	}
	for i := range callee.Proto.Params {
		if i >= maxArgs {
			return m.Env.badParam(fn, "has more than %d arguments", maxArgs)
		}
		r := bpf.R1 + bpf.Reg(i)
		if f := m.passes(r, fn, &callee.Proto.Params[i]); f != nil {
			return f.does("argument %d of %s", i+1, callee.Name)
		}
	}
	for r := bpf.R0; r <= bpf.R5; r++ {
		m.S.Set(r, state.Value{})
	}
	if callee.Proto.Ret != frontend.RetVoid {
		m.S.Set(bpf.R0, state.Unknown())
	}
	if m.Env.movesPacket(fn) {
		m.dropPacket()
	}
	m.Note.Root = &Root{Kind: RootGlobal, Func: fn}
	return nil
}

// passes asserts that register r is what a parameter promises.
func (m *Machine) passes(r bpf.Reg, fn int, p *frontend.Param) *Fault {
	v, f := m.use(r)
	if f != nil {
		return f
	}
	wrong := func(want string) *Fault {
		return m.fault(reason.BadArg, r, "%s is %s, %s wants %s", r, Words(m.Env, v), m.Env.Funcs[fn].Name, want).need("pass %s", want)
	}
	switch p.Kind {
	case frontend.ParamScalar:
		if v.Kind != state.Scalar {
			return wrong("a number")
		}
	case frontend.ParamCtx:
		if v.Kind != state.PtrCtx || v.Off != 0 {
			return wrong("the context")
		}
	case frontend.ParamMem:
		if p.Nullable && isZero(v) {
			return nil
		}
		if regions[v.Kind] == nil || v.Kind == state.PtrCtx {
			return wrong(fmt.Sprintf("the address of %d bytes", p.Size))
		}
		q := *v
		if p.Nullable {
			q.Null = false // the callee tests it
		}
		return m.lend(r, &q, int64(p.Size))
	case frontend.ParamDynptr:
		return m.lendDynptr(r, v, wrong)
	default:
		_, f := m.Env.param(m.S, fn, int(r-bpf.R1))
		return f
	}
	return nil
}

// lend asserts that n bytes at p may be read and written and lets them be.
func (m *Machine) lend(r bpf.Reg, p *state.Value, n int64) *Fault {
	if f := m.memory(r, p, n, false); f != nil {
		return f
	}
	return m.memory(r, p, n, true)
}

// lendDynptr asserts that v leads to a dynptr.
func (m *Machine) lendDynptr(r bpf.Reg, v *state.Value, wrong func(string) *Fault) *Fault {
	if v.Kind == state.PtrDynptr && startOf(v) {
		return nil
	}
	lo, hi, ok := v.SpanOf()
	if v.Kind == state.PtrStack && ok && lo == hi && lo%8 == 0 && lo >= -state.StackSize && lo+dynptrSize <= 0 {
		d, found := m.objectIn(int(v.Frame), lo, lo+1)
		if found && d.Kind == state.SlotDynptr && d.Flags&state.Second == 0 {
			m.Note.Reads = append(m.Note.Reads, Span{Frame: int(v.Frame), Lo: lo, Hi: lo + dynptrSize, Exact: true})
			return nil
		}
	}
	return wrong("a dynptr")
}

// dynptrSize is that of struct bpf_dynptr in bytes.
const dynptrSize = 16

// badParam is the fault of a contract that cannot be kept.
func (e *Env) badParam(fn int, what string, args ...any) *Fault {
	return &Fault{Code: reason.BadContract, PC: e.Funcs[fn].Start, Reg: NoReg,
		What: fmt.Sprintf("global function %s %s", e.Funcs[fn].Name, fmt.Sprintf(what, args...)),
		Need: "make the function static, or give it numbers, the context and pointers to structs as parameters"}
}

// funcAddress loads the address of a function of the program.
func (m *Machine) funcAddress() *Fault {
	target := int64(m.PC) + 1 + m.in.Imm
	if target < 0 || target >= int64(len(m.Env.FuncAt)) || m.Env.FuncAt[target] == 0 {
		return m.fault(reason.BadJump, NoReg, "address of slot %d, where no function starts", target)
	}
	fn := m.Env.FuncAt[target] - 1
	if f := &m.Env.Funcs[fn]; f.Global && f.Proto != nil {
		return m.fault(reason.BadArg, NoReg, "%s is a global function and cannot be a callback", f.Name).need("make %s static", f.Name)
	}
	return m.define(m.in.Dst, state.Value{Kind: state.PtrFunc, Map: fn})
}

// exit returns from a function, from a callback, or ends the root.
func (m *Machine) exit() *Fault {
	r0 := m.S.Reg(bpf.R0)
	d := m.S.Depth()
	switch {
	case d > 0 && m.S.Frame(d).Callback != 0:
		return m.endCallback(r0)
	case d > 0:
		if stackOf(r0) == d {
			return m.fault(reason.StackEscapes, bpf.R0, "the function returns an address of its own stack")
		}
		m.Next = m.S.Pop()
		return nil
	}
	m.Next = -1
	if f := m.calm("exit", state.NumRefKinds); f != nil {
		return f
	}
	switch m.rootOf() {
	case RootTimer:
		return m.result0(r0, 0, 0, "the callback of a timer")
	case RootGlobal:
		if m.Env.Funcs[m.S.Frame(0).Func].Proto.Ret == frontend.RetVoid {
			return nil
		}
		if r0.Kind == state.Uninit {
			return m.uninit(bpf.R0)
		}
		if r0.Kind != state.Scalar {
			return m.fault(reason.BadReturn, bpf.R0, "global function %s returns %s", m.Env.Funcs[m.S.Frame(0).Func].Name, Words(m.Env, r0)).
				need("return a number, or make the function static")
		}
		return nil
	}
	return m.programResult(r0)
}

// result0 asserts that r0 is a number from lo to hi.
func (m *Machine) result0(r0 *state.Value, lo, hi uint64, who string) *Fault {
	if r0.Kind == state.Uninit {
		return m.uninit(bpf.R0)
	}
	m.Note.Exact = bit(bpf.R0)
	if r0.Kind == state.Scalar && r0.S.R.Umin >= lo && r0.S.R.Umax <= hi {
		return nil
	}
	if lo == hi {
		return m.fault(reason.BadReturn, bpf.R0, "%s returns %d", who, lo).need("return %d", lo)
	}
	return m.fault(reason.BadReturn, bpf.R0, "%s returns %d to %d", who, lo, hi).need("return a number from %d to %d", lo, hi)
}

func (m *Machine) programResult(r0 *state.Value) *Fault {
	if r0.Kind == state.Uninit {
		f := m.uninit(bpf.R0)
		f.What = "r0, the program's result, is not written before exit"
		return f
	}
	e := m.Env
	if e.AnyRet {
		return nil
	}
	m.Note.Exact = bit(bpf.R0)
	if r0.Kind != state.Scalar || r0.S.R.Umin < uint64(e.RetMin) || r0.S.R.Umax > uint64(e.RetMax) {
		return m.fault(reason.BadReturn, bpf.R0, "%s programs return %d to %d", e.Hook.Name, e.RetMin, e.RetMax).
			need("return a value from %d to %d", e.RetMin, e.RetMax)
	}
	return nil
}
