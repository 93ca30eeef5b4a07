package backend

import "github.com/bpf2go-native/bpf2go-native/ir"

// position names a place between two effects: two values of one position see
// the same memory, so a load may be computed at the other's place.
type position struct {
	block   int // id
	effects int // values with an effect before it in the block
}

// valueInfo is what lowering knows about a function before it starts, by
// value id.
type valueInfo struct {
	at      []position
	uses    []int  // operands of values, block ends and edges
	address []bool // every use is the address of an access: folding it there makes it vanish
	ends    map[*ir.Block]position
}

func (i *valueInfo) end(b *ir.Block) position { return i.ends[b] }

// analyse counts uses; order is the postorder.
func analyse(fn *ir.Func, order []*ir.Block) valueInfo {
	info := valueInfo{
		at:      make([]position, fn.NumIDs),
		uses:    make([]int, fn.NumIDs),
		address: make([]bool, fn.NumIDs),
		ends:    make(map[*ir.Block]position, len(order)),
	}
	for i := range info.address {
		info.address[i] = true
	}
	plain := func(v *ir.Value) {
		info.uses[v.ID]++
		info.address[v.ID] = false
	}
	for _, b := range order {
		if b.Ctl != nil {
			plain(b.Ctl)
		}
		for _, s := range b.Succs {
			for _, a := range s.Args {
				plain(a)
			}
		}
		pos := position{block: b.ID}
		for _, v := range b.Values {
			info.at[v.ID] = pos
			if hasEffect(v) {
				pos.effects++
			}
		}
		info.ends[b] = pos
		for i := len(b.Values) - 1; i >= 0; i-- {
			info.count(b.Values[i], plain)
		}
	}
	return info
}

// count notes the uses that v makes. Users come first, so that an addition
// whose users are all addresses is known when its operands are counted.
func (i *valueInfo) count(v *ir.Value, plain func(*ir.Value)) {
	row := v.Op.Row()
	if row.Class == ir.ClassPure && i.uses[v.ID] == 0 {
		return
	}
	for n, a := range v.Args {
		switch {
		case row.Addr && n == 0, v.Op == ir.OpAdd64 && i.address[v.ID]:
			i.uses[a.ID]++
		default:
			plain(a)
		}
	}
}

// hasEffect reports whether v must be executed though nobody reads it, and
// orders the loads around it.
func hasEffect(v *ir.Value) bool {
	switch v.Op.Row().Class {
	case ir.ClassStore, ir.ClassAtomic, ir.ClassCall:
		return true
	}
	return false
}

// bitsDepth bounds how far Bits looks.
const bitsDepth = 4

// Bits returns a number n so that v is below 2^n.
func Bits(v *ir.Value) int { return significant(v, bitsDepth) }

func significant(v *ir.Value, depth int) int {
	row := v.Op.Row()
	if row.Compare {
		return 1
	}
	if depth > 0 {
		if n := operandBits(v, depth-1); n < 64 {
			return n
		}
	}
	switch v.Op {
	case ir.OpZext8, ir.OpZext16, ir.OpZext32, ir.OpBswap16, ir.OpBswap32:
		return 8 * int(row.Width)
	case ir.OpMapMax:
		return 32
	}
	switch {
	case row.Class == ir.ClassLoad && !row.Signed && row.Width > 0, row.Class == ir.ClassAtomic && row.Width > 0:
		return 8 * int(row.Width)
	case row.Width == 4 && len(v.Args) == 2 && row.Class == ir.ClassPure, v.Op == ir.OpNeg32:
		return 32
	}
	return 64
}

// operandBits derives the bound from v's operands.
func operandBits(v *ir.Value, depth int) int {
	arg := func(i int) int { return significant(v.Args[i], depth) }
	limit := 64
	if v.Op.Row().Width == 4 {
		limit = 32
	}
	switch v.Op {
	case ir.OpConst:
		n := 0
		for x := uint64(v.Imm); x != 0; x >>= 1 {
			n++
		}
		return n
	case ir.OpAnd64, ir.OpAnd32:
		return min(arg(0), arg(1), limit)
	case ir.OpOr64, ir.OpXor64, ir.OpOr32, ir.OpXor32:
		return min(max(arg(0), arg(1)), limit)
	case ir.OpAdd64, ir.OpAdd32:
		return min(max(arg(0), arg(1))+1, limit)
	case ir.OpMul64, ir.OpMul32:
		return min(arg(0)+arg(1), limit)
	case ir.OpUDiv64, ir.OpUMod64, ir.OpUDiv32, ir.OpUMod32:
		return min(arg(0), limit)
	case ir.OpSelect:
		return max(arg(1), arg(2))
	case ir.OpZext8, ir.OpZext16, ir.OpZext32:
		return min(arg(0), 8*int(v.Op.Row().Width))
	case ir.OpShr64, ir.OpShr32:
		if n, ok := v.Args[1].IsConst(); ok {
			return max(min(arg(0), limit)-int(n&uint64(limit-1)), 0)
		}
		return min(arg(0), limit)
	case ir.OpShl64, ir.OpShl32:
		if n, ok := v.Args[1].IsConst(); ok {
			return min(arg(0)+int(n&uint64(limit-1)), limit)
		}
	}
	return 64
}

// Foldable reports whether the load v may be an operand of the instruction
// being emitted: that is its only user, and no effect stands between.
func (l *Lower) Foldable(v *ir.Value) bool {
	return l.side == nil && l.info.uses[v.ID] == 1 && l.regs[v.ID] == 0 && l.info.at[v.ID] == l.curPos
}

// Single reports whether v has one use, so that folding it there removes it.
func (l *Lower) Single(v *ir.Value) bool { return l.info.uses[v.ID] == 1 }

// Vanishes reports whether every user of v can take it as part of an address.
func (l *Lower) Vanishes(v *ir.Value) bool { return l.info.address[v.ID] && l.regs[v.ID] == 0 }
