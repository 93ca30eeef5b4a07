package interp

import (
	"bytes"
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// arguments are the checks of each kind of argument.
var arguments = [table.NumArgKinds]func(c *helperCall, k int) error{
	table.ArgNone: (*helperCall).nothing,
	table.ArgAny:  (*helperCall).anything,
	table.ArgOpt:  (*helperCall).anything,
	table.ArgCtx:  (*helperCall).context,
	table.ArgCtxOrNull: func(c *helperCall, k int) error {
		if c.args[k].null() {
			return nil
		}
		return c.context(k)
	},
	table.ArgMap:           (*helperCall).mapArgument,
	table.ArgKey:           func(c *helperCall, k int) error { return c.memory(k, int(c.m.def.KeySize), false, true) },
	table.ArgValue:         (*helperCall).value,
	table.ArgValueOrNull:   func(c *helperCall, k int) error { return c.orNull(k, int(c.m.def.ValueSize), false) },
	table.ArgValueOut:      func(c *helperCall, k int) error { return c.memory(k, int(c.m.def.ValueSize), true, false) },
	table.ArgMem:           func(c *helperCall, k int) error { return c.sized(k, false, true, false) },
	table.ArgMemOrNull:     func(c *helperCall, k int) error { return c.sized(k, false, true, true) },
	table.ArgMemOut:        func(c *helperCall, k int) error { return c.sized(k, true, false, false) },
	table.ArgMemOutOrNull:  func(c *helperCall, k int) error { return c.sized(k, true, false, true) },
	table.ArgMemInOut:      func(c *helperCall, k int) error { return c.sized(k, true, true, false) },
	table.ArgSize:          (*helperCall).size,
	table.ArgSizeOrZero:    (*helperCall).size,
	table.ArgConstSize:     (*helperCall).size,
	table.ArgFixed:         func(c *helperCall, k int) error { return c.fixed(k, false, true) },
	table.ArgFixedOut:      func(c *helperCall, k int) error { return c.fixed(k, true, false) },
	table.ArgFixedInOut:    func(c *helperCall, k int) error { return c.fixed(k, true, true) },
	table.ArgStr:           (*helperCall).str,
	table.ArgSpinLock:      func(c *helperCall, k int) error { return c.special(k, frontend.SpecialSpinLock) },
	table.ArgTimer:         func(c *helperCall, k int) error { return c.special(k, frontend.SpecialTimer) },
	table.ArgKptr:          func(c *helperCall, k int) error { return c.special(k, frontend.SpecialKptr) },
	table.ArgDynptr:        (*helperCall).dynptrArgument,
	table.ArgDynptrOut:     (*helperCall).dynptrOut,
	table.ArgDynptrRingbuf: (*helperCall).dynptrRingbuf,
	table.ArgRecord:        (*helperCall).record,
	table.ArgFunc:          (*helperCall).function,
	table.ArgStackOrNull:   (*helperCall).stackOrNull,
	table.ArgSock: func(c *helperCall, k int) error {
		return c.object(k, false, table.ObjSock, table.ObjSockCommon, table.ObjTcpSock, table.ObjKernelSock)
	},
	table.ArgSockOrNull: func(c *helperCall, k int) error {
		return c.object(k, true, table.ObjSock, table.ObjSockCommon, table.ObjTcpSock, table.ObjKernelSock)
	},
	table.ArgSockFull:   func(c *helperCall, k int) error { return c.object(k, false, table.ObjSock, table.ObjTcpSock) },
	table.ArgTask:       func(c *helperCall, k int) error { return c.object(k, false, table.ObjTask) },
	table.ArgTaskOrNull: func(c *helperCall, k int) error { return c.object(k, true, table.ObjTask) },
	table.ArgIterNew:    (*helperCall).iterNew,
	table.ArgIter:       (*helperCall).iterArgument,
	table.ArgObject: func(c *helperCall, k int) error {
		return c.run.unsupported("argument %d of %s", k+1, c.h.Name)
	},
}

// arrange checks the arguments of a call against its row. Sizes are checked
// with the memory that they belong to.
func (r *run) arrange(h *table.Helper) (*helperCall, error) {
	c := &helperCall{run: r, h: h}
	for k, kind := range h.Args {
		v := r.regs[bpf.R1+bpf.Reg(k)]
		if v.Kind == KindUninit {
			if kind != table.ArgOpt {
				return nil, r.fault("%v, argument %d of %s, is not initialised", bpf.R1+bpf.Reg(k), k+1, h.Name)
			}
			v = number(0)
		}
		c.args[k] = v
	}
	for k, kind := range h.Args {
		if err := arguments[kind](c, k); err != nil {
			return nil, err
		}
	}
	for _, touch := range c.touched {
		touch()
	}
	return c, nil
}

// bad is the fault for an argument: it says what the argument is and why that
// is wrong.
func (c *helperCall) bad(k int, why string) error {
	return c.run.fault("%v, argument %d of %s, is %v, %s", bpf.R1+bpf.Reg(k), k+1, c.h.Name, c.args[k], why)
}

func (c *helperCall) nothing(k int) error { return c.bad(k, "which it does not take") }

func (c *helperCall) anything(int) error { return nil }

func (c *helperCall) context(k int) error {
	if v := c.args[k]; v.Region == nil || v.Region != c.run.ctx || v.Off() != 0 {
		return c.bad(k, "not the context")
	}
	return nil
}

func (c *helperCall) mapArgument(k int) error {
	v := c.args[k]
	if v.Kind != KindMap || v.Off() != 0 {
		return c.bad(k, "not a map")
	}
	c.m = v.Region.m
	if len(c.h.Maps) > 0 && !slices.Contains(c.h.Maps, c.m.def.Type) {
		return c.run.fault("map %s of type %s cannot be used by %s", c.m.def.Name, c.m.row.Name, c.h.Name)
	}
	return nil
}

// memory is memory of a size that is read, written or both.
func (c *helperCall) memory(k, size int, write, initialised bool) error {
	r, v := c.run, c.args[k]
	reg := bpf.R1 + bpf.Reg(k)
	if packet := v.Kind == KindPacket || v.Kind == KindMeta; packet && !r.hook.Memory && !(c.h.Pkt && r.hook.HelperPacket) {
		return c.bad(k, "which it does not take from the packet")
	}
	from, at, err := r.locate(reg, v, 0, size, write)
	if err != nil {
		return err
	}
	if b := from.uninitialised(at, size); initialised && b >= 0 {
		return r.fault("%v points to stack byte r10%+d of frame %d, which is not initialised", reg, b-stackSize, from.Frame)
	}
	if write {
		c.touched = append(c.touched, func() { from.touch(at, size) })
	}
	c.mem[k] = from.bytes[at : at+size : at+size]
	return nil
}

// value is a value of the map, a socket where the map holds sockets.
func (c *helperCall) value(k int) error {
	if c.m.row.Lookup == table.LookupSock {
		return c.object(k, false, table.ObjSock, table.ObjSockCommon, table.ObjTcpSock, table.ObjKernelSock)
	}
	return c.memory(k, int(c.m.def.ValueSize), false, true)
}

// orNull is memory of a size that is read, or 0.
func (c *helperCall) orNull(k, size int, write bool) error {
	if c.args[k].null() {
		return nil
	}
	return c.memory(k, size, write, !write)
}

// maxSize is the limit of a size argument (linux/bpf_verifier.h,
// BPF_MAX_VAR_SIZ).
const maxSize = 1 << 29

// sized is memory whose size is the next size argument.
func (c *helperCall) sized(k int, write, initialised, null bool) error {
	at := k + 1
	for at < len(c.h.Args)-1 && !isSize(c.h.Args[at]) {
		at++
	}
	if err := c.size(at); err != nil {
		return err
	}
	size := int(c.args[at].Bits)
	if null && c.args[k].null() && (size == 0 || c.h.Args[at] == table.ArgConstSize) {
		return nil
	}
	if c.args[at].Bits >= maxSize {
		return c.run.fault("%v, a size for %s, is %d; the limit is %d", bpf.R1+bpf.Reg(at), c.h.Name, int64(c.args[at].Bits), maxSize-1)
	}
	return c.memory(k, size, write, initialised)
}

func isSize(kind table.ArgKind) bool {
	return kind == table.ArgSize || kind == table.ArgSizeOrZero || kind == table.ArgConstSize
}

func (c *helperCall) size(k int) error {
	reg := bpf.R1 + bpf.Reg(k)
	switch v := c.args[k]; {
	case v.Kind != KindScalar:
		return c.run.fault("%v, a size for %s, is %v", reg, c.h.Name, v)
	case v.Bits >= maxSize && c.h.Args[k] != table.ArgConstSize: // those are answered with NULL
		return c.run.fault("%v, a size for %s, is %d; the limit is %d", reg, c.h.Name, int64(v.Bits), maxSize-1)
	case v.Bits == 0 && c.h.Args[k] == table.ArgSize:
		return c.run.fault("%v, a size for %s, is 0", reg, c.h.Name)
	}
	return nil
}

func (c *helperCall) fixed(k int, write, initialised bool) error {
	size := int(c.h.Sizes[k])
	if write && size > 0 && c.args[k].Bits%uint64(size) != 0 {
		return c.bad(k, "which is not aligned")
	}
	return c.memory(k, size, write, initialised)
}

// str is a string with its 0 in a read-only map.
func (c *helperCall) str(k int) error {
	v := c.args[k]
	if v.Kind != KindMapValue || !v.Region.readOnly {
		return c.bad(k, "not a string in a read-only map")
	}
	at, reason := v.Region.find(v.Bits, 1, false)
	if reason != "" {
		return c.bad(k, reason)
	}
	text, _, terminated := bytes.Cut(v.Region.bytes[at:], []byte{0})
	if !terminated {
		return c.bad(k, "a string without its 0")
	}
	c.text = string(text)
	return nil
}

// special is the part of a map value that only helpers may touch.
func (c *helperCall) special(k int, kind frontend.SpecialKind) error {
	v := c.args[k]
	if v.Kind == KindMapValue && v.Region.Gone() == "" {
		for _, s := range v.Region.special {
			if s.Kind == kind && v.Off() == int64(s.Off) {
				return nil
			}
		}
	}
	return c.bad(k, "not at such a part of a map value")
}

func (c *helperCall) record(k int) error {
	if v := c.args[k]; v.Kind != KindMem || v.Region.Ref == 0 || v.Region.m == nil || v.Off() != 0 {
		return c.bad(k, "not the start of a ring buffer record that is held")
	}
	return nil
}

func (c *helperCall) function(k int) error {
	v := c.args[k]
	if v.Kind != KindFunc || v.Off() != 0 {
		return c.bad(k, "not a function of the program")
	}
	c.fn = v.Region.Func
	return nil
}

func (c *helperCall) stackOrNull(k int) error {
	if v := c.args[k]; !v.null() && (v.Kind != KindStack || v.Region.Gone() != "") {
		return c.bad(k, "neither in the stack nor 0")
	}
	return nil
}

func (c *helperCall) object(k int, null bool, kinds ...table.ObjectKind) error {
	v := c.args[k]
	switch {
	case null && v.null():
		return nil
	case v.Kind != KindObject || v.Off() != 0 || !slices.Contains(kinds, v.Region.Object):
		return c.bad(k, "not such an object")
	case v.Region.Gone() != "":
		return c.bad(k, "but "+v.Region.Gone())
	}
	return nil
}
