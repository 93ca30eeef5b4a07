package ebpf

import (
	"encoding/binary"
	"fmt"
	"os"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// contextSize is the size of struct xdp_md in bytes (linux/bpf.h):
//
//	0 data  4 data_end  8 data_meta  12 ingress_ifindex  16 rx_queue_index
//	20 egress_ifindex
const contextSize = 24

// readContext makes the context of an XDP program from the data of a run and,
// unless it is nil, a struct xdp_md.
func readContext(data []byte, in any) (*rtlib.XDP, error) {
	ctx := &rtlib.XDP{Data: data}
	if in == nil {
		return ctx, nil
	}
	md, err := marshal(in, contextSize, nil)
	if err != nil {
		return nil, err
	}
	field := func(off int) uint32 { return binary.NativeEndian.Uint32(md[off:]) }
	if field(8) != 0 || field(4) != uint32(len(data)) || field(0) > field(4) {
		return nil, fmt.Errorf("data %d, data_end %d, data_meta %d for %d bytes: data is the length of the metadata, data_end that of all: %w",
			field(0), field(4), field(8), len(data), os.ErrInvalid)
	}
	ctx.MetaLen = int(field(0))
	ctx.IngressIfindex, ctx.RxQueueIndex, ctx.EgressIfindex = field(12), field(16), field(20)
	return ctx, nil
}

// writeContext stores the context as a struct xdp_md in what out points at.
func writeContext(out any, ctx *rtlib.XDP) error {
	if out == nil {
		return nil
	}
	var md [contextSize]byte
	for off, v := range map[int]uint32{0: uint32(ctx.MetaLen), 4: uint32(len(ctx.Data)), 12: ctx.IngressIfindex, 16: ctx.RxQueueIndex, 20: ctx.EgressIfindex} {
		binary.NativeEndian.PutUint32(md[off:], v)
	}
	return unmarshal(out, md[:])
}
