package ir

import (
	"math"
	"math/bits"
)

// known is what is known of a number x: x &^ mask == ones, and min <= x <= max
// as unsigned numbers. It is the compiler's own analysis, seeded by the widths
// of loads and by the rows; facts of the verifier hold at instructions and are
// used when the IR is built.
type known struct {
	ones, mask uint64 // bits that are 1, bits that are not known
	min, max   uint64
}

var anything = known{mask: math.MaxUint64, max: math.MaxUint64}

func exactly(x uint64) known { return known{ones: x, min: x, max: x} }

func upTo(max uint64) known { return known{max: max, mask: math.MaxUint64}.reduced() }

func between(min, max uint64) known {
	return known{min: min, max: max, mask: math.MaxUint64}.reduced()
}

// possible are the bits that can be 1.
func (k known) possible() uint64 { return k.ones | k.mask }

// reduced lets bits and bounds improve each other.
func (k known) reduced() known {
	k.min = max(k.min, k.ones)
	k.max = min(k.max, k.possible())
	if k.min > k.max {
		return k // no such number: the code is never reached
	}
	// Leading bits that the bounds have in common are known.
	same := ^(uint64(1)<<bits.Len64(k.min^k.max) - 1) // a shift by 64 gives 0
	k.ones |= k.min & same & k.mask
	k.mask &^= same
	return k
}

// join is what holds for x in either.
func (k known) join(o known) known {
	diff := k.mask | o.mask | (k.ones ^ o.ones)
	return known{ones: k.ones & o.ones &^ diff, mask: diff, min: min(k.min, o.min), max: max(k.max, o.max)}.reduced()
}

// meet is what holds for x in both.
func (k known) meet(o known) known {
	return known{ones: k.ones | o.ones, mask: k.mask & o.mask, min: max(k.min, o.min), max: min(k.max, o.max)}.reduced()
}

func (k known) isConst() (uint64, bool) { return k.min, k.min == k.max }

// low is k of the low half, as 32-bit operations read it.
func (k known) low() known {
	if k.max <= math.MaxUint32 {
		return k
	}
	return known{ones: lo(k.ones), mask: lo(k.mask), max: math.MaxUint32}.reduced()
}

// knower computes what is known of values, each once.
type knower struct {
	memo  []known // by Value.ID
	state []uint8 // 0 not asked, 1 in progress, 2 done
	depth int
}

// depthLimit bounds how far the analysis looks back. What is behind it counts
// as not known.
const depthLimit = 24

func newKnower(f *Func) *knower {
	return &knower{memo: make([]known, f.NumIDs), state: make([]uint8, f.NumIDs)}
}

// of returns what is known of v. A parameter that depends on itself is not
// known: no bound of a loop variable is guessed.
func (w *knower) of(v *Value) known {
	if x, ok := v.IsConst(); ok {
		return exactly(x)
	}
	for len(w.state) <= v.ID {
		w.state = append(w.state, 0)
		w.memo = append(w.memo, known{})
	}
	if w.state[v.ID] == 2 {
		return w.memo[v.ID]
	}
	if w.state[v.ID] == 1 || w.depth >= depthLimit {
		return typical(v)
	}
	w.state[v.ID] = 1
	w.depth++
	k := w.compute(v)
	w.depth--
	w.state[v.ID] = 2
	w.memo[v.ID] = k
	return k
}

func (w *knower) compute(v *Value) known {
	k := typical(v)
	if v.Op == OpParam {
		if v.Type != TypeInt {
			return anything
		}
		first := true
		forEdges(v.Block, func(e *Edge) {
			if a := e.Args[v.Imm]; a != v {
				if first {
					k, first = w.of(a), false
				} else {
					k = k.join(w.of(a))
				}
			}
		})
		return k
	}
	t := transfers[v.Op]
	if t == nil {
		return k
	}
	var a, b known
	if len(v.Args) > 0 {
		a = w.of(v.Args[0])
	}
	if len(v.Args) > 1 {
		b = w.of(v.Args[1])
	}
	if v.Op == OpSelect {
		a, b = b, w.of(v.Args[2])
	}
	if is32(v.Op) {
		a, b = a.low(), b.low()
	}
	return t(a, b).meet(k)
}

// is32 says that the operation reads and writes low halves.
func is32(op Op) bool {
	row := op.Row()
	return row.Class == ClassPure && row.Width == 4
}

// typical is what the operation alone says.
func typical(v *Value) known {
	row := v.Op.Row()
	switch {
	case row.Compare:
		return upTo(1)
	case row.Signed || v.Op >= OpSext8 && v.Op <= OpSext32:
		return anything
	case v.Op == OpMapMax:
		return upTo(math.MaxUint32) // max_entries is a u32
	case row.Result == TypeInt && row.Width > 0 && row.Width < 8:
		return upTo(1<<(8*row.Width) - 1)
	}
	return anything
}
