package progen

import "github.com/bpf2go-native/bpf2go-native/bpf"

// kind is what a register or a stack slot holds.
type kind uint8

const (
	none   kind = iota // nothing that may be read
	number             //
	ctx                // the context
	stack              // an address in the function's own stack, r10 + off
	memory             // other memory: packet, map value, a caller's stack
	end                // the packet's end
	held               // slots only: in use by the loop around, not to be touched
)

// value is a register or a stack slot. Accesses through a pointer may be at
// offsets from lo to hi.
type value struct {
	kind   kind
	off    int // stack
	lo, hi int // memory
	align  int // memory: the address is a multiple of it
	// packet memory: more bytes can be shown to be there. start: this is its
	// first byte.
	packet, start bool
	// meta is packet memory in front of the packet, which ends where that
	// begins.
	meta bool
	// length is a number: that of a Memory hook's memory.
	length bool
	// hash: the value of a hash map, which in the kernel may become another
	// one's when the map changes.
	hash bool
	// readonly memory is not written.
	readonly bool
	// strict memory is a caller's stack: accesses are aligned.
	strict bool
}

const (
	stackSize = 512
	slots     = stackSize / 8
)

// state is what is known at one place. It is copied at branches.
type state struct {
	regs [10]value
	slot [slots]value    // of pointers that are spilled; by offset from r10 - 512
	init [stackSize]bool // bytes that hold numbers
	// locked: pointers that are spilled are not overwritten (loops).
	locked bool
}

// merge is the state behind two ways.
func merge(a, b *state) state {
	m := *a
	for r := range m.regs {
		m.regs[r] = join(a.regs[r], b.regs[r])
	}
	for s := range m.slot {
		m.slot[s] = join(a.slot[s], b.slot[s])
	}
	for i := range m.init {
		m.init[i] = a.init[i] && b.init[i]
	}
	return m
}

// join is a value that comes from two ways.
func join(a, b value) value {
	if a == b {
		return a
	}
	switch {
	case a.kind == number && b.kind == number:
		return value{kind: number}
	case a.kind != memory || b.kind != memory || a.meta != b.meta:
		return value{}
	}
	return value{
		kind: memory, lo: max(a.lo, b.lo), hi: min(a.hi, b.hi), align: min(a.align, b.align),
		packet: a.packet && b.packet, start: a.start && b.start, hash: a.hash || b.hash, readonly: a.readonly || b.readonly,
		strict: a.strict || b.strict, meta: a.meta,
	}
}

// index is where a byte at r10 + off is.
func index(off int) int { return off + stackSize }

// written records that n bytes at r10 + off hold numbers.
func (s *state) written(off, n int) {
	for k := index(off); k < index(off)+n; k++ {
		s.init[k] = true
		s.slot[k/8] = value{}
	}
}

// unwritten records that n bytes at r10 + off hold something that is no number.
func (s *state) unwritten(off, n int) {
	for k := index(off); k < index(off)+n; k++ {
		s.init[k] = false
		s.slot[k/8] = value{}
	}
}

// readable reports whether n bytes at r10 + off hold numbers.
func (s *state) readable(off, n int) bool {
	if off < -stackSize || off+n > 0 {
		return false
	}
	for k := index(off); k < index(off)+n; k++ {
		if !s.init[k] || s.slot[k/8].kind != none {
			return false
		}
	}
	return true
}

// free reports whether n bytes at r10 + off can be written: no pointer is
// there, and nothing that a loop needs. A pointer that is overwritten as a
// whole is free.
func (s *state) free(off, n int) bool {
	if off < -stackSize || off+n > 0 {
		return false
	}
	for k := index(off); k < index(off)+n; k++ {
		switch v := s.slot[k/8]; {
		case v.kind == held:
			return false
		case v.kind != none && (s.locked || off%8 != 0 || n%8 != 0):
			return false
		}
	}
	return true
}

// unused reports whether no byte of the slot at r10 + off holds a number.
func (s *state) unused(off int) bool {
	for k := index(off); k < index(off)+8; k++ {
		if s.init[k] {
			return false
		}
	}
	return true
}

// spilled records that the slot at r10 + off holds a pointer.
func (s *state) spilled(off int, v value) {
	for k := index(off); k < index(off)+8; k++ {
		s.init[k] = false
	}
	s.slot[index(off)/8] = v
}

// forget drops values that match.
func (s *state) forget(match func(value) bool) {
	for r := range s.regs {
		if match(s.regs[r]) {
			s.regs[r] = value{}
		}
	}
	for k := range s.slot {
		if match(s.slot[k]) {
			s.slot[k] = value{}
		}
	}
}

// called drops what a call does not keep, r1 to r5, and makes r0 unreadable.
func (s *state) called() {
	for r := bpf.R0; r <= bpf.R5; r++ {
		s.regs[r] = value{}
	}
}
