package interp

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

func (r *run) call(i *bpf.Instruction) error {
	switch i.Kind {
	case bpf.KindHelper:
		return r.callHelper(int32(i.Imm))
	case bpf.KindLocal:
		return r.callLocal(r.at + 1 + int(i.Imm))
	}
	return r.unsupported("call of %v %d", i.Kind, i.Imm)
}

func (r *run) callx(i *bpf.Instruction) error {
	v, err := r.read(i.Dst)
	switch {
	case err != nil:
		return err
	case v.Kind == KindFunc && v.Off() == 0:
		return r.callLocal(v.Region.Func)
	case v.Kind == KindScalar && r.m.opt.Helpers[int32(v.Bits)] != nil:
		return r.callHelper(int32(v.Bits))
	}
	return r.fault("%v is %v, not a function of the program", i.Dst, v)
}

// callLocal calls the function that starts at a slot. Objects without a list
// of functions may call any slot.
func (r *run) callLocal(slot int) error {
	fn := frontend.Func{Start: slot, End: len(r.prog.Insns)}
	if len(r.prog.Funcs) == 0 {
		fn.Start = 0
	}
	found := len(r.prog.Funcs) == 0
	for _, f := range r.prog.Funcs {
		if f.Start == slot {
			fn, found = f, true
		}
	}
	switch {
	case !found || slot < 0 || slot >= len(r.prog.Insns):
		return r.fault("no function starts at instruction %d", slot)
	case len(r.depth) == maxDepth:
		return r.fault("call depth exceeds %d functions", maxDepth)
	}
	r.enter(fn, r.pc)
	r.pc = slot
	return nil
}

// helperCall is a call of a helper with its arguments checked.
type helperCall struct {
	run  *run
	args [5]Value
	// mem are the bytes of pointer arguments, nil for null and for numbers.
	mem [5][]byte
	m   *Map // the map in ArgMap
}

func (r *run) callHelper(id int32) error {
	if own := r.m.opt.Helpers[id]; own != nil {
		var args [5]uint64
		for k := range args {
			args[k] = r.regs[1+k].Bits
		}
		r.returned(number(own(args)))
		return nil
	}
	h := table.HelperByID(r.m.obj.Platform, id)
	switch {
	case h == nil:
		return r.fault("%v has no helper %d", r.m.obj.Platform, id)
	case !h.Offered(r.hook):
		return r.fault("%s programs cannot call helper %s", r.hook.Name, h.Name)
	case h.Status != table.Supported:
		return r.unsupported("helper %s", h.Name)
	}
	c, err := r.arrange(h)
	if err != nil {
		return err
	}
	result, err := helpers[h.Symbol](c)
	if err != nil {
		return err
	}
	if h.Ret == table.RetVoid {
		result = Value{}
	}
	r.returned(result)
	return nil
}

// returned is the state after a call: r0 is the result, r1 to r5 are lost.
func (r *run) returned(result Value) {
	clear(r.regs[bpf.R1:bpf.R6])
	r.regs[bpf.R0] = result
}

// arrange checks the arguments of a call against the helper's row.
func (r *run) arrange(h *table.Helper) (*helperCall, error) {
	c := &helperCall{run: r}
	for k, kind := range h.Args {
		reg := bpf.R1 + bpf.Reg(k)
		v := r.regs[reg]
		if v.Kind == KindUninit {
			if kind != table.ArgOpt {
				return nil, r.fault("%v, argument %d of %s, is not initialised", reg, k+1, h.Name)
			}
			v = number(0)
		}
		c.args[k] = v
		var size int
		write := false
		switch kind {
		case table.ArgAny, table.ArgOpt, table.ArgSize, table.ArgSizeOrZero, table.ArgConstSize:
			continue
		case table.ArgCtx:
			if v.Region == nil || v.Region != r.ctx || v.Off() != 0 {
				return nil, r.fault("%v, argument %d of %s, is %v, not the context", reg, k+1, h.Name, v)
			}
			continue
		case table.ArgMap:
			if v.Kind != KindMap || v.Off() != 0 {
				return nil, r.fault("%v, argument %d of %s, is %v, not a map", reg, k+1, h.Name, v)
			}
			c.m = r.m.maps[v.Region.Map]
			continue
		case table.ArgKey:
			size = int(c.m.def.KeySize)
		case table.ArgValue, table.ArgValueOut:
			size, write = int(c.m.def.ValueSize), kind == table.ArgValueOut
		case table.ArgMem, table.ArgMemOrNull, table.ArgMemOut:
			n, err := r.memSize(h, k)
			if err != nil {
				return nil, err
			}
			size, write = n, kind == table.ArgMemOut
			if kind == table.ArgMemOrNull && n == 0 && v.Kind == KindScalar && v.Bits == 0 {
				continue
			}
		default:
			return nil, r.unsupported("argument %d of %s", k+1, h.Name)
		}
		mem, err := r.argument(reg, v, size, write)
		if err != nil {
			return nil, err
		}
		c.mem[k] = mem
	}
	return c, nil
}

// maxSize is the limit of a size argument (linux/bpf_verifier.h,
// BPF_MAX_VAR_SIZ).
const maxSize = 1 << 29

// memSize is the size argument that belongs to memory argument k.
func (r *run) memSize(h *table.Helper, k int) (int, error) {
	reg := bpf.R2 + bpf.Reg(k)
	v, err := r.read(reg)
	switch {
	case err != nil:
		return 0, err
	case v.Kind != KindScalar:
		return 0, r.fault("%v, a size for %s, is %v", reg, h.Name, v)
	case v.Bits >= maxSize:
		return 0, r.fault("%v, a size for %s, is %d; the limit is %d", reg, h.Name, int64(v.Bits), maxSize-1)
	case v.Bits == 0 && h.Args[k+1] == table.ArgSize:
		return 0, r.fault("%v, a size for %s, is 0", reg, h.Name)
	}
	return int(v.Bits), nil
}

// argument returns the memory that a helper reads or writes.
func (r *run) argument(reg bpf.Reg, v Value, size int, write bool) ([]byte, error) {
	from, k, err := r.locate(reg, v, 0, size, write)
	if err != nil {
		return nil, err
	}
	if write {
		from.touch(k, size)
	} else if b := from.uninitialised(k, size); b >= 0 {
		return nil, r.fault("%v points to stack byte r10%+d of frame %d, which is not initialised", reg, b-stackSize, from.Frame)
	}
	return from.bytes[k : k+size : k+size], nil
}
