package rtlib

import (
	"unsafe"

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// maxTailCalls is how many tail calls an invocation takes (MAX_TAIL_CALL_CNT of
// linux/bpf.h, the same number on Windows).
const maxTailCalls = 33

// TailCall is bpf_tail_call: it runs the program in a slot of a program array to
// its end, on the same Frame, in the place of the one that calls. Frame.Unwind is
// then 1: the functions of the caller return at once and its entry, which sets
// Unwind to 0 again, gives Frame.Result (docs/decisions/0011).
//
// When the index is not below max_entries, when the slot is empty or its
// program's instance closed, or when the invocation has taken 33, Unwind stays 0
// and the result is what the map's platform says.
//
// The callee finds the context that the Frame has, and stacks that are its own:
// the caller does not use its stack again.
//
// Only the first tail call of an invocation calls: it runs the programs of the
// whole chain one after the other. Each further one notes the program in
// Frame.next and lets its caller end, so that a chain takes no stack, and its
// returns are those that the processor expects.
//
//	entry ─► TailCall ─► follow ─► entry of 1 ─► TailCall: next = 2
//	                            ◄─ ends
//	                            ─► entry of 2 …
//
//go:linkname TailCall bpf2go/rtlib/v1.TailCall
//go:nocheckptr
func TailCall(fr *abi.Frame, m, index uint64) uint64 {
	mp := mapAt(m)
	index = uint64(uint32(index)) // the parameter is a u32
	if index >= mp.max {
		return uint64(int64(mp.rules.TailCallNone))
	}
	t := mp.slotAt(index).Load()
	if t == nil {
		return uint64(int64(mp.rules.TailCallNone))
	}
	p := t.program.Load()
	if p == nil {
		return uint64(int64(mp.rules.TailCallNone))
	}
	n := fr.TailCalls
	if n >= maxTailCalls {
		return uint64(int64(mp.rules.TailCallLimit))
	}
	if unsafe.Pointer(p.inst) != fr.Inst.P || p.reclaims && fr.Running == 0 || p.holds {
		return p.tailSwitch(fr, mp)
	}
	fr.TailCalls = n + 1
	if n != 0 {
		(*Frame)(fr.Private.P).next = p
	} else {
		fr.Result = p.follow(fr)
	}
	fr.Unwind = 1
	return 0
}

// follow runs p and the programs that tail calls lead to from there.
func (p *Program) follow(fr *abi.Frame) uint64 {
	f := (*Frame)(fr.Private.P)
	f.next, f.away = nil, false // whatever a panic has left there
	for {
		r0 := p.entry(fr)
		if p = f.next; p == nil {
			return r0
		}
		f.next = nil
	}
}

// tailSwitch is the rest of TailCall for a program of another instance, one that
// takes part in reclamation while its caller does not, or one that can hold
// something. From the first such one on, the chain has a deferred call.
func (p *Program) tailSwitch(fr *abi.Frame, mp *Map) uint64 {
	f := (*Frame)(fr.Private.P)
	if fr.TailCalls == 0 {
		f.next, f.away = nil, false
	}
	enter := p.reclaims && fr.Running == 0 && !f.inside()
	if enter {
		f.domain.enter(f.cell)
		fr.Running = 1
		// The order of Program.inEpoch. A caller that was in its epoch when it
		// read the slot needs no second look: Close has emptied the slot before
		// it waits.
		if p.inst.closed.Load() {
			f.leave()
			return uint64(int64(mp.rules.TailCallNone))
		}
	}
	fr.TailCalls++
	if f.away {
		f.next = p
		f.entered = f.entered || enter
	} else {
		f.away, f.entered = true, enter
		fr.Result = p.followAway(fr)
	}
	fr.Unwind = 1
	return 0
}

// followAway is follow for a chain that may lead to other instances.
//
// The deferred function keeps a panic in a callee from leaving the Frame with the
// callee's maps: other programs of the Frame's instance would take them for
// theirs. TailCall itself leaves nothing but a count and a program in Frame.next,
// which the next chain begins with setting to nothing.
func (p *Program) followAway(fr *abi.Frame) uint64 {
	f := (*Frame)(fr.Private.P)
	inst, slots := fr.Inst.P, fr.Slots.P
	defer func() {
		f.letGo()
		fr.Inst.P, fr.Slots.P = inst, slots
		f.away = false
		if f.entered {
			f.entered = false
			f.leave()
		}
	}()
	for {
		if unsafe.Pointer(p.inst) != fr.Inst.P {
			fr.Inst.P, fr.Slots.P = unsafe.Pointer(p.inst), p.inst.slots
		}
		r0 := p.entry(fr)
		if p = f.next; p == nil {
			return r0
		}
		f.next = nil
	}
}
