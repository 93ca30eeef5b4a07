package state

import "github.com/bpf2go-native/bpf2go-native/verifier/value"

// StackSize is the size of one frame's stack in bytes.
const StackSize = 512

// CellSize is the size of a cell in bytes.
const CellSize = 4

// NumCells is the number of cells of a stack.
const NumCells = StackSize / CellSize

// Byte is what is known of one byte of the stack.
type Byte uint8

// What a byte can be.
const (
	Invalid Byte = iota
	Misc
	Zero
	Spill // of the value of its cell, or of the cell below (Second)
)

// Cell is 4 bytes of stack. Cells are never changed once they are in a stack.
type Cell struct {
	Bytes [CellSize]Byte
	// Size is how many bytes from the start of the cell hold the low bytes
	// of Val: 0, 1, 2, 4, or 8 with the next cell being Second.
	Size   uint8
	Second bool // the upper half of the cell below it
	Val    Value
}

var (
	secondCell = &Cell{Bytes: [4]Byte{Spill, Spill, Spill, Spill}, Second: true}
	zeroCell   = &Cell{Bytes: [4]Byte{Zero, Zero, Zero, Zero}}
	miscCell   = &Cell{Bytes: [4]Byte{Misc, Misc, Misc, Misc}}
)

// Stack is the stack of a frame. Cells[i] is at [-4(i+1), -4i) from r10; nil
// and missing cells are Invalid.
type Stack struct {
	Cells []*Cell
	// Objects: an iterator or a dynptr was ever made here. It saves time and
	// is not part of the state.
	Objects bool

	shared bool // Cells are those of another frame, too: copy them to write
}

// write makes the cells this stack's own.
func (k *Stack) write() {
	if k.shared {
		k.Cells = append(make([]*Cell, 0, len(k.Cells)+2), k.Cells...)
		k.shared = false
	}
}

// CellOf is the index of the cell that holds the byte at off (negative).
func CellOf(off int64) int { return int((-off+CellSize-1)/CellSize) - 1 }

// start is the offset of the first byte of cell i.
func start(i int) int64 { return -CellSize * int64(i+1) }

func (k *Stack) at(i int) *Cell {
	if i >= len(k.Cells) {
		return nil
	}
	return k.Cells[i]
}

func (k *Stack) put(i int, c *Cell) {
	k.write()
	for i >= len(k.Cells) {
		k.Cells = append(k.Cells, nil)
	}
	k.Cells[i] = c
}

// Spilled returns the 8-byte value whose low cell is i, if there is one.
func (k *Stack) Spilled(i int) (*Value, bool) {
	c := k.at(i)
	if c == nil || c.Size != 8 || i == 0 {
		return nil, false
	}
	return &c.Val, true
}

// IsSecond reports whether cell i is the upper half of an 8-byte value.
func (k *Stack) IsSecond(i int) bool {
	c := k.at(i)
	return c != nil && c.Second
}

// Holds reports whether the size bytes at off, a multiple of the cell size, are
// the spill of a value of that size.
func (k *Stack) Holds(off int64, size int) bool {
	c := k.at(CellOf(off))
	return c != nil && int(c.Size) == size
}

// Splits reports whether the size bytes at off are some, but not all, of a
// spilled pointer, or more than it.
func (k *Stack) Splits(off int64, size int) bool {
	for i := CellOf(off + int64(size) - 1); i <= CellOf(off); i++ {
		c, low := k.at(i), i
		if c != nil && c.Second {
			c, low = k.at(i+1), i+1
		}
		if c != nil && c.Size == 8 && c.Val.IsPtr() && (start(low) != off || size != 8) {
			return true
		}
	}
	return false
}

// byteAt returns what is known of the byte at off: its kind and, for spills of
// numbers and zeroes, its known bits.
func (k *Stack) byteAt(off int64) (Byte, value.Tnum) {
	unknown := value.Tnum{Mask: 0xff}
	i := CellOf(off)
	c, pos := k.at(i), off-start(i)
	if c == nil {
		return Invalid, unknown
	}
	kind := c.Bytes[pos]
	switch {
	case kind == Zero:
		return kind, value.Tnum{}
	case kind != Spill:
		return kind, unknown
	case c.Second:
		c, pos = k.at(i+1), pos+CellSize
	}
	if c.Val.Kind != Scalar {
		return kind, unknown
	}
	t := c.Val.S.T
	return kind, value.Tnum{Value: t.Value >> (8 * pos) & 0xff, Mask: t.Mask >> (8 * pos) & 0xff}
}

// Load reads size bytes at off. It returns the bytes that were never written
// as a bit mask from the lowest. Of big-endian programs only what was stored
// with the same size is known again.
func (k *Stack) Load(off int64, size int, bigEndian bool) (v Value, invalid uint8) {
	if off%CellSize == 0 {
		if c := k.at(CellOf(off)); c != nil && int(c.Size) == size {
			return c.Val, 0
		}
	}
	t := value.Tnum{}
	for i := range size {
		kind, b := k.byteAt(off + int64(i))
		if kind == Invalid {
			invalid |= 1 << i
		}
		if bigEndian && kind != Zero {
			b = value.Tnum{Mask: 0xff}
		}
		at := 8 * i
		if bigEndian {
			at = 8 * (size - 1 - i)
		}
		t.Value |= b.Value << at
		t.Mask |= b.Mask << at
	}
	if off%CellSize == 0 && invalid == 0 && !bigEndian {
		// The low bytes of a wider number keep its bounds.
		if c := k.at(CellOf(off)); c.Size > uint8(size) && c.Val.Kind == Scalar {
			if c.Val.S.R.Umax < 1<<(8*size) {
				return c.Val, 0 // the number itself
			}
			return Number(value.Low(c.Val.S, uint(size))), 0
		}
	}
	return Number(value.OfTnum(t)), invalid
}

// Store writes the low size bytes of v at off.
func (k *Stack) Store(off int64, size int, v *Value) {
	k.Objects = k.Objects || v.Kind >= SlotIter
	n, isConst := v.IsConst()
	low := n
	if size < 8 {
		low = n & (1<<(8*size) - 1)
	}
	switch {
	case isConst && low == 0:
		k.Fill(off, off+int64(size), Zero)
	case off%CellSize == 0 && size == 8:
		i := CellOf(off)
		k.breakSpill(i)
		k.breakSpill(i - 1)
		c := &Cell{Bytes: secondCell.Bytes, Size: 8, Val: *v}
		k.put(i, c)
		k.put(i-1, secondCell)
	case off%CellSize == 0 && v.Kind == Scalar:
		i := CellOf(off)
		k.breakSpill(i)
		c := &Cell{Size: uint8(size), Val: *v}
		if old := k.at(i); old != nil {
			c.Bytes = old.Bytes
			for j := range c.Bytes {
				if c.Bytes[j] == Spill { // beyond size: of the value overwritten
					c.Bytes[j] = Misc
				}
			}
		}
		for j := range size {
			c.Bytes[j] = Spill
		}
		if s := value.Low(v.S, uint(size)); s != v.S {
			c.Val = Number(s)
		}
		k.put(i, c)
	default:
		k.Fill(off, off+int64(size), Misc)
	}
}

// Fill makes the bytes [lo, hi) of one kind, Misc or Zero.
func (k *Stack) Fill(lo, hi int64, b Byte) {
	for i := CellOf(hi - 1); i <= CellOf(lo); i++ {
		k.breakSpill(i)
		s := start(i)
		if lo <= s && hi >= s+CellSize {
			if b == Zero {
				k.put(i, zeroCell)
			} else {
				k.put(i, miscCell)
			}
			continue
		}
		c := &Cell{}
		if old := k.at(i); old != nil {
			*c = *old
			if c.Size != 0 { // the rest of the spill keeps no value
				c.Size, c.Val = 0, Value{}
				for j := range c.Bytes {
					if c.Bytes[j] == Spill {
						c.Bytes[j] = Misc
					}
				}
			}
		}
		for j := range c.Bytes {
			if at := s + int64(j); at >= lo && at < hi {
				c.Bytes[j] = b
			}
		}
		k.put(i, c)
	}
}

// Disturb makes the written bytes of [lo, hi) Misc: one of them may have been
// overwritten. Bytes that were never written stay Invalid.
func (k *Stack) Disturb(lo, hi int64) {
	for i := CellOf(hi - 1); i <= CellOf(lo); i++ {
		k.breakSpill(i)
		old := k.at(i)
		if old == nil {
			continue
		}
		c := &Cell{}
		for j := range c.Bytes {
			if old.Bytes[j] != Invalid {
				c.Bytes[j] = Misc
			}
		}
		k.put(i, c)
	}
}

// breakSpill forgets the 8-byte value that cell i is a half of, keeping its
// bytes as Misc.
func (k *Stack) breakSpill(i int) {
	c := k.at(i)
	switch {
	case c == nil:
	case c.Second:
		k.put(i, miscCell)
		k.put(i+1, miscCell)
	case c.Size == 8:
		k.put(i, miscCell)
		k.put(i-1, miscCell)
	}
}

// Invalid returns the bounds of the never written bytes of [lo, hi), and
// false when there are none.
func (k *Stack) Invalid(lo, hi int64) (from, to int64, any bool) {
	for off := lo; off < hi; off++ {
		if b, _ := k.byteAt(off); b == Invalid {
			if !any {
				from = off
			}
			to, any = off+1, true
		}
	}
	return from, to, any
}

// Replace changes the value of the spill whose low cell is i.
func (k *Stack) Replace(i int, v Value) {
	c := *k.Cells[i]
	c.Val = v
	if n, ok := v.IsConst(); ok && n == 0 {
		second := c.Size == 8
		if second {
			k.put(i, zeroCell)
			k.put(i-1, zeroCell)
			return
		}
		for j := range c.Size {
			c.Bytes[j] = Zero
		}
		c.Size, c.Val = 0, Value{}
	}
	k.put(i, &c)
}

// Drop makes cell i Invalid; of an 8-byte spill it must be called for both
// halves.
func (k *Stack) Drop(i int) {
	k.write()
	k.Cells[i] = nil
}

// SetBytes makes cell i hold bytes, none of them a Spill; of an 8-byte spill
// it must be called for both halves.
func (k *Stack) SetBytes(i int, b [CellSize]Byte) { k.put(i, &Cell{Bytes: b}) }

// Forget makes the number in cell i Misc.
func (k *Stack) Forget(i int) {
	c := k.at(i)
	if c == nil {
		return
	}
	k.breakSpill(i)
	n := Cell{}
	for j, b := range c.Bytes {
		if b != Invalid {
			n.Bytes[j] = Misc
		}
	}
	k.put(i, &n)
}

// Put makes v the value of size bytes at cell i: 8, or at most 4 of a number
// that has no more bytes.
func (k *Stack) Put(i, size int, v Value) {
	c := &Cell{Size: uint8(size), Val: v}
	if old := k.at(i); old != nil && size < CellSize {
		c.Bytes = old.Bytes
	}
	for j := range min(size, CellSize) {
		c.Bytes[j] = Spill
	}
	k.put(i, c)
	if size == 8 {
		k.put(i-1, secondCell)
	}
}
