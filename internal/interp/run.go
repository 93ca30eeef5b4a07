package interp

import (
	"errors"
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

const (
	stackSize = 512 // bytes a function (linux/filter.h, MAX_BPF_STACK)
	maxDepth  = 8   // functions active at once (linux/bpf_verifier.h, MAX_CALL_FRAMES)

	// defaultInsns is the limit of a run that does not give one.
	defaultInsns = 10_000_000
)

// Input is what one run works on.
type Input struct {
	// Data is the packet from data to data_end, or the memory of a Memory
	// hook. Meta is the metadata in front of the packet. Programs write to
	// both in place until a helper moves the packet.
	Data, Meta []byte
	// Tail is the rest of the packet, behind data_end: helpers reach it, the
	// program does not.
	Tail []byte
	// Ctx are the scalar context fields by table.Field.Slot; missing ones
	// are 0. Fields that the program writes are stored back as far as they
	// are there.
	Ctx []uint64
	// MaxInsns is how many instructions may be executed, 0 for 10 million.
	MaxInsns uint64
	// Output, when not nil, gets what the program leaves behind.
	Output *Output
}

// Output is what a run leaves behind beside r0 and maps.
type Output struct {
	Data, Meta, Tail []byte  // the packet
	Events           []Event // what went to perf events and ring buffers, in order
	Prog             *frontend.Program
}

// Event is a record for the host.
type Event struct {
	Map  int // index into Object.Maps
	Data []byte
}

// Result is what a run gives.
type Result struct {
	R0    uint64 // at exit of the entry function
	Insns uint64 // instructions executed
}

// Fault says why a program could not go on.
type Fault struct {
	Program string
	Slot    int
	Insn    bpf.Instruction
	Line    frontend.Line // the C line, as far as known
	Reason  string
	// Unsupported faults are about a feature, not about a wrong program.
	Unsupported bool
}

// Error names program, slot, instruction and reason.
func (f *Fault) Error() string {
	where := ""
	if f.Line.Pos.File != "" {
		where = f.Line.Pos.String() + ": "
	}
	return fmt.Sprintf("%sprogram %s: instruction %d: %v: %s", where, f.Program, f.Slot, f.Insn, f.Reason)
}

// Unwrap gives bpf.ErrUnsupported where the reason is a missing feature.
func (f *Fault) Unwrap() error {
	if f.Unsupported {
		return bpf.ErrUnsupported
	}
	return nil
}

// run is one invocation.
type run struct {
	m     *Machine
	prog  *frontend.Program
	hook  *table.Hook
	in    Input
	regs  [bpf.NumRegs]Value
	pc    int // slot of the next instruction
	at    int // slot of the instruction that runs
	depth []Frame
	done  bool
	insns uint64
	// advance is step: callbacks run it through here, or the tables of
	// operations and helpers would be initialised in a circle.
	advance func(*run) error

	ctx, data, meta *Region
	tail            []byte // of the packet
	headroom        int    // bytes that may be put in front of the packet
	stacks          uint64 // address of the entry's stack
	memory          [maxDepth]*stackMemory
	trace           []*Region

	refs      []Reference
	lastRef   uint32
	lock      *held // the spin lock that is held
	sections  [table.NumSections]int
	tailCalls int
	fields    map[int]Value // objects in context fields, by field index
}

// Run runs a program of the machine's object. The error is a *Fault.
func (m *Machine) Run(prog *frontend.Program, in Input) (Result, error) {
	r := m.newRun(prog, in)
	r.arguments()
	r.enter(entryOf(prog), 0, table.CallbackNone)
	err := r.loop()
	r.output()
	if err != nil {
		return Result{Insns: r.insns}, err
	}
	return Result{R0: r.regs[bpf.R0].Bits, Insns: r.insns}, nil
}

func (m *Machine) newRun(prog *frontend.Program, in Input) *run {
	r := &run{m: m, prog: prog, hook: prog.Hook, in: in, stacks: m.space.take(maxDepth * stackSize), advance: (*run).step}
	if r.in.MaxInsns == 0 {
		r.in.MaxInsns = defaultInsns
	}
	return r
}

// entryOf is the entry function of a program.
func entryOf(prog *frontend.Program) frontend.Func {
	if len(prog.Funcs) > 0 {
		return prog.Funcs[0]
	}
	return frontend.Func{Name: prog.Name, End: len(prog.Insns)}
}

// errTail says that a tail call was taken: the program was replaced and every
// function of the old one is left, callbacks and the helpers that run them too.
var errTail = errors.New("interp: tail call taken")

// loop runs to the end of the entry function.
func (r *run) loop() error {
	for !r.done {
		if err := r.step(); err != nil && !errors.Is(err, errTail) {
			return err
		}
	}
	return nil
}

// arguments sets r1 and r2 as the hook says.
func (r *run) arguments() {
	r.place(r.in.Meta, r.in.Data, r.in.Tail)
	r.headroom = r.m.opt.Headroom - len(r.in.Meta)
	if r.hook.Memory {
		r.regs[bpf.R1] = r.data.pointer(0)
		r.regs[bpf.R2] = number(uint64(len(r.in.Data)))
		return
	}
	r.ctx = &Region{Kind: KindCtx, Base: r.m.space.take(r.hook.Size)}
	r.regs[bpf.R1] = r.ctx.pointer(0)
}

// output fills Input.Output.
func (r *run) output() {
	if o := r.in.Output; o != nil && r.data != nil {
		o.Data, o.Meta, o.Tail, o.Prog = r.data.bytes, r.meta.bytes, r.tail, r.prog
	}
}

// event records what the program sends to the host.
func (r *run) event(m *Map, data []byte) {
	if o := r.in.Output; o != nil {
		o.Events = append(o.Events, Event{Map: m.self.Map, Data: append([]byte(nil), data...)})
	}
}

// step executes one instruction.
func (r *run) step() error {
	r.at = r.pc
	fn := r.depth[len(r.depth)-1].Func
	switch {
	case r.pc < fn.Start || r.pc >= fn.End || r.pc >= len(r.prog.Insns):
		return r.fault("control leaves function %s, slots %d to %d", fn.Name, fn.Start, fn.End-1)
	case r.insns >= r.in.MaxInsns:
		return r.fault("more than %d instructions executed", r.in.MaxInsns)
	}
	i := &r.prog.Insns[r.pc]
	if r.m.opt.Trace != nil {
		r.m.opt.Trace(r.state())
	}
	r.insns++
	r.pc++
	if i.Wide() {
		r.pc++
	}
	if int(i.Op) >= bpf.NumOps {
		return r.fault("no operation")
	}
	return dispatch[i.Op](r, i)
}

// fault makes the error for the running instruction.
func (r *run) fault(format string, args ...any) error {
	return r.newFault(fmt.Sprintf(format, args...))
}

// unsupported is a fault about a feature.
func (r *run) unsupported(format string, args ...any) error {
	f := r.newFault(fmt.Sprintf(format, args...))
	f.Unsupported = true
	return f
}

func (r *run) newFault(reason string) *Fault {
	f := &Fault{Program: r.prog.Name, Slot: r.at, Reason: reason}
	if r.at >= 0 && r.at < len(r.prog.Insns) {
		f.Insn = r.prog.Insns[r.at]
	}
	if r.at >= 0 && r.at < len(r.prog.Lines) {
		f.Line = r.prog.Lines[r.at]
	}
	return f
}

// read returns a register that has to be initialised.
func (r *run) read(reg bpf.Reg) (Value, error) {
	if int(reg) >= bpf.NumRegs {
		return Value{}, r.fault("there is no register %d", uint8(reg))
	}
	v := r.regs[reg]
	if v.Kind == KindUninit {
		return v, r.fault("%v is not initialised", reg)
	}
	return v, nil
}

// write sets a register.
func (r *run) write(reg bpf.Reg, v Value) error {
	if reg >= bpf.R10 {
		return r.fault("%v cannot be written", reg)
	}
	r.regs[reg] = v
	return nil
}

// operand is Src or the sign-extended immediate.
func (r *run) operand(i *bpf.Instruction) (Value, error) {
	if i.Src == bpf.RegImm {
		return number(uint64(i.Imm)), nil
	}
	return r.read(i.Src)
}
