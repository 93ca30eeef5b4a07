package rtlib

import (
	"sync/atomic"
	"unsafe"

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// A run has to know the program and the Frame, that they fit and that neither
// is closed. Bound runs look at that once: what is left for each run are the
// stores of the packet's bounds and the call. Go's compiler puts both into the
// caller, each as a method of its own, because together they exceed its limit.
//
//	runner ─► Program.code ─► func value: the entry, the entry inside an
//	   │                      epoch, or a refusal
//	   └────► Frame
//
// Instance.Close, which any goroutine can call, stores the refusal in
// Program.code. Frame.Close, which the Frame's goroutine calls, lets every
// runner of the Frame point to a code that is a refusal. So a run compares
// nothing: it calls the code, and then returns the error of its Frame.
//
// TestBoundInline keeps the methods below Go's limit for inlining, 80 nodes,
// of which the call of a func value takes 57.

// entry is the code of a program, or what stands for it.
type entry func(*abi.Frame) uint64

// binding is a program on a Frame. The Frame has at most one for a program.
type binding struct {
	code *unsafe.Pointer // *entry, changed by sync/atomic
	fr   *abi.Frame
	err  error // of the Frame
	prog *Program
}

// bindTo returns the Frame's binding of a program that takes the context.
func (f *Frame) bindTo(p *Program, kind hookKind) (*binding, error) {
	if p == nil || f == nil || p.accepts[kind].Load() != f.inst {
		return nil, f.refuse(p, kind)
	}
	for _, b := range f.bound {
		if b.prog == p {
			return b, nil
		}
	}
	b := &binding{&p.code, &f.abi, nil, p}
	f.bound = append(f.bound, b)
	return b, nil
}

// fail sets the error of all later runs on f.
func (f *Frame) fail(err error) {
	f.err = err
	for _, b := range f.bound {
		b.err = err
	}
}

// unbind lets no bound run reach its program.
func (f *Frame) unbind() {
	f.fail(errClosed("frame of instance", f.inst.Name()))
	for _, b := range f.bound {
		b.code = &f.inst.refusal
	}
	f.bound = nil
}

// refusing is the code of programs whose instance or Frame is closed.
func (inst *Instance) refusing(fr *abi.Frame) uint64 {
	if f := (*Frame)(fr.Private.P); f.err == nil {
		f.fail(inst.errClosed())
	}
	return 0
}

// XDPRunner is a program with the hook xdp on a Frame. What there is to check
// was checked when Frame.BindXDP made it.
type XDPRunner binding

// XDPCall is an XDPRunner that has its packet.
type XDPCall binding

// BindXDP prepares runs of a program with the hook xdp on the Frame:
//
//	filter, err := frame.BindXDP(program) // once
//	verdict, err := filter.Packet(data).Run()
//
// This is the fastest call. A Frame can have many programs bound, and RunXDP
// can be used between their runs. Errors as RunXDP.
func (f *Frame) BindXDP(p *Program) (*XDPRunner, error) {
	b, err := f.bindTo(p, hookXDP)
	return (*XDPRunner)(b), err
}

// Packet makes data, which has no metadata, the packet of the next run on the
// Frame. The scalar fields of the context stay what the last RunXDP on the
// Frame made them, at first 0. RunXDP takes packets with metadata.
func (r *XDPRunner) Packet(data []byte) *XDPCall {
	setMemory(r.fr, data, 0)
	return (*XDPCall)(r)
}

// Run runs the program on the packet that the Frame has and returns the
// verdict. It allocates nothing. The packet must not be used by others
// meanwhile. Once the instance or the Frame is closed the verdict is 0, with
// an error that wraps os.ErrClosed.
func (c *XDPCall) Run() (verdict uint32, err error) {
	verdict = uint32((*(*entry)(atomic.LoadPointer(c.code)))(c.fr))
	err = c.err
	return
}

// RawRunner is a program with the hook raw on a Frame. What there is to check
// was checked when Frame.BindRaw made it.
type RawRunner binding

// RawCall is a RawRunner that has its memory.
type RawCall binding

// BindRaw prepares runs of a program with the hook raw on the Frame:
//
//	sum, err := frame.BindRaw(program) // once
//	r0, err := sum.Memory(mem).Run()
//
// This is the fastest call. A Frame can have many programs bound, and RunRaw
// can be used between their runs. Errors as RunXDP.
func (f *Frame) BindRaw(p *Program) (*RawRunner, error) {
	b, err := f.bindTo(p, hookRaw)
	return (*RawRunner)(b), err
}

// Memory makes mem the memory of the next run on the Frame: r1 is its address,
// r2 its length.
func (r *RawRunner) Memory(mem []byte) *RawCall {
	setMemory(r.fr, mem, 0)
	return (*RawCall)(r)
}

// Run runs the program on the memory that the Frame has and returns r0. It
// allocates nothing. The memory must not be used by others meanwhile. Errors
// as XDPCall.Run.
func (c *RawCall) Run() (r0 uint64, err error) {
	r0 = (*(*entry)(atomic.LoadPointer(c.code)))(c.fr)
	err = c.err
	return
}
