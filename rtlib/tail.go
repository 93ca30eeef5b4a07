package rtlib

import (
	"unsafe"

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Offsets in abi.Frame for tail_amd64.s.
//
//nolint:unused // the linter does not read assembly
const (
	frameInst      = unsafe.Offsetof(abi.Frame{}.Inst) + unsafe.Offsetof(abi.Ptr{}.P)
	frameRunning   = unsafe.Offsetof(abi.Frame{}.Running)
	frameTailCalls = unsafe.Offsetof(abi.Frame{}.TailCalls)
	framePrivate   = unsafe.Offsetof(abi.Frame{}.Private) + unsafe.Offsetof(abi.Ptr{}.P)
	frameUnwind    = unsafe.Offsetof(abi.Frame{}.Unwind)
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
// Frame.own or Frame.next and lets its caller end, so that a chain takes no stack, and its
// returns are those that the processor expects.
//
//	entry ─► TailCall ─► entry of 1 ─► TailCall: next = 2
//	                 ◄─ ends
//	                 ─► entry of 2 …
//
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
		return tailSwitch(fr, p, m)
	}
	if n == 0 {
		return tailFirst(fr, p, index)
	}
	fr.TailCalls = n + 1
	(*Frame)(fr.Private.P).own = uintptr(unsafe.Pointer(p))
	fr.Unwind = 1
	return 0
}

// tailFirst is the rest of TailCall for the first one of an invocation: it runs p
// and the programs that tail calls lead to from there.
func tailFirst(fr *abi.Frame, p *Program, _ uint64) uint64 {
	f := (*Frame)(fr.Private.P)
	f.forget()
	fr.TailCalls = 1
	r0 := p.entry(fr)
	for f.own != 0 {
		r0 = f.ownNext().entry(fr)
	}
	fr.Result, fr.Unwind = r0, 1
	return 0
}

// forget begins a chain: a panic may have left something of another.
func (f *Frame) forget() {
	f.own, f.away = 0, false
	if f.next != nil {
		f.next = nil
	}
}

// ownNext takes the program of Frame.own, which is one of the instance that runs:
// the Frame keeps it.
//
//go:nocheckptr
func (f *Frame) ownNext() *Program {
	p := (*Program)(unsafe.Add(nil, f.own))
	f.own = 0
	return p
}

// tailSwitch is the rest of TailCall through the map m for a program of another
// instance, one that takes part in reclamation while its caller does not, or one
// that can hold something. From the first such one on, the chain has a deferred
// call.
func tailSwitch(fr *abi.Frame, p *Program, m uint64) uint64 {
	f := (*Frame)(fr.Private.P)
	if f.away && (!p.reclaims || fr.Running != 0) && fr.TailCalls != 0 {
		f.next = p
		fr.TailCalls++
		fr.Unwind = 1
		return 0
	}
	if fr.TailCalls == 0 {
		f.forget()
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
			return uint64(int64(mapAt(m).rules.TailCallNone))
		}
	}
	fr.TailCalls++
	if f.away {
		f.next, f.entered = p, f.entered || enter
		fr.Unwind = 1
		return 0
	}
	f.away, f.entered = true, enter
	fr.Result = p.followAway(fr)
	fr.Unwind = 1
	return 0
}

// followAway is the loop of tailFirst for a chain that may lead to other instances.
//
// The deferred function keeps a panic in a callee from leaving the Frame with the
// callee's maps: other programs of the Frame's instance would take them for
// theirs. TailCall itself leaves nothing but a count and a program that is noted,
// which the next chain begins with forgetting.
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
		switch {
		case f.own != 0:
			p = f.ownNext()
		case f.next != nil:
			p, f.next = f.next, nil
		default:
			return r0
		}
	}
}
