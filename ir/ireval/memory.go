package ireval

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/ir"
)

// memory does a load, store or atomic. Runs are single-threaded: an atomic is
// a plain read and write.
func (a *activation) memory(v *ir.Value, x [3]uint64) error {
	row := v.Op.Row()
	addr := x[0] + uint64(v.Imm)
	width := int(row.Width)
	old := read(addr, width)
	switch row.Class {
	case ir.ClassLoad:
		if row.Signed {
			shift := 64 - 8*width
			old = uint64(int64(old<<shift) >> shift)
		}
		a.regs[v.ID] = old
	case ir.ClassStore:
		write(addr, width, x[1])
	default:
		change := atomics[v.Op]
		if change == nil {
			return fmt.Errorf("not known to the evaluator")
		}
		write(addr, width, change(old, x[1], x[2]))
		a.regs[v.ID] = old
	}
	return nil
}

func read(addr uint64, width int) uint64 {
	switch width {
	case 1:
		return uint64(*at[uint8](addr))
	case 2:
		return uint64(*at[uint16](addr))
	case 4:
		return uint64(*at[uint32](addr))
	}
	return *at[uint64](addr)
}

func write(addr uint64, width int, x uint64) {
	switch width {
	case 1:
		*at[uint8](addr) = uint8(x)
	case 2:
		*at[uint16](addr) = uint16(x)
	case 4:
		*at[uint32](addr) = uint32(x)
	default:
		*at[uint64](addr) = x
	}
}

// change gives the new content of memory: old is zero-extended, b and c are
// the second and third operand.
type change func(old, b, c uint64) uint64

func add(old, b, _ uint64) uint64  { return old + b }
func or(old, b, _ uint64) uint64   { return old | b }
func and(old, b, _ uint64) uint64  { return old & b }
func xor(old, b, _ uint64) uint64  { return old ^ b }
func set(_, b, _ uint64) uint64    { return b }
func same(old, _, _ uint64) uint64 { return old }

func exchange64(old, b, c uint64) uint64 {
	if old == b {
		return c
	}
	return old
}

func exchange32(old, b, c uint64) uint64 { return exchange64(old, uint64(uint32(b)), c) }

var atomics = [ir.NumOps]change{
	ir.OpAtomAdd32: add, ir.OpAtomAdd64: add, ir.OpFetchAdd32: add, ir.OpFetchAdd64: add,
	ir.OpAtomOr32: or, ir.OpAtomOr64: or, ir.OpFetchOr32: or, ir.OpFetchOr64: or,
	ir.OpAtomAnd32: and, ir.OpAtomAnd64: and, ir.OpFetchAnd32: and, ir.OpFetchAnd64: and,
	ir.OpAtomXor32: xor, ir.OpAtomXor64: xor, ir.OpFetchXor32: xor, ir.OpFetchXor64: xor,
	ir.OpXchg32: set, ir.OpXchg64: set,
	ir.OpCmpxchg32: exchange32, ir.OpCmpxchg64: exchange64,
	ir.OpLoadAcq8: same, ir.OpLoadAcq16: same, ir.OpLoadAcq32: same, ir.OpLoadAcq64: same,
	ir.OpStoreRel8: set, ir.OpStoreRel16: set, ir.OpStoreRel32: set, ir.OpStoreRel64: set,
}
