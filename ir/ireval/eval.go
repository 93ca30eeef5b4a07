// Package ireval runs an ir.Program over real memory, value by value. It takes
// a program in any state between Build and the last pass and gives r0, so that
// the IR before and after a pass can be compared with each other and with
// internal/interp. It is for tests: it trusts the program, as machine code
// does, and a wrong address is a fault of the process.
package ireval

import (
	"fmt"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/ir"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Helper is an rtlib function as programs call it.
type Helper func(fr *abi.Frame, args []uint64) uint64

// Options are what a run needs besides the Frame.
type Options struct {
	// Helpers by rtlib symbol.
	Helpers map[string]Helper
	// Steps bounds the values computed, 0 is a hundred million.
	Steps int
}

// Run runs the entry of a program on a Frame whose Slots, packet bounds and
// context are set. The error says what the program lacks: a helper, an end.
func Run(p *ir.Program, fr *abi.Frame, opt Options) (r0 uint64, err error) {
	m := &machine{fr: fr, opt: opt, hook: p.Hook, steps: opt.Steps}
	if m.steps == 0 {
		m.steps = 100_000_000
	}
	base := address(fr) + abi.OffR10
	return m.call(p.Funcs[0], base, nil)
}

func address(fr *abi.Frame) uint64 { return uint64(uintptr(unsafe.Pointer(fr))) }

type machine struct {
	fr    *abi.Frame
	opt   Options
	hook  *table.Hook
	steps int
}

// activation is a running function.
type activation struct {
	m    *machine
	base uint64 // r10
	args []uint64
	regs []uint64 // by Value.ID
}

func (m *machine) call(f *ir.Func, base uint64, args []uint64) (uint64, error) {
	a := &activation{m: m, base: base, args: args, regs: make([]uint64, f.NumIDs)}
	for off := f.ZeroLo; off < f.ZeroHi; off++ {
		*at[uint8](base + uint64(int64(off))) = 0
	}
	b := f.Blocks[0]
	for {
		for _, v := range b.Values {
			if m.steps--; m.steps < 0 {
				return 0, fmt.Errorf("%s: too many steps", f.Name)
			}
			if err := a.run(v); err != nil {
				return 0, fmt.Errorf("%s: %s: %w", f.Name, v, err)
			}
		}
		var e ir.Edge
		switch b.Kind {
		case ir.BlockRet:
			return a.regs[b.Ctl.ID], nil
		case ir.BlockIf:
			if e = b.Succs[1]; a.regs[b.Ctl.ID] != 0 {
				e = b.Succs[0]
			}
		default:
			e = b.Succs[0]
		}
		moved := make([]uint64, len(e.Args))
		for i, x := range e.Args {
			moved[i] = a.regs[x.ID]
		}
		for i, p := range e.To.Params {
			a.regs[p.ID] = moved[i]
		}
		b = e.To
	}
}

// run computes one value.
func (a *activation) run(v *ir.Value) error {
	row := v.Op.Row()
	var x [3]uint64
	for i, arg := range v.Args {
		if i < len(x) {
			x[i] = a.regs[arg.ID]
		}
	}
	switch {
	case v.Op.Foldable():
		a.regs[v.ID] = ir.Eval(v.Op, x[0], x[1], x[2])
	case v.Op == ir.OpCtxLoad:
		a.regs[v.ID] = a.m.field(int(v.Imm))
	case v.Op == ir.OpCtxStore:
		return a.m.setField(int(v.Imm), x[0])
	case row.Addr:
		return a.memory(v, x)
	case v.Op == ir.OpCall:
		h := a.m.opt.Helpers[v.Sym]
		if h == nil {
			return fmt.Errorf("no helper %s", v.Sym)
		}
		a.regs[v.ID] = h(a.m.fr, a.operands(v))
	case v.Op == ir.OpCallFunc:
		r0, err := a.m.call(v.Fn, a.base+uint64(v.Imm), a.operands(v))
		if err != nil {
			return err
		}
		a.regs[v.ID] = r0
	case row.Class == ir.ClassPure:
		a.regs[v.ID] = a.leaf(v)
	}
	return nil // tokens, preemption
}

func (a *activation) operands(v *ir.Value) []uint64 {
	args := make([]uint64, len(v.Args))
	for i, arg := range v.Args {
		args[i] = a.regs[arg.ID]
	}
	return args
}

// leaf computes a value without operands.
func (a *activation) leaf(v *ir.Value) uint64 {
	switch v.Op {
	case ir.OpConst:
		return uint64(v.Imm)
	case ir.OpFrame:
		return address(a.m.fr)
	case ir.OpArg:
		return a.args[v.Imm]
	case ir.OpStackAddr:
		return a.base + uint64(v.Imm)
	}
	slots := uint64(uintptr(a.m.fr.Slots.P))
	slot := at[abi.MapSlot](slots + uint64(v.Imm)*abi.SlotSize)
	switch v.Op {
	case ir.OpMapPtr:
		return uint64(uintptr(slot.Map.P))
	case ir.OpMapValues:
		return uint64(uintptr(slot.Values.P))
	case ir.OpMapStep:
		return slot.Step
	}
	return slot.Max
}

// field reads a context field.
func (m *machine) field(i int) uint64 {
	f := &m.hook.Fields[i]
	switch f.Kind {
	case table.FieldData:
		return m.fr.Data
	case table.FieldDataEnd:
		return m.fr.DataEnd
	case table.FieldDataMeta:
		return m.fr.DataMeta
	}
	if f.Size == 8 {
		return m.fr.Ctx[f.Slot]
	}
	return m.fr.Ctx[f.Slot] & (1<<(8*f.Size) - 1)
}

func (m *machine) setField(i int, x uint64) error {
	f := &m.hook.Fields[i]
	if f.Kind != table.FieldScalar {
		return fmt.Errorf("field %s cannot be written", f.Name)
	}
	m.fr.Ctx[f.Slot] = x
	return nil
}

// at is the memory at an address. The compiler does not see that it is one, so
// the Frame and what it refers to must be kept alive by the caller.
func at[T any](addr uint64) *T {
	p := uintptr(addr)
	return *(**T)(unsafe.Pointer(&p))
}
