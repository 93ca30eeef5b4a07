package ir

import "github.com/bpf2go-native/bpf2go-native/bpf/table"

// wide recognises bytes that are loaded one by one and put together by shifts,
// ors and sums, and loads them at once; big-endian order becomes a byte swap.
//
// The loads must stand in one block, have one base, region and token, and be
// of memory that nobody else writes. The wide load stands behind the last of
// them: by then each byte was proven and read, and no helper came in between
// (their tokens are the same), so all bytes are still legal to read.
func wide(f *Func) bool {
	w := &widener{f: f, n: uses(f)}
	changed := false
	for _, b := range reversePostorder(f) {
		if w.block(b) {
			changed = true
		}
	}
	if changed {
		w.r.apply(f)
	}
	return changed
}

type widener struct {
	f      *Func
	n      []int
	r      renames
	at     map[*Value]int      // places of the block's values
	behind map[*Value][]*Value // new values, by the load that they stand behind
	bytes  map[*Value]*composition
}

// composition says of each byte of a number where in memory it comes from.
type composition struct {
	first *Value // one of the loads: base, region and token are those of all
	last  *Value // the last load of the block
	from  [8]byteAt
	loads int
	// guard of all loads; when they differ, mixed is set and it is one of them.
	guard *Value
	mixed bool
}

type byteAt struct {
	loaded bool
	off    int64 // from the base
}

func (w *widener) block(b *Block) bool {
	w.bytes = map[*Value]*composition{}
	w.behind = map[*Value][]*Value{}
	w.at = map[*Value]int{}
	changed := false
	for i, v := range b.Values {
		w.at[v] = i
		c := w.compose(v)
		if c == nil {
			continue
		}
		w.bytes[v] = c
		if c.loads > 1 && w.replace(b, v, c) {
			changed = true
		}
	}
	if changed {
		var out []*Value
		for _, v := range b.Values {
			out = append(out, v)
			out = append(out, w.behind[v]...)
		}
		b.Values = out
	}
	return changed
}

// compose finds out what v consists of; nil when not of loaded bytes and zeros.
func (w *widener) compose(v *Value) *composition {
	row := v.Op.Row()
	switch {
	case row.Class == ClassLoad && row.Addr && !row.Signed:
		return w.load(v)
	case v.Op == OpOr64, v.Op == OpOr32, v.Op == OpXor64, v.Op == OpXor32, v.Op == OpAdd64, v.Op == OpAdd32:
		return w.combine(v)
	}
	if len(v.Args) == 0 {
		return nil
	}
	c := w.part(v.Args[0])
	if c == nil {
		return nil
	}
	n := uint64(0)
	if len(v.Args) == 2 {
		var ok bool
		if n, ok = v.Args[1].IsConst(); !ok || n%8 != 0 {
			return nil
		}
	}
	out := *c
	out.from = [8]byteAt{}
	width := int(row.Width)
	for i := range 8 {
		var to int
		switch v.Op {
		case OpShl64, OpShl32:
			to = i + int(n/8)
		case OpShr64:
			to = i - int(n/8)
		case OpZext8, OpZext16, OpZext32:
			to = i
		case OpBswap16, OpBswap32, OpBswap64:
			to = width - 1 - i
		default:
			return nil
		}
		if to >= 0 && to < width {
			out.from[to] = c.from[i]
		}
	}
	return &out
}

// part is the composition of an operand that nobody else needs.
func (w *widener) part(v *Value) *composition {
	if v.ID < len(w.n) && w.n[v.ID] > 1 {
		return nil
	}
	return w.bytes[v]
}

func (w *widener) load(v *Value) *composition {
	if v.Region&table.RegionMap != 0 || len(v.Mem) != 1 {
		return nil
	}
	c := &composition{first: v, last: v, loads: 1, guard: v.Guard}
	for i := range int(v.Op.Row().Width) {
		c.from[i] = byteAt{true, v.Imm + int64(i)}
	}
	return c
}

// combine joins two numbers that have no byte in common.
func (w *widener) combine(v *Value) *composition {
	x, y := w.part(v.Args[0]), w.part(v.Args[1])
	if x == nil || y == nil {
		return nil
	}
	p, q := x.first, y.first
	if p.Args[0] != q.Args[0] || p.Mem[0] != q.Mem[0] || p.Region != q.Region {
		return nil
	}
	c := *x
	if w.at[y.last] > w.at[x.last] {
		c.last = y.last
	}
	c.loads += y.loads
	c.mixed = x.mixed || y.mixed || x.guard != y.guard
	if c.guard == nil {
		c.guard = y.guard
	}
	for i, b := range y.from {
		if !b.loaded {
			continue
		}
		if c.from[i].loaded || i >= int(v.Op.Row().Width) {
			return nil
		}
		c.from[i] = b
	}
	return &c
}

// replace makes a wide load when the bytes are in order, upwards or downwards.
func (w *widener) replace(b *Block, v *Value, c *composition) bool {
	low, n := 0, 0
	for low < 8 && !c.from[low].loaded {
		low++
	}
	for low+n < 8 && c.from[low+n].loaded {
		n++
	}
	for _, rest := range c.from[low+n:] {
		if rest.loaded {
			return false
		}
	}
	if n > 8 || loads[n] == OpInvalid || n == 1 {
		return false
	}
	up, down := true, true
	for i := range n {
		up = up && c.from[low+i].off == c.from[low].off+int64(i)
		down = down && c.from[low+i].off == c.from[low].off-int64(i)
	}
	if !up && !down {
		return false
	}
	x := w.emit(c, loads[n], c.first.Args[0])
	x.Imm, x.Region, x.Mem = c.from[low].off, c.first.Region, c.first.Mem
	if x.Guard = c.guard; c.mixed {
		x.Guard = w.f.guard(b)
	}
	// The number may be part of a wider one.
	w.bytes[v] = &composition{first: x, last: c.last, loads: 1, from: c.from, guard: x.Guard}
	if down {
		x.Imm -= int64(n - 1)
		x = w.emit(c, bswaps[n], x)
	}
	if low > 0 {
		x = w.emit(c, OpShl64, x, w.f.Const(uint64(low*8)))
	}
	for len(w.r) < w.f.NumIDs {
		w.r = append(w.r, nil)
	}
	w.r[v.ID] = x
	return true
}

func (w *widener) emit(c *composition, op Op, args ...*Value) *Value {
	v := w.f.newValue(op, c.first.PC, args...)
	v.Block = c.first.Block
	w.behind[c.last] = append(w.behind[c.last], v)
	return v
}
