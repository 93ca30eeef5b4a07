package rtlib

import (
	"fmt"
	"os"

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// XDP is the context of a program with the hook xdp.
type XDP struct {
	// Data is the packet from its first byte on, or the metadata followed by
	// the packet. Programs can write to it.
	Data []byte
	// MetaLen is the number of bytes at the start of Data that are metadata:
	// data_meta is Data[0:], data is Data[MetaLen:].
	MetaLen int
	// IngressIfindex, RxQueueIndex and EgressIfindex are the fields of xdp_md.
	IngressIfindex uint32
	RxQueueIndex   uint32
	EgressIfindex  uint32
}

// Slots of xdp_md's scalar fields in abi.Frame.Ctx. A test compares them with
// the compiler's row.
const (
	xdpIngressIfindex = iota
	xdpRxQueueIndex
	xdpEgressIfindex
)

// setXDP puts the scalar fields of the context into the Frame. Three stores
// take 1 ns less than to compare them with what is there.
func (f *Frame) setXDP(ctx *XDP) {
	c := &f.abi.Ctx
	c[xdpIngressIfindex] = uint64(ctx.IngressIfindex)
	c[xdpRxQueueIndex] = uint64(ctx.RxQueueIndex)
	c[xdpEgressIfindex] = uint64(ctx.EgressIfindex)
}

// refuseXDP says why f cannot run p with ctx.
func (f *Frame) refuseXDP(p *Program, ctx *XDP) error {
	if err := f.refuse(p, hookXDP); err != nil {
		return err
	}
	return errMetadata(p, ctx)
}

// errMetadata is the error of a context whose metadata is longer than its data.
func errMetadata(p *Program, ctx *XDP) error {
	return fmt.Errorf("program %q: metadata of %d bytes in a packet of %d bytes: %w", p.Name(), ctx.MetaLen, len(ctx.Data), os.ErrInvalid)
}

// refuseBorrowed says why p cannot run with the context on a Frame of the pool.
func refuseBorrowed(p *Program, kind hookKind) error {
	if p == nil {
		return (*Frame)(nil).refuse(nil, kind)
	}
	return (&Frame{inst: p.inst}).refuse(p, kind)
}

// RunXDP runs a program with the hook xdp on the Frame. It returns the verdict
// and allocates nothing. ctx.Data must not be used by others meanwhile.
//
// Errors: wraps os.ErrClosed when the instance or the Frame is closed,
// os.ErrInvalid when the program has another hook or instance, ErrFuel when its
// budget of instructions was used up.
func (f *Frame) RunXDP(p *Program, ctx *XDP) (uint32, error) {
	if p == nil || f == nil || p.accepts[hookXDP].Load() != f.inst {
		return 0, f.refuse(p, hookXDP)
	}
	if uint(ctx.MetaLen) > uint(len(ctx.Data)) {
		return 0, f.refuseXDP(p, ctx)
	}
	setMemory(&f.abi, ctx.Data, ctx.MetaLen)
	f.setXDP(ctx)
	r0 := p.run(&f.abi)
	return uint32(r0), f.ended()
}

// RunRaw runs a program with the hook raw on the Frame: r1 is the address of
// mem, r2 its length. It returns r0 and allocates nothing. Errors as RunXDP, and
// os.ErrInvalid when mem is shorter than the program's section says.
func (f *Frame) RunRaw(p *Program, mem []byte) (uint64, error) {
	if p == nil || f == nil || p.accepts[hookRaw].Load() != f.inst {
		return f.runRawChecked(p, mem)
	}
	setMemory(&f.abi, mem, 0)
	r0 := p.run(&f.abi)
	return r0, f.ended()
}

// runRawChecked is RunRaw of a program with a least length, and of none.
func (f *Frame) runRawChecked(p *Program, mem []byte) (uint64, error) {
	if p == nil || f == nil || p.accepts[hookMinLen].Load() != f.inst {
		return 0, f.refuse(p, hookRaw)
	}
	if uint64(len(mem)) < p.minLen {
		return 0, p.errShort(uint64(len(mem)))
	}
	setMemory(&f.abi, mem, 0)
	r0 := p.run(&f.abi)
	return r0, f.ended()
}

// RunXDP runs a program with the hook xdp on a Frame of the pool. It may wait
// when every execution slot is in use. Errors as Frame.RunXDP.
func RunXDP(p *Program, ctx *XDP) (uint32, error) {
	if p == nil || p.accepts[hookXDP].Load() != p.inst {
		return 0, refuseBorrowed(p, hookXDP)
	}
	if uint(ctx.MetaLen) > uint(len(ctx.Data)) {
		return 0, errMetadata(p, ctx)
	}
	d := p.inst.domain
	f := d.pool.take()
	if f == nil || f.inst != p.inst {
		f = d.borrowFor(p.inst, f)
	}
	defer f.handBack()
	setMemory(&f.abi, ctx.Data, ctx.MetaLen)
	f.setXDP(ctx)
	r0 := p.run(&f.abi)
	return uint32(r0), f.ended()
}

// RunRaw runs a program with the hook raw on a Frame of the pool. It may wait
// when every execution slot is in use. Errors as RunXDP.
func RunRaw(p *Program, mem []byte) (uint64, error) {
	if p == nil || p.accepts[hookRaw].Load() != p.inst {
		if p == nil || p.accepts[hookMinLen].Load() != p.inst {
			return 0, refuseBorrowed(p, hookRaw)
		}
		if uint64(len(mem)) < p.minLen {
			return 0, p.errShort(uint64(len(mem)))
		}
	}
	d := p.inst.domain
	f := d.pool.take()
	if f == nil || f.inst != p.inst {
		f = d.borrowFor(p.inst, f)
	}
	defer f.handBack()
	setMemory(&f.abi, mem, 0)
	r0 := p.run(&f.abi)
	return r0, f.ended()
}

// RunXDPBatch runs the program once for each context, in order, and stores the
// verdicts. Entry is paid once. It stops at the first error; the number of
// verdicts is the first result. Errors as RunXDP, and os.ErrInvalid when
// verdicts is shorter than ctxs.
//
// Map values that were deleted during the batch are not used again before its
// end, so thousands of contexts a batch are enough.
func (f *Frame) RunXDPBatch(p *Program, ctxs []XDP, verdicts []uint32) (int, error) {
	if err := f.refuse(p, hookXDP); err != nil {
		return 0, err
	}
	if len(verdicts) < len(ctxs) {
		return 0, fmt.Errorf("program %q: %d verdicts for %d contexts: %w", p.Name(), len(verdicts), len(ctxs), os.ErrInvalid)
	}
	if !p.reclaims || f.inside() {
		return f.batch(&f.abi, p, ctxs, verdicts)
	}
	f.domain.enter(f.cell)
	f.abi.Running = 1
	if p.inst.closed.Load() {
		f.leave()
		return 0, p.inst.errClosed()
	}
	n, err := f.batch(&f.abi, p, ctxs, verdicts)
	f.leave()
	return n, err
}

// batch is the loop of RunXDPBatch.
func (f *Frame) batch(fr *abi.Frame, p *Program, ctxs []XDP, verdicts []uint32) (int, error) {
	for i := range ctxs {
		if uint(ctxs[i].MetaLen) > uint(len(ctxs[i].Data)) {
			return i, f.refuseXDP(p, &ctxs[i])
		}
		setMemory(&f.abi, ctxs[i].Data, ctxs[i].MetaLen)
		f.setXDP(&ctxs[i])
		verdicts[i] = uint32(p.body(fr))
		if f.err != nil {
			return i, f.ended()
		}
	}
	return len(ctxs), nil
}
