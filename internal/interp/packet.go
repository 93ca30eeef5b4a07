package interp

import (
	"encoding/binary"
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// place puts the packet at a new address: metadata right in front of data,
// data at a multiple of 16, and the tail, which has no address.
func (r *run) place(meta, data, tail []byte) {
	base := r.m.space.take(len(data) + len(meta))
	base += uint64(len(meta)+15) &^ 15
	r.data = &Region{Kind: KindPacket, Base: base, bytes: data}
	r.meta = &Region{Kind: KindMeta, Base: base - uint64(len(meta)), bytes: meta}
	r.tail = tail
}

// moved ends all pointers to the packet: a helper has moved it.
func (r *run) moved(helper string) {
	meta, data := r.meta, r.data
	r.place(meta.bytes, data.bytes, r.tail)
	meta.gone = "the packet was moved by " + helper
	data.gone = meta.gone
	r.setLength()
}

// change gives the packet new bytes; finish moves it.
func (r *run) change(meta, data, tail []byte) {
	r.meta.bytes, r.data.bytes, r.tail = slices.Clone(meta), slices.Clone(data), slices.Clone(tail)
}

// setLength stores the length of the packet in the context field len, as far
// as the hook has one.
func (r *run) setLength() {
	for k := range r.hook.Fields {
		if f := &r.hook.Fields[k]; f.Name == "len" && f.Kind == table.FieldScalar {
			r.slots(f, 0, f.Size)[0] = uint64(len(r.data.bytes) + len(r.tail))
		}
	}
}

// whole is the packet, tail and all; copied.
func (r *run) whole() []byte { return slices.Concat(r.data.bytes, r.tail) }

// writeWhole stores bytes at an offset of the packet, tail and all.
func (r *run) writeWhole(off int, b []byte) {
	n := 0
	if off < len(r.data.bytes) {
		n = copy(r.data.bytes[off:], b)
	}
	if n < len(b) {
		copy(r.tail[off+n-len(r.data.bytes):], b[n:])
	}
}

// ldPacket is the legacy packet load (RFC 9669 §5.5, linux/filter.h): r6 holds
// the context, r0 becomes a big-endian number of the packet, r1 to r5 are
// lost. Outside of the packet the function returns 0. The negative offsets of
// classic BPF are outside, too.
func (r *run) ldPacket(i *bpf.Instruction) error {
	size := int(i.Width)
	if size != 1 && size != 2 && size != 4 {
		return r.fault("packet loads are of 1, 2 or 4 bytes, not %d", i.Width)
	}
	ctx, err := r.read(bpf.R6)
	switch {
	case err != nil:
		return err
	case ctx.Region == nil || ctx.Region != r.ctx && ctx.Region != r.data || ctx.Off() != 0:
		return r.fault("r6 is %v; packet loads need what r1 was at entry", ctx)
	case r.lock != nil:
		return r.fault("packet load with the spin lock of instruction %d held", r.lock.pc)
	}
	// The offset is a 32-bit number, register and immediate added.
	off := int64(int32(i.Imm))
	if i.Op == bpf.OpLdInd {
		index, err := r.read(i.Src)
		if err != nil {
			return err
		}
		off = int64(int32(uint32(index.Bits) + uint32(i.Imm)))
	}
	clear(r.regs[bpf.R1:bpf.R6])
	packet := r.whole()
	if off < 0 || off+int64(size) > int64(len(packet)) {
		r.regs[bpf.R0] = number(0)
		return r.leave()
	}
	return r.write(bpf.R0, number(getInt(binary.BigEndian, packet[off:off+int64(size)])))
}
