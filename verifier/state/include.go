package state

import "github.com/bpf2go-native/bpf2go-native/bpf"

// Includer decides inclusion. It holds scratch memory and may be used again,
// by one goroutine.
type Includer struct {
	classes []classPair
	refs    []refPair
	holds   []refPair
}

// classPair says how a class of the including state was found in the other:
// as class cur with cur.Delta - old.Delta = shift, or, when cur is 0, as the
// constant base shift.
type classPair struct {
	old, cur uint32
	shift    uint64
}

// noClass is no state's class: a number without a class is alone, and a second
// member of its class in the including state fails on it.
const noClass = ^uint32(0)

type refPair struct{ old, cur uint32 }

// Included reports whether every concrete state of cur is one of old.
func (n *Includer) Included(cur, old *State) bool {
	if cur.depth != old.depth {
		return false
	}
	n.classes, n.refs, n.holds = n.classes[:0], n.refs[:0], n.holds[:0]
	if !n.references(cur, old) {
		return false
	}
	for i := old.depth; i >= 0; i-- {
		c, o := cur.frames[i], old.frames[i]
		if c.Func != o.Func || c.Return != o.Return || c.Callback != o.Callback || (c.Busy == 0) != (o.Busy == 0) || c.Async != o.Async || c.Turns < o.Turns {
			return false
		}
		if c == o && i < old.depth && !o.related() {
			continue
		}
		for r := range o.Regs {
			if o.Regs[r].Kind != Uninit && !n.value(&c.Regs[r], &o.Regs[r]) {
				return false
			}
		}
		if !n.stack(&c.Stack, &o.Stack) {
			return false
		}
	}
	return true
}

// related reports whether values of the frame may be tied to others.
func (f *Frame) related() bool {
	for r := range f.Regs {
		if f.Regs[r].ID|f.Regs[r].Ref|f.Regs[r].Hold != 0 {
			return true
		}
	}
	for _, c := range f.Stack.Cells {
		if c != nil && c.Size != 0 && c.Val.ID|c.Val.Ref|c.Val.Hold != 0 {
			return true
		}
	}
	return false
}

func (n *Includer) stack(cur, old *Stack) bool {
	for i, o := range old.Cells {
		c := cur.at(i)
		if o == nil || c == o && (o.Size == 0 || o.Val.ID|o.Val.Ref|o.Val.Hold == 0) && !o.Second {
			continue
		}
		if c == nil {
			if o.Bytes != [CellSize]Byte{} {
				return false
			}
			continue
		}
		switch {
		case o.Second: // checked with the low half
			if old.Cells[i+1] == nil || old.Cells[i+1].Size != 8 {
				return false
			}
		case o.Size != 0:
			if !n.spill(cur, i, c, o) {
				return false
			}
		}
		for j, b := range o.Bytes {
			switch b {
			case Misc:
				if c.Bytes[j] == Invalid {
					return false
				}
			case Zero:
				if c.Bytes[j] != Zero {
					return false
				}
			}
		}
	}
	return true
}

// spill compares the value in cell i; zero bytes are the number 0.
func (n *Includer) spill(cur *Stack, i int, c, o *Cell) bool {
	if c.Size == o.Size {
		return n.value(&c.Val, &o.Val)
	}
	if c.Size != 0 || c.Second {
		return false
	}
	for j := range o.Size {
		if b, _ := cur.byteAt(start(i) + int64(j)); b != Zero {
			return false
		}
	}
	zero := Const(0)
	return n.value(&zero, &o.Val)
}

func (n *Includer) value(c, o *Value) bool {
	if c.Kind != o.Kind {
		return false
	}
	if o.Kind == Scalar {
		return c.Room >= o.Room && c.S.Within(&o.S) && n.class(c, o)
	}
	if c.Off != o.Off {
		w, ok := rebased(c, o.Off)
		if _, fixed := o.S.IsConst(); fixed || !ok {
			return false
		}
		c = &w
	}
	if c.Null && !o.Null || c.Frame != o.Frame || c.Map != o.Map || c.Flags != o.Flags ||
		c.Size < o.Size || c.Room < o.Room {
		return false
	}
	return c.S.Within(&o.S) && n.class(c, o) && n.ref(c, o) && n.hold(c, o)
}

// class: the relation that old states must hold in cur.
func (n *Includer) class(c, o *Value) bool {
	if o.ID == 0 {
		return true
	}
	if o.ID == LenClass {
		return c.ID == LenClass && c.Delta == o.Delta
	}
	k, isConst := c.S.IsConst()
	for _, p := range n.classes {
		if p.old != o.ID {
			continue
		}
		if p.cur == 0 {
			return isConst && k-o.Delta == p.shift
		}
		return c.ID == p.cur && c.Delta-o.Delta == p.shift
	}
	p := classPair{old: o.ID, cur: c.ID, shift: c.Delta - o.Delta}
	switch {
	case isConst:
		p.cur, p.shift = 0, k-o.Delta
	case c.ID == 0:
		p.cur = noClass
	}
	n.classes = append(n.classes, p)
	return true
}

// ref: values of one lookup in old are of one lookup in cur; both are null
// there or none is.
func (n *Includer) ref(c, o *Value) bool {
	switch {
	case o.Ref == 0:
		return true
	case o.Null && !c.Null && c.Ref == 0:
		return n.pairRef(o.Ref, notNull)
	case !o.Null && c.Ref == 0:
		return false // identity counts and is lost
	}
	return n.pairRef(o.Ref, c.Ref)
}

// notNull stands for a lookup that is known to have succeeded and whose
// number is forgotten: every copy must be so.
const notNull = 0

// hold: what lives by one thing in old lives by one in cur, and what does not
// does not. An acquired pointer that may be null is one in both.
func (n *Includer) hold(c, o *Value) bool {
	if (c.Hold == 0) != (o.Hold == 0) || c.Null && (c.Ref == c.Hold) != (o.Ref == o.Hold) {
		return false
	}
	return o.Hold == 0 || n.pairHold(o.Hold, c.Hold)
}

// pairHold is one to one: what ends with one reference in cur ends with one in
// old.
func (n *Includer) pairHold(old, cur uint32) bool {
	for _, p := range n.holds {
		if p.old == old || p.cur == cur {
			return p == refPair{old, cur}
		}
	}
	n.holds = append(n.holds, refPair{old, cur})
	return true
}

// references: both hold the same, in the same order.
func (n *Includer) references(cur, old *State) bool {
	if len(cur.refs) != len(old.refs) {
		return false
	}
	for i := range old.refs {
		c, o := &cur.refs[i], &old.refs[i]
		if c.Kind != o.Kind || c.Map != o.Map || (c.On == 0) != (o.On == 0) || !n.pairHold(o.ID, c.ID) || o.On != 0 && !n.pairRef(o.On, c.On) {
			return false
		}
	}
	return true
}

func (n *Includer) pairRef(old, cur uint32) bool {
	for _, p := range n.refs {
		if p.old == old {
			return p.cur == cur
		}
	}
	n.refs = append(n.refs, refPair{old, cur})
	return true
}

// Equal reports whether two states are the same up to the numbers of classes.
func (n *Includer) Equal(a, b *State) bool { return n.Included(a, b) && n.Included(b, a) }

// Hash mixes what equal states share: a search key, nothing rests on it.
func (s *State) Hash() uint64 {
	h := uint64(14695981039346656037)
	mix := func(v uint64) { h = (h ^ v) * 1099511628211; h ^= h >> 29 }
	for i := range s.depth + 1 {
		f := s.frames[i]
		mix(uint64(f.Return))
		for r := range f.Regs[:bpf.R10] {
			v := &f.Regs[r]
			mix(uint64(v.Kind) + uint64(v.Off)<<8)
			mix(v.S.R.Umin)
			mix(v.S.R.Umax)
			mix(v.S.T.Mask)
		}
		for j, c := range f.Stack.Cells {
			if c != nil {
				mix(uint64(j)<<8 | uint64(c.Size))
				mix(v4(c.Bytes))
				mix(c.Val.S.R.Umin)
			}
		}
	}
	return h
}

func v4(b [CellSize]Byte) uint64 {
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24
}
