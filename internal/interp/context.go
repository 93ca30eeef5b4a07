package interp

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// field finds the context field of an access.
func (r *run) field(base Value, off int32, size int, find func(off, size int) int) (*table.Field, int, error) {
	at := base.Off() + int64(off)
	if at < 0 || at+int64(size) > int64(r.hook.Size) {
		return nil, 0, r.fault("%d bytes at offset %d of %d bytes of context", size, at, r.hook.Size)
	}
	k := find(int(at), size)
	if k < 0 {
		if only := r.hook.Field(int(at), size); only >= 0 {
			return nil, 0, r.fault("context field %s cannot be written", r.hook.Fields[only].Name)
		}
		return nil, 0, r.fault("%d bytes at offset %d of the context of %s are no field", size, at, r.hook.Name)
	}
	f := &r.hook.Fields[k]
	return f, int(at) - f.Off, nil
}

// slots is the native place of size bytes at byte k of a scalar field: numbers
// by table.Field.Slot. A field of one width is one number; an array of bytes
// has 8 to a number, in the order of memory.
func (r *run) slots(f *table.Field, k, size int) []uint64 {
	first, end := f.Slot, f.Slot+1
	if f.Loads|f.Stores != 0 {
		first, end = f.Slot+k/8, f.Slot+(k+size+7)/8
	}
	if end > len(r.in.Ctx) {
		r.in.Ctx = append(r.in.Ctx, make([]uint64, end-len(r.in.Ctx))...)
	}
	return r.in.Ctx[first:end]
}

// get reads size bytes at byte k of a scalar field.
func (r *run) get(f *table.Field, k, size int) uint64 {
	slots := r.slots(f, k, size)
	if f.Loads|f.Stores != 0 {
		return getInt(r.m.order, r.inMemory(slots)[k%8:][:size])
	}
	return truncate(slots[0]>>r.shift(f, k, size), size)
}

// set is a store to a scalar field.
func (r *run) set(f *table.Field, k, size int, bits uint64) {
	slots := r.slots(f, k, size)
	if f.Loads|f.Stores != 0 {
		b := r.inMemory(slots)
		putInt(r.m.order, b[k%8:][:size], bits)
		for n := range slots {
			slots[n] = r.m.order.Uint64(b[8*n:])
		}
		return
	}
	shift := r.shift(f, k, size)
	mask := truncate(^uint64(0), size) << shift
	slots[0] = slots[0]&^mask | bits<<shift&mask
}

// shift is where an access at byte k of a number is: bits to shift by.
func (r *run) shift(f *table.Field, k, size int) int {
	if r.m.obj.BigEndian {
		return 8 * (f.Size - size - k)
	}
	return 8 * k
}

// inMemory are numbers as bytes.
func (r *run) inMemory(numbers []uint64) []byte {
	var b []byte
	for _, n := range numbers {
		b = r.m.order.AppendUint64(b, n)
	}
	return b
}

func (r *run) loadContext(i *bpf.Instruction, base Value, size int) error {
	f, k, err := r.field(base, i.Off, size, r.hook.Field)
	if err != nil {
		return err
	}
	if f.Kind != table.FieldScalar {
		if i.Op == bpf.OpLoadsx {
			return r.fault("context field %s is a pointer and has no sign", f.Name)
		}
		v, err := r.pointerField(f)
		if err != nil {
			return err
		}
		return r.write(i.Dst, v)
	}
	part := r.get(f, k, size)
	if i.Op == bpf.OpLoadsx {
		part = extend(part, size)
	}
	return r.write(i.Dst, number(part))
}

// pointerField is the value of a field that is a pointer. Objects stay the
// same for the whole run.
func (r *run) pointerField(f *table.Field) (Value, error) {
	switch f.Kind {
	case table.FieldData:
		return r.data.pointer(0), nil
	case table.FieldDataEnd:
		end := r.data.pointer(uint64(len(r.data.bytes)))
		end.Kind = KindPacketEnd
		return end, nil
	case table.FieldDataMeta:
		return r.meta.pointer(0), nil
	}
	kind, null := f.Kind.Object()
	if kind == table.ObjNone {
		return Value{}, r.unsupported("context field %s", f.Name)
	}
	if v, found := r.fields[f.Off]; found {
		return v, nil
	}
	if r.fields == nil {
		r.fields = map[int]Value{}
	}
	v := number(0)
	if !null || r.m.oracle.IntN(4) > 0 {
		v = r.m.object(kind).pointer(0)
	}
	r.fields[f.Off] = v
	return v, nil
}

func (r *run) storeContext(i *bpf.Instruction, base, v Value, size int) error {
	f, k, err := r.field(base, i.Off, size, r.hook.Store)
	if err != nil {
		return err
	}
	if f.Kind != table.FieldScalar {
		return r.fault("context field %s cannot be written", f.Name)
	}
	r.set(f, k, size, v.Bits)
	return nil
}

// object makes an object of the host with random content.
func (m *Machine) object(kind table.ObjectKind) *Region {
	row := table.ObjectOf(kind)
	r := &Region{Kind: KindObject, Object: kind, Base: m.space.take(row.Size), bytes: make([]byte, row.Size)}
	m.fill(r.bytes)
	return r
}

// objectField finds the bytes of an object that an access is for.
func (r *run) objectField(base Value, off int32, size int, find func(off, size int) int) ([]byte, error) {
	if gone := base.Region.Gone(); gone != "" {
		return nil, r.fault("%v: %s", base, gone)
	}
	at := base.Off() + int64(off)
	if at < 0 || at > int64(len(base.Region.bytes)) || find(int(at), size) < 0 {
		return nil, r.fault("%v: %d bytes at offset %d are no field for this", base, size, at)
	}
	return base.Region.bytes[at : at+int64(size)], nil
}

func (r *run) loadObject(i *bpf.Instruction, base Value, size int) error {
	b, err := r.objectField(base, i.Off, size, table.ObjectOf(base.Region.Object).Field)
	if err != nil {
		return err
	}
	bits := getInt(r.m.order, b)
	if i.Op == bpf.OpLoadsx {
		bits = extend(bits, size)
	}
	return r.write(i.Dst, number(bits))
}

func (r *run) storeObject(i *bpf.Instruction, base, v Value, size int) error {
	b, err := r.objectField(base, i.Off, size, table.ObjectOf(base.Region.Object).Store)
	if err != nil {
		return err
	}
	putInt(r.m.order, b, v.Bits)
	return nil
}
