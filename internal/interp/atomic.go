package interp

import "github.com/bpf2go-native/bpf2go-native/bpf"

// atomics are the read-modify-write operations of RFC 9669 §5.3: what memory
// becomes from its old value, the source register and r0.
var atomics = [bpf.NumOps]func(old, src, r0 uint64) uint64{
	bpf.OpAtomAdd:  func(old, src, _ uint64) uint64 { return old + src },
	bpf.OpAtomOr:   func(old, src, _ uint64) uint64 { return old | src },
	bpf.OpAtomAnd:  func(old, src, _ uint64) uint64 { return old & src },
	bpf.OpAtomXor:  func(old, src, _ uint64) uint64 { return old ^ src },
	bpf.OpFetchAdd: func(old, src, _ uint64) uint64 { return old + src },
	bpf.OpFetchOr:  func(old, src, _ uint64) uint64 { return old | src },
	bpf.OpFetchAnd: func(old, src, _ uint64) uint64 { return old & src },
	bpf.OpFetchXor: func(old, src, _ uint64) uint64 { return old ^ src },
	bpf.OpXchg:     func(_, src, _ uint64) uint64 { return src },
	bpf.OpCmpxchg: func(old, src, r0 uint64) uint64 {
		if old == r0 {
			return src
		}
		return old
	},
}

// atomic is every operation above. The old value, zero-extended, goes to Src
// (fetch, xchg) or r0 (cmpxchg). A pointer that was spilled there comes out as
// one; what goes in is a number.
func (r *run) atomic(i *bpf.Instruction) error {
	if i.Width != 4 && i.Width != 8 {
		return r.fault("atomic operations are on 4 or 8 bytes, not %d", i.Width)
	}
	size := int(i.Width)
	base, err := r.read(i.Dst)
	if err != nil {
		return err
	}
	src, err := r.read(i.Src)
	if err != nil {
		return err
	}
	var r0 Value
	if i.Op == bpf.OpCmpxchg {
		if r0, err = r.read(bpf.R0); err != nil {
			return err
		}
	}
	at, k, err := r.locate(i.Dst, base, i.Off, size, true)
	if err != nil {
		return err
	}
	if err := r.atomicPlace(i.Dst, base, i.Off, size); err != nil {
		return err
	}
	if at.noRead {
		return r.fault("map %d is write-only", at.Map)
	}
	bits, err := r.fetch(at, k, size)
	if err != nil {
		return err
	}
	old := number(bits)
	if spilled, found := at.spills[k]; found && size == 8 {
		old = spilled
	}
	at.touch(k, size)
	putInt(r.m.order, at.bytes[k:k+size], atomics[i.Op](bits, truncate(src.Bits, size), truncate(r0.Bits, size)))
	switch i.Op {
	case bpf.OpFetchAdd, bpf.OpFetchOr, bpf.OpFetchAnd, bpf.OpFetchXor, bpf.OpXchg:
		return r.write(i.Src, old)
	case bpf.OpCmpxchg:
		return r.write(bpf.R0, old)
	}
	return nil
}
