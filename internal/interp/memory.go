package interp

import (
	"encoding/binary"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
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
	k, reason := v.Region.find(v.Bits+uint64(int64(off)), size, write)
	if reason != "" {
		return nil, 0, r.fault("%v is %v: %s", reg, v, reason)
	}
	return v.Region, k, nil
}

// aligned refuses accesses of atomic operations that are not aligned.
func (r *run) aligned(reg bpf.Reg, v Value, off int32, size int) error {
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
	if v.Kind == KindCtx && i.Op != bpf.OpLoadAcq {
		return r.loadField(i, v, size)
	}
	from, k, err := r.locate(i.Src, v, i.Off, size, false)
	if err != nil {
		return err
	}
	if atomicAccess(i.Op) {
		if err := r.aligned(i.Src, v, i.Off, size); err != nil {
			return err
		}
	}
	if spilled, found := from.spills[k]; found && size == 8 {
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
	if base.Kind == KindCtx && i.Op == bpf.OpStore {
		return r.storeField(i, base, v, size)
	}
	to, k, err := r.locate(i.Dst, base, i.Off, size, true)
	if err != nil {
		return err
	}
	if atomicAccess(i.Op) {
		if err := r.aligned(i.Dst, base, i.Off, size); err != nil {
			return err
		}
	}
	to.touch(k, size)
	putInt(r.m.order, to.bytes[k:k+size], v.Bits)
	if v.Region != nil && size == 8 && k%8 == 0 && to.spills != nil {
		to.spills[k] = v
	}
	return nil
}

// field finds the context field of an access.
func (r *run) field(base Value, off int32, size int) (*table.Field, int, error) {
	at := base.Off() + int64(off)
	if at < 0 || at+int64(size) > int64(r.hook.Size) {
		return nil, 0, r.fault("%d bytes at offset %d of %d bytes of context", size, at, r.hook.Size)
	}
	k := r.hook.Field(int(at), size)
	if k < 0 {
		return nil, 0, r.fault("%d bytes at offset %d of the context of %s are no field", size, at, r.hook.Name)
	}
	f := &r.hook.Fields[k]
	return f, int(at) - f.Off, nil
}

// part is where a narrow access at byte k of a field is in its value: bits to
// shift by.
func (r *run) part(f *table.Field, k, size int) int {
	if r.m.obj.BigEndian {
		return 8 * (f.Size - size - k)
	}
	return 8 * k
}

func (r *run) loadField(i *bpf.Instruction, base Value, size int) error {
	f, k, err := r.field(base, i.Off, size)
	if err != nil {
		return err
	}
	if f.Kind != table.FieldScalar && i.Op == bpf.OpLoadsx {
		return r.fault("context field %s is a pointer and has no sign", f.Name)
	}
	switch f.Kind {
	case table.FieldData:
		return r.write(i.Dst, r.data.pointer(0))
	case table.FieldDataEnd:
		end := r.data.pointer(uint64(len(r.data.bytes)))
		end.Kind = KindPacketEnd
		return r.write(i.Dst, end)
	case table.FieldDataMeta:
		return r.write(i.Dst, r.meta.pointer(0))
	}
	var whole uint64
	if f.Slot < len(r.in.Ctx) {
		whole = truncate(r.in.Ctx[f.Slot], f.Size)
	}
	part := truncate(whole>>r.part(f, k, size), size)
	if i.Op == bpf.OpLoadsx {
		part = extend(part, size)
	}
	return r.write(i.Dst, number(part))
}

func (r *run) storeField(i *bpf.Instruction, base, v Value, size int) error {
	f, k, err := r.field(base, i.Off, size)
	if err != nil {
		return err
	}
	if !f.Write || f.Kind != table.FieldScalar {
		return r.fault("context field %s cannot be written", f.Name)
	}
	if f.Slot < len(r.in.Ctx) {
		shift := r.part(f, k, size)
		mask := truncate(^uint64(0), size) << shift
		r.in.Ctx[f.Slot] = r.in.Ctx[f.Slot]&^mask | v.Bits<<shift&mask
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
		if i.Kind == bpf.KindMap {
			return r.write(i.Dst, m.self.pointer(0))
		}
		if m.array == nil {
			return r.fault("map %d is no array: its value has no address", i.Imm)
		}
		// The kernel does not accept an offset behind the value.
		if i.Off < 0 || uint32(i.Off) >= m.def.ValueSize {
			return r.fault("offset %d is outside of the value of map %d", i.Off, i.Imm)
		}
		return r.write(i.Dst, m.element(0).pointer(uint64(i.Off)))
	case bpf.KindFunc:
		return r.write(i.Dst, r.function(r.at+1+int(i.Imm)))
	}
	return r.unsupported("wide load of %v", i.Kind)
}

// functionBase is the address of the function at slot 0.
const functionBase = 0x8000_0000_0000

// function is a pointer to the function at a slot.
func (r *run) function(slot int) Value {
	region := &Region{Kind: KindFunc, Base: functionBase + uint64(slot), Func: slot}
	return region.pointer(0)
}
