package interp

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// model is what a helper does of which only the row is known: it fills the
// memory that it may write and gives any result that the row allows.
func (c *helperCall) model() (Value, error) {
	for k, kind := range c.h.Args {
		switch kind {
		case table.ArgMemOut, table.ArgMemOutOrNull, table.ArgMemInOut, table.ArgFixedOut, table.ArgFixedInOut, table.ArgValueOut:
			c.run.m.fill(c.mem[k])
		}
	}
	if c.h.InvalidatesPacket {
		c.recut()
	}
	return results[c.h.Ret](c)
}

// recut moves the end of the part of the packet that programs reach.
func (c *helperCall) recut() {
	r := c.run
	if all := r.whole(); !r.hook.Memory && r.m.chance(2) {
		cut := r.m.oracle.IntN(len(all) + 1)
		r.change(r.meta.bytes, all[:cut], all[cut:])
	}
}

// results are the models of results by kind.
var results = [table.NumRetKinds]func(*helperCall) (Value, error){
	table.RetInt:              (*helperCall).anyInt,
	table.RetVoid:             (*helperCall).success,
	table.RetErr:              (*helperCall).anyErr,
	table.RetNeverOnSuccess:   (*helperCall).unknown,
	table.RetMapValueOrNull:   (*helperCall).anyValue,
	table.RetMapValue:         (*helperCall).localStorage,
	table.RetMemOrNull:        (*helperCall).unknown,
	table.RetDynptrData:       (*helperCall).unknown,
	table.RetDynptrSlice:      (*helperCall).unknown,
	table.RetIter:             (*helperCall).unknown,
	table.RetArg1:             (*helperCall).success,
	table.RetSockOrNull:       (*helperCall).anyObject,
	table.RetTcpSockOrNull:    (*helperCall).anyObject,
	table.RetSockCommonOrNull: (*helperCall).anyObject,
	table.RetTask:             (*helperCall).anyObject,
	table.RetKernelSockOrNull: (*helperCall).anyObject,
	table.RetObject:           (*helperCall).unknown,
}

func (c *helperCall) unknown() (Value, error) {
	return Value{}, c.run.unsupported("%s: what it returns has no model", c.h.Name)
}

// anyInt is a number in the bounds of the row; without bounds small numbers,
// negative ones and ones near powers of two are frequent.
func (c *helperCall) anyInt() (Value, error) {
	lo, hi := c.h.RetMin, c.h.RetMax
	if c.h.RetArg != 0 {
		hi = int64(c.args[c.h.RetArg-1].Bits)
	}
	rng := c.run.m.oracle
	if lo == 0 && hi == 0 && c.h.RetArg == 0 {
		if c.run.m.opt.Adverse {
			return number(c.run.m.near()), nil
		}
		bits := rng.Uint64() >> rng.UintN(64)
		if rng.IntN(4) == 0 {
			bits = -bits
		}
		return number(bits), nil
	}
	switch span := uint64(hi - lo); {
	case rng.IntN(4) == 0:
		return number(uint64(lo)), nil
	case rng.IntN(4) == 0:
		return number(uint64(hi)), nil
	case span == ^uint64(0):
		return number(rng.Uint64()), nil
	default:
		return number(uint64(lo) + rng.Uint64N(span+1)), nil
	}
}

// anyErr is 0 or the number of an error.
func (c *helperCall) anyErr() (Value, error) {
	errors := []bpf.Errno{0, 0, 0, bpf.EINVAL, bpf.EFAULT, bpf.ENOENT, bpf.ENOMEM, bpf.EPERM, bpf.EBUSY}
	return c.status(errors[c.run.m.oracle.IntN(len(errors))]), nil
}

// anyValue is a fresh value of the map, or 0.
func (c *helperCall) anyValue() (Value, error) {
	if c.m == nil || c.run.m.chance(2) {
		return number(0), nil
	}
	v := c.m.region(int(c.m.def.ValueSize))
	return v.pointer(0), nil
}

// anyObject is an object of the kind of the result. A cast of another one is
// released with it.
func (c *helperCall) anyObject() (Value, error) {
	kind, null := c.h.Ret.Object()
	if null && c.run.m.chance(3) {
		return number(0), nil
	}
	object := c.run.m.object(kind)
	for k := range c.h.Args {
		if from := c.args[k].Region; from != nil && from.Kind == KindObject && c.h.Casts {
			object.parent, object.Ref = from, from.Ref
		}
	}
	return object.pointer(0), nil
}
