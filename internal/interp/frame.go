package interp

import (
	"errors"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// Frame is an active function.
type Frame struct {
	Prog  *frontend.Program
	Stack *Region
	Func  frontend.Func
	Back  int      // slot to return to
	Saved [4]Value // r6 to r9 of the caller
	// Callback says how a helper runs the function; table.CallbackNone is a
	// plain call.
	Callback table.CallbackKind
	MayGotos uint64 // may_goto instructions passed
}

// State is what Trace sees: the machine before an instruction. All of it is
// shared with the machine.
type State struct {
	PC     int                 // slot of the instruction
	Regs   *[bpf.NumRegs]Value // registers of the running function
	Stacks []*Region           // stacks by depth, the last is the running function's
	Insns  uint64              // instructions executed before

	Prog   *frontend.Program // changes with a tail call
	Frames []Frame           // by depth
	Refs   []Reference       // live references, oldest first
	// Lock is the address of the spin lock that is held, 0 for none.
	Lock uint64
	// Data and Meta are the packet and its metadata as they are now, new
	// ones when a helper has moved them; Tail is the number of bytes of the
	// packet behind Data.
	Data, Meta *Region
	Tail       int
	Ctx        *Region // nil for Memory hooks
}

// Reg returns a register of the function at a depth: r6 to r9 of a function
// that waits for a call, all of the running one. The others are lost.
func (s *State) Reg(depth int, reg bpf.Reg) Value {
	switch {
	case depth == len(s.Frames)-1:
		return s.Regs[reg]
	case reg >= bpf.R6 && reg < bpf.R10:
		return s.Frames[depth+1].Saved[reg-bpf.R6]
	case reg == bpf.R10:
		return s.Frames[depth].Stack.pointer(stackSize)
	}
	return Value{}
}

// state is the machine as observers see it.
func (r *run) state() *State {
	s := &State{
		PC: r.pc, Regs: &r.regs, Stacks: r.trace, Insns: r.insns, Prog: r.prog, Frames: r.depth, Refs: r.refs,
		Data: r.data, Meta: r.meta, Tail: len(r.tail), Ctx: r.ctx,
	}
	if r.lock != nil {
		s.Lock = r.lock.addr
	}
	return s
}

// stackMemory is the bytes of a stack and which of them have been written.
type stackMemory struct {
	bytes [stackSize]byte
	init  [stackSize]bool
}

// newStack makes the stack of a function at a depth. Its memory is that of
// the function that was there before, which nobody reaches any more.
func (r *run) newStack(depth int) *Region {
	if r.memory[depth] == nil {
		r.memory[depth] = &stackMemory{}
	}
	m := r.memory[depth]
	*m = stackMemory{}
	if r.m.opt.ZeroStack {
		for k := range m.init {
			m.init[k] = true
		}
	}
	return &Region{
		Kind: KindStack, Base: r.stacks + uint64(depth)*stackSize, Frame: depth, bytes: m.bytes[:], init: m.init[:],
	}
}

// enter makes fn the running function with an own stack. r1 to r5 stay.
func (r *run) enter(fn frontend.Func, back int, callback table.CallbackKind) {
	depth := len(r.depth)
	stack := r.newStack(depth)
	f := Frame{Prog: r.prog, Stack: stack, Func: fn, Back: back, Callback: callback}
	copy(f.Saved[:], r.regs[bpf.R6:bpf.R10])
	r.depth = append(r.depth, f)
	r.trace = append(r.trace, stack)
	r.regs[bpf.R0] = Value{}
	clear(r.regs[bpf.R6:bpf.R10])
	r.regs[bpf.R10] = stack.pointer(stackSize)
	r.pc = fn.Start
}

// leave returns from the running function; r0 is the result. The end of the
// entry function is the end of the run.
func (r *run) leave() error {
	last := len(r.depth) - 1
	f := r.depth[last]
	if last == 0 {
		r.done = true
		return r.result()
	}
	r.drop()
	copy(r.regs[bpf.R6:bpf.R10], f.Saved[:])
	clear(r.regs[bpf.R1:bpf.R6])
	r.regs[bpf.R10] = r.depth[last-1].Stack.pointer(stackSize)
	r.prog = r.depth[last-1].Prog
	r.pc = f.Back
	return nil
}

// drop ends the stack of the running function.
func (r *run) drop() {
	last := len(r.depth) - 1
	stack := r.depth[last].Stack
	stack.gone = "the function has returned, its stack is gone"
	for _, c := range stack.cells {
		c.destroy()
	}
	r.depth, r.trace = r.depth[:last], r.trace[:last]
}

// result checks r0 and what is left at the end of the entry function.
func (r *run) result() error {
	v, err := r.read(bpf.R0)
	if err != nil {
		return err
	}
	if kind := r.depth[0].Callback; kind != table.CallbackNone {
		if err := r.callbackResult(kind, v); err != nil {
			return err
		}
		return r.settled("the callback")
	}
	if lo, hi, any := r.hook.Returns(r.prog.Section); !any && (v.Bits < uint64(lo) || v.Bits > uint64(hi)) {
		return r.fault("r0 is %d; %s programs return %d to %d", int64(v.Bits), r.hook.Name, lo, hi)
	}
	return r.settled("the program")
}

// callbackResult checks what a callback returns.
func (r *run) callbackResult(kind table.CallbackKind, v Value) error {
	row := table.CallbackOf(kind)
	if n := int64(v.Bits); v.Kind != KindScalar || n < row.RetMin || n > row.RetMax {
		return r.fault("r0 is %v at the end of a callback, which returns %d to %d", v, row.RetMin, row.RetMax)
	}
	return nil
}

// callback runs the function at a slot for a helper and returns its result.
// What it acquires it has to give back.
func (r *run) callback(kind table.CallbackKind, slot int, args ...Value) (uint64, error) {
	regs, pc, at, refs, sections := r.regs, r.pc, r.at, len(r.refs), r.sections
	clear(r.regs[bpf.R1:bpf.R6])
	copy(r.regs[bpf.R1:], args)
	if err := r.callFunc(slot, kind); err != nil {
		return 0, err
	}
	for depth := len(r.depth); len(r.depth) >= depth; {
		if err := r.advance(r); err != nil && !(r.m.opt.TailReturns && errors.Is(err, errTail)) {
			return 0, err
		}
	}
	result, err := r.read(bpf.R0)
	if err != nil {
		return 0, err
	}
	if err := r.callbackResult(kind, result); err != nil {
		return 0, err
	}
	switch {
	case len(r.refs) > refs:
		return 0, r.fault("the callback ends and holds %s of instruction %d", article(r.refs[refs].Kind), r.refs[refs].PC)
	case r.sections != sections:
		return 0, r.fault("the callback ends in another section than it began in")
	}
	r.regs, r.pc, r.at = regs, pc, at
	return result.Bits, nil
}
