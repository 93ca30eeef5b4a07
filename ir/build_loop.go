package ir

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// turns is a helper that calls a function of the program again and again, as a
// loop:
//
//	       refusals of the arguments, no turn ─────┐
//	head:  r0 = function(r1, …)                    │
//	       count++; if r0 != 0 ────────────────────┤
//	       another turn? goto head                 │
//	done:  r0 of the caller = count or the error <─┘
//
// What the function is called with, and the count, are registers of a body of
// their own: they become parameters of blocks like all others.
type turns struct {
	t     *translator
	e     *body // the caller
	regs  *body // r0 to r5 are the function's, r6 counts
	pc    int
	call  *verifier.CallFact
	which *Value // index of the function
	fns   []int
	ctx   *Value // last argument of the function
	head  *Block
	done  *meeting
}

// newTurns prepares a loop around the function in register fn.
func (t *translator) newTurns(e *body, c *verifier.CallFact, fn, ctx bpf.Reg) *turns {
	l := &turns{t: t, e: e, pc: t.pc, call: c, fns: t.entered(c.Funcs)}
	l.regs = &body{fn: -1, sp: e.sp, vars: regVars + t.bodies*bodyVars}
	t.bodies++
	l.which, l.ctx = l.arg(fn), l.arg(ctx)
	l.done = &meeting{pc: t.pc, then: func() error {
		t.pc = l.pc
		t.set(e, bpf.R0, t.read(t.b, l.count()))
		return t.straight(e, l.pc+1)
	}}
	t.define(l.count(), t.f.Const(0))
	return l
}

// arg is an argument of the helper.
func (l *turns) arg(r bpf.Reg) *Value { return l.t.register(l.e, r, l.call.Args[r-bpf.R1]) }

// count is the variable that counts turns; in the end it is the result.
func (l *turns) count() variable { return l.regs.reg(bpf.R6) }

// refuse ends the call with an error when cond holds.
func (l *turns) refuse(cond *Value, e bpf.Errno) {
	t := l.t
	cond.Flags = FlagUnlikely
	bad, good := t.fork(cond)
	t.at(bad)
	t.define(l.count(), t.f.Const(bpf.RulesOf(t.obj.Platform).HelperResult(e)))
	t.arrive(l.done)
	t.at(good)
}

// noFlags refuses flags that are not 0.
func (l *turns) noFlags(r bpf.Reg) {
	flags := l.arg(r)
	if x, known := flags.IsConst(); !known || x != 0 {
		l.refuse(l.t.emit(OpNe64, 0, flags, l.t.f.Const(0)), bpf.EINVAL)
	}
}

// while goes on while cond holds and ends the call when it does not.
func (l *turns) while(cond *Value) {
	on, out := l.t.fork(cond)
	l.t.at(out)
	l.t.arrive(l.done)
	l.t.at(on)
}

// begin opens the block that every turn begins with.
func (l *turns) begin() {
	from := l.t.b
	l.head = l.t.f.NewBlock(l.pc)
	l.t.seal(l.head, nil)
	from.jumpTo(l.head)
	l.t.at(l.head)
}

// turn calls the function with args. The turn ends with what more translates,
// which is given the number of turns so far.
func (l *turns) turn(more func(n *Value), args ...*Value) error {
	t := l.t
	return l.run(func() error {
		t.pc = l.pc
		n := t.emit(OpAdd64, 0, t.read(t.b, l.count()), t.f.Const(1))
		t.define(l.count(), n)
		goes := t.emit(OpEq64, 0, t.read(t.b, l.regs.reg(bpf.R0)), t.f.Const(0))
		goes.Flags = FlagLikely
		l.while(goes)
		more(n)
		t.b.jumpTo(l.head)
		return nil
	}, args...)
}

// run calls the function with args; then translates what follows.
func (l *turns) run(then func() error, args ...*Value) error {
	for i, v := range args {
		l.t.define(l.regs.reg(bpf.R1+bpf.Reg(i)), v)
	}
	here, err := l.t.invoke(l.regs, l.which, l.fns, then)
	if here && err == nil {
		err = then()
	}
	return err
}

// counted makes a loop of limit turns; args makes those of the turn with a
// number, from 0.
func (l *turns) counted(limit *Value, args func(i *Value) []*Value) error {
	t := l.t
	l.while(t.emit(OpNe64, 0, limit, t.f.Const(0)))
	l.begin()
	more := func(n *Value) { l.while(t.emit(OpUlt64, 0, n, limit)) }
	return l.turn(more, args(t.read(t.b, l.count()))...)
}

// maxTurns is the limit of bpf_loop (linux/bpf.h, BPF_MAX_LOOPS).
const maxTurns = 8 << 20

// loop translates bpf_loop(nr, function, ctx, flags).
func (t *translator) loop(e *body, c *verifier.CallFact) error {
	l := t.newTurns(e, c, bpf.R2, bpf.R3)
	l.noFlags(bpf.R4)
	nr := t.emit(OpZext32, 0, l.arg(bpf.R1))
	if c.Args[0].Kind != verifier.KindScalar || c.Args[0].UMax > maxTurns {
		l.refuse(t.emit(OpUlt64, 0, t.f.Const(maxTurns), nr), bpf.E2BIG)
	}
	if len(l.fns) == 0 { // nr is 0: no turn was ever seen
		t.arrive(l.done)
		return nil
	}
	return l.counted(nr, func(i *Value) []*Value { return []*Value{i, l.ctx} })
}

// forEach translates for_each_map_elem(map, function, ctx, flags). A walk has
// its state in Frame.Each, where the address of a key can lead.
func (t *translator) forEach(e *body, c *verifier.CallFact) error {
	l := t.newTurns(e, c, bpf.R2, bpf.R3)
	l.noFlags(bpf.R4)
	if len(l.fns) == 0 {
		return t.errorf(t.pc, "for_each_map_elem without a function")
	}
	m, state := l.arg(bpf.R1), t.walk(e)
	if c.Map >= 0 && (t.obj.Maps[c.Map].Type == bpf.MapArray || t.obj.Maps[c.Map].Type == bpf.MapPercpuArray) && t.obj.Maps[c.Map].KeySize == 4 {
		return l.counted(t.emit(OpMapMax, int64(c.Map)), func(i *Value) []*Value {
			t.access(OpStore64, walkRegion, abi.EachPos, state, i) // its low half is the key
			return []*Value{m, state, t.element(c.Map, i), l.ctx}
		})
	}
	t.access(OpStore64, walkRegion, abi.EachPos, state, t.f.Const(0))
	l.begin()
	v := t.f.newValue(OpCall, t.pc, m, state)
	v.Sym, v.Helper, v.Map, v.Region = nextSymbol, c.Helper, c.Map, walkRegion
	v.Spans = []Span{{Arg: 0}, {Arg: 1}} // no memory of the program's
	t.order(v, walkRegion|table.RegionMap, walkRegion)
	l.while(t.emit(OpNe64, 0, v, t.f.Const(0)))
	key := t.access(OpLoad64, walkRegion, abi.EachKey, state)
	return l.turn(func(*Value) {}, m, key, v, l.ctx)
}

// drain translates user_ringbuf_drain(map, function, ctx, flags): rtlib has all
// rules of the ring, and says at the end what the result is. The state is where a
// walk has its; the dynptr of a sample is in it.
//
//	state = 0; ret = 0
//	head:  sample = next(map, state, flags, ret)
//	       if sample == 0: r0 of the caller = result in state, done
//	       ret = function(sample, ctx); goto head
func (t *translator) drain(e *body, c *verifier.CallFact) error {
	l := t.newTurns(e, c, bpf.R2, bpf.R3)
	if len(l.fns) == 0 {
		return t.errorf(t.pc, "user_ringbuf_drain without a function")
	}
	t.prog.Holds = true
	m, flags, state := l.arg(bpf.R1), l.arg(bpf.R4), t.walk(e)
	t.access(OpStore64, walkRegion, abi.EachPos, state, t.f.Const(0))
	t.define(l.regs.reg(bpf.R0), t.f.Const(0))
	l.begin()
	v := t.f.newValue(OpCall, t.pc, m, state, flags, t.read(t.b, l.regs.reg(bpf.R0)))
	v.Sym, v.Helper, v.Map, v.Region = c.Helper.Symbol, c.Helper, c.Map, walkRegion
	v.Spans = []Span{{Arg: 0}, {Arg: 1}, {Arg: 2}, {Arg: 3}} // no memory of the program's
	t.order(v, walkRegion, walkRegion)
	on, out := t.fork(t.emit(OpNe64, 0, v, t.f.Const(0)))
	t.at(out)
	t.define(l.count(), t.access(OpLoad64, walkRegion, abi.EachKey, state))
	t.arrive(l.done)
	t.at(on)
	return l.run(func() error {
		t.b.jumpTo(l.head)
		return nil
	}, v, l.ctx)
}

// nextSymbol is the rtlib function func(fr *abi.Frame, m, state uint64) uint64
// that returns the address of the next element's value, or 0.
const nextSymbol = "ForEachNext"

// walkRegion is where the state of a walk and the keys are: for programs they
// are sized memory.
const walkRegion = table.RegionCtx | table.RegionMem

// walk returns the address of the abi.EachState at the call depth of e.
func (t *translator) walk(e *body) *Value {
	frame := t.emit(OpFrame, 0)
	if t.f.Entry {
		return t.emit(OpAdd64, 0, frame, t.f.Const(uint64(abi.OffEach+e.sp/stackStep*abi.EachSize)))
	}
	// r10 lies stackStep bytes further for each function below the entry.
	sp := t.emit(OpSub64, 0, t.stack(e), frame)
	sp = t.emit(OpSub64, 0, sp, t.f.Const(abi.OffR10))
	sp = t.emit(OpShr64, 0, sp, t.f.Const(stackShift))
	return t.emit(OpAdd64, 0, t.emit(OpAdd64, 0, frame, sp), t.f.Const(abi.OffEach))
}

// stackShift turns a distance of stacks into one of abi.EachState.
const stackShift = 4

const _ = uint(stackStep - abi.EachSize<<stackShift) // they agree
const _ = uint(abi.EachSize<<stackShift - stackStep)
