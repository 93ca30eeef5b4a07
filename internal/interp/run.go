package interp

import (
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
	// Data is the packet, or the memory of a Memory hook. Meta is the
	// metadata in front of the packet. Programs write to both in place.
	Data, Meta []byte
	// Ctx are the scalar context fields by table.Field.Slot; missing ones
	// are 0. Fields that the program writes are stored back as far as they
	// are there.
	Ctx []uint64
	// MaxInsns is how many instructions may be executed, 0 for 10 million.
	MaxInsns uint64
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

// frame is an active function.
type frame struct {
	stack    *Region
	fn       frontend.Func
	caller   int      // slot to return to
	saved    [4]Value // r6 to r9 of the caller
	mayGotos uint64
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
	depth []frame
	done  bool
	insns uint64

	ctx, data, meta *Region
	stacks          uint64    // address of the entry's stack
	trace           []*Region // State.Stacks
}

// Run runs a program of the machine's object. The error is a *Fault.
func (m *Machine) Run(prog *frontend.Program, in Input) (Result, error) {
	r := &run{m: m, prog: prog, hook: prog.Hook, in: in, stacks: m.space.take(maxDepth * stackSize)}
	if r.in.MaxInsns == 0 {
		r.in.MaxInsns = defaultInsns
	}
	entry := frontend.Func{Name: prog.Name, End: len(prog.Insns)}
	if len(prog.Funcs) > 0 {
		entry = prog.Funcs[0]
	}
	r.enter(entry, 0)
	r.arguments()
	for !r.done {
		if err := r.step(); err != nil {
			return Result{Insns: r.insns}, err
		}
	}
	return Result{R0: r.regs[bpf.R0].Bits, Insns: r.insns}, nil
}

// arguments sets r1 and r2 as the hook says.
func (r *run) arguments() {
	base := r.m.space.take(len(r.in.Data) + len(r.in.Meta))
	// Data at a multiple of 16, metadata right in front of it.
	base += uint64(len(r.in.Meta)+15) &^ 15
	r.data = &Region{Kind: KindPacket, Base: base, bytes: r.in.Data}
	r.meta = &Region{Kind: KindMeta, Base: base - uint64(len(r.in.Meta)), bytes: r.in.Meta}
	if r.hook.Memory {
		r.regs[bpf.R1] = r.data.pointer(0)
		r.regs[bpf.R2] = number(uint64(len(r.in.Data)))
		return
	}
	r.ctx = &Region{Kind: KindCtx, Base: r.m.space.take(r.hook.Size)}
	r.regs[bpf.R1] = r.ctx.pointer(0)
}

// step executes one instruction.
func (r *run) step() error {
	r.at = r.pc
	fn := r.depth[len(r.depth)-1].fn
	switch {
	case r.pc < fn.Start || r.pc >= fn.End || r.pc >= len(r.prog.Insns):
		return r.fault("control leaves function %s, slots %d to %d", fn.Name, fn.Start, fn.End-1)
	case r.insns >= r.in.MaxInsns:
		return r.fault("more than %d instructions executed", r.in.MaxInsns)
	}
	i := &r.prog.Insns[r.pc]
	if r.m.opt.Trace != nil {
		r.m.opt.Trace(&State{PC: r.pc, Regs: &r.regs, Stacks: r.trace, Insns: r.insns})
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

// enter makes fn the running function with an own stack. r1 to r5 stay.
func (r *run) enter(fn frontend.Func, back int) {
	depth := len(r.depth)
	stack := &Region{
		Kind: KindStack, Base: r.stacks + uint64(depth)*stackSize, Frame: depth,
		bytes: make([]byte, stackSize), init: make([]bool, stackSize), spills: map[int]Value{},
	}
	if r.m.opt.ZeroStack {
		for k := range stack.init {
			stack.init[k] = true
		}
	}
	f := frame{stack: stack, fn: fn, caller: back}
	copy(f.saved[:], r.regs[bpf.R6:bpf.R10])
	r.depth = append(r.depth, f)
	r.trace = append(r.trace, stack)
	r.regs[bpf.R0] = Value{}
	clear(r.regs[bpf.R6:bpf.R10])
	r.regs[bpf.R10] = stack.pointer(stackSize)
	r.pc = fn.Start
}

// leave returns from the running function; r0 is the result. The end of the
// entry function is the end of the run.
func (r *run) leave() error {
	last := len(r.depth) - 1
	f := r.depth[last]
	if last == 0 {
		r.done = true
		return r.result()
	}
	f.stack.dead = true
	r.depth, r.trace = r.depth[:last], r.trace[:last]
	copy(r.regs[bpf.R6:bpf.R10], f.saved[:])
	clear(r.regs[bpf.R1:bpf.R6])
	r.regs[bpf.R10] = r.depth[last-1].stack.pointer(stackSize)
	r.pc = f.caller
	return nil
}

// result checks r0 at exit against the hook.
func (r *run) result() error {
	v, err := r.read(bpf.R0)
	if err != nil {
		return err
	}
	if low := uint32(v.Bits); !r.hook.AnyRet && (low < r.hook.RetMin || low > r.hook.RetMax) {
		return r.fault("r0 is %d; %s programs return %d to %d", low, r.hook.Name, r.hook.RetMin, r.hook.RetMax)
	}
	return nil
}
