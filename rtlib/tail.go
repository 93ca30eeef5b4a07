package rtlib

import (
	"unsafe"

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// maxTailCalls is how many tail calls an invocation takes (MAX_TAIL_CALL_CNT of
// linux/bpf.h, the same number on Windows).
const maxTailCalls = 33

// TailCall is bpf_tail_call: it runs the program in a slot of a program array to
// its end, on the same Frame, in the place of the one that calls. The callee's
// r0 is then in Frame.Result, and Frame.Unwind is 1: the functions of the caller
// return at once and its entry, which sets Unwind to 0 again, gives Result
// (docs/decisions/0011).
//
// When the index is not below max_entries, when the slot is empty or its
// program's instance closed, or when the invocation has taken 33, Unwind stays 0
// and the result is what the map's platform says.
//
// The callee finds the context that the Frame has, and stacks that are its own:
// the caller does not use its stack again.
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
	if fr.TailCalls >= maxTailCalls {
		return uint64(int64(mp.rules.TailCallLimit))
	}
	if unsafe.Pointer(p.inst) != fr.Inst.P || p.reclaims && fr.Running == 0 || p.holds {
		return p.tailSwitch(fr, mp)
	}
	fr.TailCalls++
	fr.Result = p.entry(fr)
	fr.Unwind = 1
	return 0
}

// tailSwitch is the rest of TailCall for a program of another instance, one that
// takes part in reclamation while its caller does not, or one that can hold
// something.
//
// The deferred function keeps a panic in the callee from leaving the Frame with
// its maps: other programs of the Frame's instance would take them for theirs.
// TailCall itself leaves nothing but a count, which every run of a program that
// may take tail calls sets to 0.
func (p *Program) tailSwitch(fr *abi.Frame, mp *Map) uint64 {
	f := (*Frame)(fr.Private.P)
	inst, slots := fr.Inst.P, fr.Slots.P
	enter := p.reclaims && fr.Running == 0 && !f.inside()
	defer func() {
		f.letGo()
		fr.Inst.P, fr.Slots.P = inst, slots
		if enter {
			f.leave()
		}
	}()
	if enter {
		f.domain.enter(f.cell)
		fr.Running = 1
		// The order of Program.inEpoch. A caller that was in its epoch when it
		// read the slot needs no second look: Close has emptied the slot before
		// it waits.
		if p.inst.closed.Load() {
			return uint64(int64(mp.rules.TailCallNone))
		}
	}
	fr.TailCalls++
	fr.Inst.P, fr.Slots.P = unsafe.Pointer(p.inst), p.inst.slots
	fr.Result = p.entry(fr)
	fr.Unwind = 1
	return 0
}
