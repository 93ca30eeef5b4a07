package transfer

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
)

// What a program acquires is a state.Reference: it must be given back exactly
// once on every path. The pointers to it have its number as Hold; giving it
// back ends all of them, in registers and spills of every frame. A pointer
// that may be null and was acquired has Ref = Hold: in the branch where it is
// null there is no reference.

// acquire adds a reference made by this instruction.
func (m *Machine) acquire(kind state.RefKind) uint32 {
	return m.S.Acquire(state.Reference{Kind: kind, PC: int32(m.PC), Map: -1})
}

// release gives a reference back.
func (m *Machine) release(hold uint32) {
	m.S.Release(hold)
	end(m.S, hold)
}

// end makes numbers of all values that live by hold.
func end(s *state.State, hold uint32) {
	s.Visit(func(v *state.Value) bool { return v.Hold == hold },
		func(_ state.Place, v *state.Value) {
			*v = state.Unknown()
			v.Flags = state.Released
		})
}

// effects does what a call does to references and sections; its arguments are
// good and still in their registers. Callbacks and iterators see to their own.
func (m *Machine) effects(h *table.Helper) *Fault {
	if h.Iter != table.IterNone {
		return nil
	}
	if f := m.sections(h); f != nil {
		return f
	}
	for i, kind := range h.Args {
		v := &m.Note.Args[i]
		switch kind {
		case table.ArgRecord:
			m.release(v.Hold)
		case table.ArgDynptrRingbuf:
			m.release(m.dynptrOf(v).Hold)
		case table.ArgDynptrOut:
			m.makeDynptr(v)
		case table.ArgDynptr:
			if d := m.dynptrOf(v); h.Name == "dynptr_write" && movedBy(&d) {
				m.dropPacket()
			}
		case table.ArgMemOrNull:
			if h.Ret == table.RetDynptrSlice {
				if f := m.sliceBuffer(bpf.R1 + bpf.Reg(i)); f != nil {
					return f
				}
			}
		case table.ArgSock, table.ArgSockFull, table.ArgTask:
			if int(h.Releases) == i+1 {
				m.release(v.Hold)
			}
		}
	}
	return nil
}

// maxRefs bounds the references that a program holds at a time: a loop that
// takes one a turn and keeps it is not followed to its end.
const maxRefs = 256

// mayCall asserts that the helper may be called with what is held now.
func (m *Machine) mayCall(h *table.Helper) *Fault {
	if h.Ret == table.RetNeverOnSuccess {
		if f := m.ends("a tail call"); f != nil {
			return f
		}
	}
	if l := m.S.Refs(); len(l) >= maxRefs && (h.Acquires || h.Opens != table.SectionNone) {
		return m.held(&l[len(l)-1], fmt.Sprintf("%s is called while %d references are held, the last of them", calleeName(h), len(l)))
	}
	for i := range m.S.Refs() {
		r := &m.S.Refs()[i]
		switch {
		case r.Kind == state.RefLock && !underLock(h):
			f := m.lockFault(r, "%s is called while a lock is held", calleeName(h))
			return f.does("calls %s", calleeName(h)).need("call bpf_spin_unlock before it")
		case (r.Kind == state.RefRCU || r.Kind == state.RefPreempt) && h.Sleepable:
			return m.fault(reason.BadHelper, NoReg, "%s may sleep, %s is held", calleeName(h), refNames[r.Kind])
		}
	}
	return nil
}

// ends asserts that the program may end here: a tail call that succeeds, a
// legacy load beyond the packet. A function may end so for its callers, who
// then give back what they hold; locks are never held.
func (m *Machine) ends(what string) *Fault {
	for i := range m.S.Refs() {
		r := &m.S.Refs()[i]
		counted := r.Kind != state.RefLock && r.Kind != state.RefRCU && r.Kind != state.RefPreempt
		if !counted || m.S.Depth() == 0 {
			return m.held(r, what)
		}
	}
	return nil
}

// held is the fault of a reference that is not given back.
func (m *Machine) held(r *state.Reference, what string) *Fault {
	if r.Kind == state.RefLock {
		return m.lockFault(r, "%s while a lock is held", what).need("call bpf_spin_unlock on every path")
	}
	f := m.fault(reason.NotReleased, NoReg, "%s while %s is held", what, refNames[r.Kind])
	f.Since, f.SinceWhat = int(r.PC)+1, refBegins[r.Kind]
	return f.need("%s on every path", refEnds[r.Kind])
}

// released is the fault of a use of a pointer whose reference was given back.
func released(f *Fault, v *state.Value) *Fault {
	if v.Kind == state.Scalar && v.Flags&state.Released != 0 {
		f.Code, f.What = reason.UsedAfterRelease, f.Reg.String()+" was given back before and points to nothing"
		f.Need = "use it only before it is submitted, discarded or released"
	}
	return f
}

var refNames = [state.NumRefKinds]string{
	state.RefRecord: "a ring buffer record", state.RefObj: "a socket", state.RefDynptr: "a ring buffer record",
	state.RefIter: "an iterator", state.RefLock: "a lock", state.RefKptr: "an object",
	state.RefRCU: "the RCU read lock", state.RefPreempt: "preemption off",
}

var refBegins = [state.NumRefKinds]string{
	state.RefRecord: "reserved", state.RefObj: "acquired", state.RefDynptr: "reserved",
	state.RefIter: "made", state.RefLock: "locked", state.RefKptr: "acquired",
	state.RefRCU: "locked", state.RefPreempt: "disabled",
}

var refEnds = [state.NumRefKinds]string{
	state.RefRecord: "call bpf_ringbuf_submit or bpf_ringbuf_discard", state.RefObj: "call bpf_sk_release",
	state.RefDynptr: "call bpf_ringbuf_submit_dynptr or bpf_ringbuf_discard_dynptr",
	state.RefIter:   "destroy it", state.RefLock: "call bpf_spin_unlock", state.RefKptr: "release it",
	state.RefRCU: "call bpf_rcu_read_unlock", state.RefPreempt: "call bpf_preempt_enable",
}

// startOf reports whether a pointer is where its object begins: what is given
// back has no offset.
func startOf(v *state.Value) bool {
	k, ok := v.S.IsConst()
	return v.Off == 0 && ok && k == 0
}

// notNull asserts that an object is tested for NULL.
func (m *Machine) notNull(r bpf.Reg, v *state.Value) *Fault {
	if !v.Null {
		return nil
	}
	return m.fault(reason.MayBeNull, r, "%s may be NULL", r).need("test it for NULL first")
}
