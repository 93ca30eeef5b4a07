package explore

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

// joiner makes states that include two others. It holds scratch memory.
type joiner struct {
	old, cur, to *state.State
	limits       *limits // nil: do not widen
	in           state.Includer
	items        []item
	refs         []refPair
}

// item is a joined value whose class is still to be found.
type item struct {
	at       state.Place
	old, cur side
	moved    bool // it is not the same number in both states
	v        state.Value
}

// side is what one state says of a value's class: that it is delta more than
// the base of class id, or, with id 0, that it is delta.
type side struct {
	id    uint32
	delta uint64
	ok    bool
}

// refPair is a lookup of the joined state by those of the two.
type refPair struct{ old, cur, to uint32 }

// join returns a state that includes cur, and old as far as it is like it;
// nil when they are too different. With limits it is one of few states, so
// that the states of a loop come to an end.
func (j *joiner) join(old, cur *state.State, l *limits) *state.State {
	if old.Depth() != cur.Depth() || len(old.Refs()) != len(cur.Refs()) {
		return nil
	}
	j.old, j.cur, j.to, j.limits = old, cur, cur.Clone(), l
	j.items, j.refs = j.items[:0], j.refs[:0]
	for i, o := range old.Refs() {
		c := cur.Refs()[i]
		if o.Kind != c.Kind || o.Map != c.Map || (o.On == 0) != (c.On == 0) {
			return nil
		}
		j.refs = append(j.refs, refPair{o.ID, c.ID, c.ID})
		if o.On != 0 {
			j.refs = append(j.refs, refPair{o.On, c.On, c.On})
		}
	}
	for d := range cur.Depth() + 1 {
		if !j.frame(d) {
			return nil
		}
	}
	j.classes()
	if !j.in.Included(cur, j.to) {
		return nil // bounds that Reduce could not keep together
	}
	return j.to
}

func (j *joiner) frame(d int) bool {
	o, c := j.old.Frame(d), j.cur.Frame(d)
	if o.Func != c.Func || o.Return != c.Return || o.Callback != c.Callback || (o.Busy == 0) != (c.Busy == 0) {
		return false
	}
	for r := range c.Regs[:bpf.R10] {
		if c.Regs[r].Kind == state.Uninit {
			continue
		}
		v, ok := j.value(state.Place{Frame: d, Reg: bpf.Reg(r), Cell: -1}, &o.Regs[r], &c.Regs[r])
		if !ok {
			v = state.Value{}
		}
		if v != c.Regs[r] {
			j.to.Own(d).Regs[r] = v
		}
	}
	return j.stack(d, &o.Stack, &c.Stack)
}

// stack joins cell by cell; an 8-byte value goes with its low half.
func (j *joiner) stack(d int, o, c *state.Stack) bool {
	for i := len(c.Cells) - 1; i >= 0; i-- {
		cc := c.Cells[i]
		if cc == nil {
			continue
		}
		var oc *state.Cell
		if i < len(o.Cells) {
			oc = o.Cells[i]
		}
		if cc == oc && (cc.Size == 0 || cc.Val.ID|cc.Val.Ref|cc.Val.Hold == 0) {
			continue
		}
		size := max(spillSize(o, i), spillSize(c, i))
		if size > 0 && (size >= state.CellSize || oc != nil && cc.Bytes == oc.Bytes) {
			ov, ok1 := spillOf(o, i, size)
			cv, ok2 := spillOf(c, i, size)
			if ok1 && ok2 {
				if cv.Kind >= state.SlotIter && ov.Off != cv.Off {
					return false
				}
				v, ok := j.value(state.Place{Frame: d, Cell: i}, &ov, &cv)
				if ok {
					j.to.Own(d).Stack.Put(i, size, v)
					if size == 8 {
						i--
					}
					continue
				}
			}
			if cv.Kind >= state.SlotIter || ov.Kind >= state.SlotIter {
				return false
			}
		}
		j.bytes(d, i, oc, cc)
		if cc.Size == 8 && i > 0 {
			var low *state.Cell
			if i-1 < len(o.Cells) {
				low = o.Cells[i-1]
			}
			j.bytes(d, i-1, low, c.Cells[i-1])
			i--
		}
	}
	return true
}

// spillSize is the size of the value whose low cell is i.
func spillSize(k *state.Stack, i int) int {
	if i >= len(k.Cells) || k.Cells[i] == nil {
		return 0
	}
	return int(k.Cells[i].Size)
}

// spillOf is the value of size bytes at cell i; zero bytes are the number 0.
func spillOf(k *state.Stack, i, size int) (state.Value, bool) {
	if spillSize(k, i) == size {
		return k.Cells[i].Val, true
	}
	for n := 0; n < size; n += state.CellSize {
		if i < 0 || i >= len(k.Cells) || k.Cells[i] == nil || k.Cells[i].Second || k.Cells[i].Size != 0 {
			return state.Value{}, false
		}
		for _, b := range k.Cells[i].Bytes[:min(size-n, state.CellSize)] {
			if b != state.Zero {
				return state.Value{}, false
			}
		}
		i--
	}
	return state.Const(0), true
}

// bytes joins a cell byte by byte.
func (j *joiner) bytes(d, i int, o, c *state.Cell) {
	var n [state.CellSize]state.Byte
	if o != nil && c != nil {
		for k := range n {
			switch a, b := o.Bytes[k], c.Bytes[k]; {
			case a == state.Invalid || b == state.Invalid:
			case a == state.Zero && b == state.Zero:
				n[k] = state.Zero
			default:
				n[k] = state.Misc
			}
		}
	}
	if n == [state.CellSize]state.Byte{} {
		j.to.Own(d).Stack.Drop(i)
		return
	}
	j.to.Own(d).Stack.SetBytes(i, n)
}

// value joins two values; false when only nothing covers both.
func (j *joiner) value(at state.Place, o, c *state.Value) (state.Value, bool) {
	if o.Kind != c.Kind || o.Frame != c.Frame || o.Map != c.Map || o.Flags != c.Flags || (o.Hold == 0) != (c.Hold == 0) {
		return state.Value{}, false
	}
	if o.Hold != 0 && j.ref(o.Hold, c.Hold) != c.Hold {
		return state.Value{}, false
	}
	v, was := *c, *o
	if c.Off != o.Off {
		var ok1, ok2 bool
		v, ok1 = c.Rebased()
		was, ok2 = o.Rebased()
		if !ok1 || !ok2 {
			return state.Value{}, false
		}
	}
	v.Size, v.Room = min(v.Size, was.Size), min(v.Room, was.Room)
	v.Null = v.Null || was.Null
	switch {
	case o.Ref == c.Ref && !v.Null:
	case o.Ref != 0 && c.Ref != 0 || v.Null:
		v.Ref = j.ref(o.Ref, c.Ref)
	default:
		v.Ref = 0
	}
	if v.Kind != state.Scalar && v.Kind != state.PtrStack && v.Kind != state.PtrPacket && v.Kind != state.PtrMeta &&
		v.Kind != state.PtrMapValue && v.Kind != state.PtrMem {
		return v, v.S == was.S
	}
	it := item{at: at, old: sideOf(&was), cur: sideOf(&v), moved: v.S != was.S}
	if it.moved {
		v.S = j.limits.join(&was.S, &v.S)
	}
	if _, fixed := v.S.IsConst(); fixed {
		v.ID, v.Delta = 0, 0
		return v, true
	}
	it.v = v
	j.items = append(j.items, it)
	return v, true
}

func sideOf(v *state.Value) side {
	if k, ok := v.S.IsConst(); ok {
		return side{0, k, true}
	}
	return side{v.ID, v.Delta, v.ID != 0}
}

// ref numbers the pair of a lookup in either state.
func (j *joiner) ref(old, cur uint32) uint32 {
	for _, p := range j.refs {
		if p.old == old && p.cur == cur {
			return p.to
		}
	}
	p := refPair{old, cur, j.to.NewID()}
	j.refs = append(j.refs, p)
	return p.to
}

// classes ties what is tied in both states, and what moved by the same
// distance. A number that moved gets a class of its own: a measure needs one.
func (j *joiner) classes() {
	for i := range j.items {
		it := &j.items[i]
		v := it.v
		switch {
		case !it.old.ok || !it.cur.ok:
			v.ID, v.Delta = 0, 0
			if it.moved || it.cur.ok {
				v.ID = j.to.NewID()
			}
		case it.old.id == it.cur.id && it.old.delta == it.cur.delta: // still the same
		default:
			v.ID, v.Delta = j.group(i), it.cur.delta
		}
		j.items[i].v = v
		j.put(it.at, v)
	}
}

// group is the class of the values that are tied to item i in both states.
func (j *joiner) group(i int) uint32 {
	it := &j.items[i]
	for k := range i {
		o := &j.items[k]
		if o.old.ok && o.cur.ok && o.old.id == it.old.id && o.cur.id == it.cur.id &&
			o.old.delta-o.cur.delta == it.old.delta-it.cur.delta && o.v.ID != 0 && o.v.Delta == o.cur.delta {
			return o.v.ID
		}
	}
	return j.to.NewID()
}

func (j *joiner) put(at state.Place, v state.Value) {
	f := j.to.Own(at.Frame)
	if at.Cell < 0 {
		f.Regs[at.Reg] = v
		return
	}
	f.Stack.Put(at.Cell, int(f.Stack.Cells[at.Cell].Size), v)
}

// join covers both numbers; l may be nil.
func (l *limits) join(o, c *value.Scalar) value.Scalar {
	s := o.Join(c)
	if l != nil {
		l.widen(&s, o)
	}
	value.W64.Reduce(&s)
	return s
}
