package ir

import (
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// Numeric iterators (bpf_for) are built of loads and stores of their state,
// 8 bytes of the program's stack as Linux lays them out (kernel/bpf/bpf_iter.c):
//
//	┌────────┬────────┐
//	│  cur   │  end   │   int32 each; the next element is cur+1 while that is
//	└────────┴────────┘   less than end
//
// An element is cur itself, at the address of the state. The facts call it sized
// memory, so in a program with iterators such accesses are of the stack, too
// (elements). When the test of the pointer is threaded, its loads are at a
// constant place of the stack, and slots makes registers of the state.

// kfuncs are the functions outside of the program that are translated in
// place. Others are called by the symbol of their row.
var kfuncs = map[string]func(*translator, *body, *verifier.CallFact) bool{
	"memset":               (*translator).fill,
	"memcpy":               (*translator).copy,
	"memmove":              (*translator).copy,
	"memcmp":               (*translator).compare,
	"bpf_iter_num_new":     (*translator).iterNumNew,
	"bpf_iter_num_next":    (*translator).iterNumNext,
	"bpf_iter_num_destroy": (*translator).iterNumDestroy,
	"bpf_rcu_read_lock":    nothing,
	"bpf_rcu_read_unlock":  nothing,
	"bpf_preempt_disable":  nothing,
	"bpf_preempt_enable":   nothing,
}

// nothing is what a section needs that keeps others out: rtlib frees no memory
// of a running program, and nobody else runs on its slot.
func nothing(*translator, *body, *verifier.CallFact) bool { return true }

const (
	iterCur = 0       // offsets in the state
	iterEnd = 4       //
	iterMax = 8 << 20 // numbers of one iterator (linux/bpf.h, BPF_MAX_LOOPS)
)

// iterNumNew begins with start-1; what is refused leaves an iterator without
// elements.
func (t *translator) iterNumNew(e *body, c *verifier.CallFact) bool {
	it := t.register(e, bpf.R1, c.Args[0])
	start := t.emit(OpSext32, 0, t.register(e, bpf.R2, c.Args[1]))
	end := t.emit(OpSext32, 0, t.register(e, bpf.R3, c.Args[2]))
	rules, none := bpf.RulesOf(t.obj.Platform), t.f.Const(0)
	// A difference below 0 is a large number.
	good := t.emit(OpUle64, 0, t.emit(OpSub64, 0, end, start), t.f.Const(iterMax))
	good.Flags = FlagLikely
	before := t.emit(OpSub64, 0, start, t.f.Const(1))
	t.access(OpStore32, table.RegionStack, iterCur, it, t.emit(OpSelect, 0, good, before, none))
	t.access(OpStore32, table.RegionStack, iterEnd, it, t.emit(OpSelect, 0, good, end, none))
	bad := t.emit(OpSelect, 0, t.emit(OpSlt64, 0, end, start),
		t.f.Const(rules.HelperResult(bpf.EINVAL)), t.f.Const(rules.HelperResult(bpf.E2BIG)))
	t.set(e, bpf.R0, t.emit(OpSelect, 0, good, none, bad))
	return true
}

func (t *translator) iterNumNext(e *body, c *verifier.CallFact) bool {
	it := t.register(e, bpf.R1, c.Args[0])
	next := t.emit(OpAdd32, 0, t.access(OpLoad32, table.RegionStack, iterCur, it), t.f.Const(1))
	more := t.emit(OpSlt32, 0, next, t.access(OpLoad32, table.RegionStack, iterEnd, it))
	more.Flags = FlagLikely
	from := t.b
	found, empty, done := t.f.NewBlock(t.pc), t.f.NewBlock(t.pc), t.f.NewBlock(t.pc)
	t.seal(found, from)
	t.seal(empty, from)
	t.seal(done, nil)
	from.branch(more, Edge{To: found}, Edge{To: empty})
	t.at(found)
	t.access(OpStore32, table.RegionStack, iterCur, it, next)
	t.set(e, bpf.R0, it)
	found.jumpTo(done)
	t.at(empty)
	t.set(e, bpf.R0, t.f.Const(0))
	empty.jumpTo(done)
	t.at(done)
	return true
}

// iterNumDestroy clears the state: it is stack that was never written again.
func (t *translator) iterNumDestroy(e *body, c *verifier.CallFact) bool {
	it := t.register(e, bpf.R1, c.Args[0])
	t.access(OpStore64, table.RegionStack, iterCur, it, t.f.Const(0))
	return true
}

// elements adds to the regions of an access to sized memory those where that may
// lie (aliases).
func (t *translator) elements(r table.Region) table.Region {
	if r&table.RegionMem == 0 {
		return r
	}
	return r | t.aliases
}

// aliased are the regions that sized memory of the program may be part of,
// beside its own: records of rings are nowhere else. Elements of iterators lie
// on the stack. Slices of dynptrs are values of maps, of the packet, or buffers
// that the program has; so is what global functions are passed.
func (b *builder) aliased() table.Region {
	var r table.Region
	for pc := range b.facts.Insns {
		c := b.facts.Insns[pc].Call
		switch {
		case c == nil || c.Helper == nil:
		case c.Helper.Ret == table.RetIter:
			r |= table.RegionStack
		case c.Helper.Ret == table.RetDynptrData || c.Helper.Ret == table.RetDynptrSlice:
			r |= anyMemory
		}
	}
	for _, fn := range b.src.Funcs[1:] {
		if fn.Global && takesMemory(fn.Proto) {
			r |= anyMemory
		}
	}
	return r
}

func takesMemory(p *frontend.Proto) bool {
	return p == nil || slices.ContainsFunc(p.Params, func(q frontend.Param) bool { return q.Kind == frontend.ParamMem || q.Kind == frontend.ParamDynptr })
}

const anyMemory = table.RegionStack | table.RegionMap | table.RegionPacket
