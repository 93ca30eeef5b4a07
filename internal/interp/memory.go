package interp

import (
	"encoding/binary"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// getInt and putInt are numbers of 1, 2, 4 or 8 bytes in the object's order.
func getInt(order binary.ByteOrder, b []byte) uint64 {
	switch len(b) {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(order.Uint16(b))
	case 4:
		return uint64(order.Uint32(b))
	}
	return order.Uint64(b)
}

func putInt(order binary.ByteOrder, b []byte, v uint64) {
	switch len(b) {
	case 1:
		b[0] = byte(v)
	case 2:
		order.PutUint16(b, uint16(v))
	case 4:
		order.PutUint32(b, uint32(v))
	default:
		order.PutUint64(b, v)
	}
}

// width checks the size of an access.
func (r *run) width(i *bpf.Instruction) (int, error) {
	switch i.Width {
	case 1, 2, 4, 8:
		return int(i.Width), nil
	}
	return 0, r.fault("accesses are of 1, 2, 4 or 8 bytes, not %d", i.Width)
}

// locate finds the bytes of an access through a register plus offset.
func (r *run) locate(reg bpf.Reg, v Value, off int32, size int, write bool) (*Region, int, error) {
	if v.Region == nil || v.Kind == KindPacketEnd {
		return nil, 0, r.fault("%v is %v; it does not point to memory", reg, v)
	}
	if write && (v.Kind == KindPacket || v.Kind == KindMeta) && !r.hook.Memory && !r.hook.PacketWrite {
		return nil, 0, r.fault("%s programs cannot write to the packet", r.hook.Name)
	}
	k, reason := v.Region.find(v.Bits+uint64(int64(off)), size, write)
	if reason != "" {
		return nil, 0, r.fault("%v is %v: %s", reg, v, reason)
	}
	return v.Region, k, nil
}

// atomicPlace refuses accesses of atomic operations that are not aligned, and
// those to a packet of a hook with a context, as Linux does.
func (r *run) atomicPlace(reg bpf.Reg, v Value, off int32, size int) error {
	if packet := v.Kind == KindPacket || v.Kind == KindMeta; packet && !r.hook.Memory {
		return r.fault("%v is %v: there are no atomic operations on packets", reg, v)
	}
	if addr := v.Bits + uint64(int64(off)); addr%uint64(size) != 0 {
		return r.fault("%v is %v: atomic access of %d bytes is not aligned", reg, v, size)
	}
	return nil
}

// atomicAccess reports whether the operation needs alignment.
func atomicAccess(op bpf.Op) bool { return op >= bpf.OpAtomAdd }

// fetch reads size bytes of a region, initialised ones.
func (r *run) fetch(from *Region, k, size int) (uint64, error) {
	if b := from.uninitialised(k, size); b >= 0 {
		return 0, r.fault("stack byte r10%+d of frame %d is not initialised", b-stackSize, from.Frame)
	}
	return getInt(r.m.order, from.bytes[k:k+size]), nil
}

// load is load, loadsx and load_acquire.
func (r *run) load(i *bpf.Instruction) error {
	size, err := r.width(i)
	if err != nil {
		return err
	}
	v, err := r.read(i.Src)
	if err != nil {
		return err
	}
	switch {
	case v.Kind == KindCtx && i.Op != bpf.OpLoadAcq:
		return r.loadContext(i, v, size)
	case v.Kind == KindObject && i.Op != bpf.OpLoadAcq:
		return r.loadObject(i, v, size)
	}
	from, k, err := r.locate(i.Src, v, i.Off, size, false)
	if err != nil {
		return err
	}
	if atomicAccess(i.Op) {
		if err := r.atomicPlace(i.Src, v, i.Off, size); err != nil {
			return err
		}
	}
	if from.Kind == KindMapValue && r.m.opt.Adverse && !from.readOnly && r.m.chance(4) {
		r.m.fill(from.bytes[k : k+size])
	}
	if spilled, found := from.spills[k]; found && size == 8 && i.Op != bpf.OpLoadsx {
		return r.write(i.Dst, spilled)
	}
	bits, err := r.fetch(from, k, size)
	if err != nil {
		return err
	}
	if i.Op == bpf.OpLoadsx {
		bits = extend(bits, size)
	}
	return r.write(i.Dst, number(bits))
}

// store is store and store_release.
func (r *run) store(i *bpf.Instruction) error {
	size, err := r.width(i)
	if err != nil {
		return err
	}
	base, err := r.read(i.Dst)
	if err != nil {
		return err
	}
	v, err := r.operand(i)
	if err != nil {
		return err
	}
	switch {
	case base.Kind == KindCtx && i.Op == bpf.OpStore:
		return r.storeContext(i, base, v, size)
	case base.Kind == KindObject && i.Op == bpf.OpStore:
		return r.storeObject(i, base, v, size)
	}
	to, k, err := r.locate(i.Dst, base, i.Off, size, true)
	if err != nil {
		return err
	}
	if atomicAccess(i.Op) {
		if err := r.atomicPlace(i.Dst, base, i.Off, size); err != nil {
			return err
		}
	}
	to.touch(k, size)
	putInt(r.m.order, to.bytes[k:k+size], v.Bits)
	if v.Region != nil && size == 8 && k%8 == 0 && to.Kind == KindStack {
		to.spill(k, v)
	}
	return nil
}

// ldImm is the wide load.
func (r *run) ldImm(i *bpf.Instruction) error {
	switch i.Kind {
	case bpf.KindConst:
		return r.write(i.Dst, number(uint64(i.Imm)))
	case bpf.KindMap, bpf.KindMapValue:
		if i.Imm < 0 || i.Imm >= int64(len(r.m.maps)) {
			return r.fault("there is no map %d", i.Imm)
		}
		m := r.m.maps[i.Imm]
		if m == nil {
			return r.fault("map %d cannot be made: %v", i.Imm, r.m.obj.Maps[i.Imm].Err)
		}
		if i.Kind == bpf.KindMap {
			return r.write(i.Dst, m.self.pointer(0))
		}
		if m.def.Type != bpf.MapArray {
			return r.fault("map %d is no array: its value has no address", i.Imm)
		}
		// The kernel does not accept an offset behind the value.
		if i.Off < 0 || uint32(i.Off) >= m.def.ValueSize {
			return r.fault("offset %d is outside of the value of map %d", i.Off, i.Imm)
		}
		return r.write(i.Dst, m.cell(m.indexKey(0), 0).pointer(uint64(i.Off)))
	case bpf.KindFunc:
		return r.write(i.Dst, funcPointer(r.at+1+int(i.Imm)))
	}
	if i.Kind == bpf.KindBTFID && i.Imm >= 0 && i.Imm < int64(len(r.prog.Ksyms)) {
		return r.unsupported("address of the kernel's %s", r.prog.Ksyms[i.Imm].Name)
	}
	return r.unsupported("wide load of %v", i.Kind)
}

// functionBase is the address of the function at slot 0.
const functionBase = 0x8000_0000_0000

// funcPointer is a pointer to the function at a slot.
func funcPointer(slot int) Value {
	region := &Region{Kind: KindFunc, Base: functionBase + uint64(slot), Func: slot}
	return region.pointer(0)
}
