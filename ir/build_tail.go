package ir

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// tailCall translates a tail call: rtlib runs the other program to its end and
// sets Frame.Unwind, or returns what the program goes on with. See
// docs/decisions/0011.
func (t *translator) tailCall(e *body, c *verifier.CallFact) {
	v := t.f.newValue(OpCall, t.pc)
	index := t.emit(OpZext32, 0, t.register(e, bpf.R3, c.Args[2]))
	v.Args = []*Value{t.register(e, bpf.R2, c.Args[1]), index}
	v.Sym, v.Helper, v.Map, v.Region = tailSymbol, c.Helper, c.Map, table.RegionAll
	for i := range v.Args { // the map is not followed, the index is none
		v.Spans = append(v.Spans, Span{Arg: i})
	}
	t.order(v, everywhere, table.RegionAll)
	t.set(e, bpf.R0, v)
	t.prog.TailCalls = true
	t.unwind(FlagLikely)
}

// tailSymbol is the rtlib function func(fr *abi.Frame, m, index uint64) uint64.
const tailSymbol = "TailCall"

// unwind leaves the Func when the call before has set Frame.Unwind.
func (t *translator) unwind(chance Flags) {
	t.f.Unwinds = true
	frame := t.emit(OpFrame, 0)
	word := t.access(OpLoad64, table.RegionCtx, abi.OffUnwind, frame)
	set := t.emit(OpNe64, 0, word, t.f.Const(0))
	set.Flags = chance
	gone, on := t.fork(set)
	t.at(gone)
	t.leave()
	t.at(on)
}

// leave ends the Func while Frame.Unwind is set: all such ways meet. The entry
// clears the word and returns the other program's result, as if the program
// were that one; nobody reads what a subprogram returns.
func (t *translator) leave() {
	pc := t.pc
	if t.left == nil {
		t.left = &meeting{pc: pc, then: func() error {
			t.pc = pc
			if !t.f.Entry {
				t.b.ret(t.f.Const(0))
				return nil
			}
			frame := t.emit(OpFrame, 0)
			t.access(OpStore64, table.RegionCtx, abi.OffUnwind, frame, t.f.Const(0))
			t.b.ret(t.access(OpLoad64, table.RegionCtx, abi.OffResult, frame))
			return nil
		}}
	}
	t.arrive(t.left)
}
