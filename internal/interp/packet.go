package interp

import (
	"encoding/binary"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

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
	if err != nil {
		return err
	}
	if ctx.Region == nil || ctx.Region != r.ctx && ctx.Region != r.data || ctx.Off() != 0 {
		return r.fault("r6 is %v; packet loads need what r1 was at entry", ctx)
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
	packet := r.data.bytes
	if off < 0 || off+int64(size) > int64(len(packet)) {
		r.regs[bpf.R0] = number(0)
		return r.leave()
	}
	return r.write(bpf.R0, number(getInt(binary.BigEndian, packet[off:off+int64(size)])))
}
