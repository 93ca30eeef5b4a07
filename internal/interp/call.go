package interp

import (
	"math"

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
	case bpf.KindKfunc:
		return r.callKfunc(i.Imm)
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
	case v.Kind == KindScalar && v.Bits <= math.MaxInt32 && r.byNumber(int32(v.Bits)):
		return r.callHelper(int32(v.Bits))
	}
	return r.fault("%v is %v, not a function of the program", i.Dst, v)
}

// byNumber reports whether a callx may call a helper: no kernel has that, hooks
// that are of none do.
func (r *run) byNumber(id int32) bool {
	return r.m.opt.Helpers[id] != nil || r.hook.Number == 0 && table.HelperFor(r.m.obj.Platform, r.hook, id) != nil
}

func (r *run) callLocal(slot int) error { return r.callFunc(slot, table.CallbackNone) }

// callFunc calls the function that starts at a slot.
func (r *run) callFunc(slot int, callback table.CallbackKind) error {
	fn, err := r.function(slot)
	switch {
	case err != nil:
		return err
	case fn.Global && r.lock != nil:
		return r.fault("call of the global function %s with the spin lock of instruction %d held", fn.Name, r.lock.pc)
	case len(r.depth) == maxDepth:
		return r.fault("call depth exceeds %d functions", maxDepth)
	}
	r.enter(fn, r.pc, callback)
	r.pc = slot
	return nil
}

// function returns the function that starts at a slot. In objects without a
// list of functions every slot starts one.
func (r *run) function(slot int) (frontend.Func, error) {
	for _, f := range r.prog.Funcs {
		if f.Start == slot {
			return f, nil
		}
	}
	if len(r.prog.Funcs) == 0 && slot >= 0 && slot < len(r.prog.Insns) {
		return frontend.Func{End: len(r.prog.Insns)}, nil
	}
	return frontend.Func{}, r.fault("no function starts at instruction %d", slot)
}

// helperCall is a call of a helper or kernel function with its arguments
// checked.
type helperCall struct {
	run  *run
	h    *table.Helper
	args [5]Value
	// mem are the bytes of memory arguments, nil for null and for numbers.
	mem    [5][]byte
	m      *Map       // the map in ArgMap
	dynptr [5]*dynptr // of ArgDynptr and its like
	iter   *iterator  // of ArgIter
	fn     int        // slot of the function in ArgFunc
	text   string     // of ArgStr
	// touched marks what is written once every argument is checked.
	touched []func()
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
	h := table.HelperFor(r.m.obj.Platform, r.hook, id)
	switch {
	case id == frontend.PoisonCall:
		return r.fault("a call of a function that nothing defines, or an access that was relocated to nothing")
	case h == nil:
		return r.fault("%v has no helper %d", r.m.obj.Platform, id)
	case !h.Offered(r.hook):
		return r.fault("%s programs cannot call helper %s", r.hook.Name, h.Name)
	case h.Status < table.Verified:
		return r.unsupported("helper %s", h.Name)
	}
	return r.callRow(h, helpers[h.Name])
}

// callKfunc calls a function outside of the object by its index in
// Program.Kfuncs.
func (r *run) callKfunc(index int64) error {
	if index < 0 || index >= int64(len(r.prog.Kfuncs)) {
		return r.fault("there is no kernel function %d", index)
	}
	name := r.prog.Kfuncs[index]
	h := table.KfuncByName(name)
	switch {
	case h == nil || h.Status < table.Verified:
		return r.unsupported("kernel function %s", name)
	case !h.Offered(r.hook):
		return r.fault("%s programs cannot call %s", r.hook.Name, name)
	}
	return r.callRow(h, kfuncs[name])
}

// callRow checks a call against its row, runs its meaning, or the model of its
// row when it has none of its own, and leaves the result in r0.
func (r *run) callRow(h *table.Helper, meaning func(*helperCall) (Value, error)) error {
	if r.lock != nil && h.Closes != table.SectionLock {
		return r.fault("call of %s with the spin lock of instruction %d held", h.Name, r.lock.pc)
	}
	c, err := r.arrange(h)
	if err != nil {
		return err
	}
	if meaning == nil {
		meaning = (*helperCall).model
	}
	result, err := meaning(c)
	if err != nil {
		return err
	}
	return c.finish(result)
}

// finish is what every call of a row ends with: references, sections, packet
// pointers, r0.
func (c *helperCall) finish(result Value) error {
	r, h := c.run, c.h
	for k, kind := range h.Args {
		if int(h.Releases) == k+1 || kind == table.ArgRecord || kind == table.ArgDynptrRingbuf {
			if err := c.releaseArgument(k); err != nil {
				return err
			}
		}
	}
	if h.Acquires && result.Kind == KindObject && result.Region.Ref == 0 {
		r.acquire(table.ObjectOf(result.Region.Object).Name, result.Region)
	}
	if h.Opens != table.SectionNone {
		r.sections[h.Opens]++
	}
	if h.Closes != table.SectionNone {
		if r.sections[h.Closes]--; r.sections[h.Closes] < 0 {
			return r.fault("%s is in no %s", h.Name, sectionNames[h.Closes])
		}
	}
	if h.InvalidatesPacket {
		r.moved(h.Name)
	}
	switch h.Ret {
	case table.RetVoid:
		result = Value{}
	case table.RetArg1:
		result = c.args[0]
	}
	r.returned(result)
	return nil
}

// releaseArgument ends the reference of an argument. Null needs none.
func (c *helperCall) releaseArgument(k int) error {
	v := c.args[k]
	switch {
	case v.null():
		return nil
	case v.Region == nil:
		return c.bad(k, "which holds nothing")
	}
	ref := v.Region.Ref
	if c.dynptr[k] != nil {
		ref = c.dynptr[k].root.Ref
	} else if c.iter != nil {
		ref = c.iter.view.Ref
	}
	if ref == 0 {
		return c.bad(k, "which holds no reference")
	}
	return c.run.release(ref, c.h.Name)
}

// returned is the state after a call: r0 is the result, r1 to r5 are lost.
func (r *run) returned(result Value) {
	clear(r.regs[bpf.R1:bpf.R6])
	r.regs[bpf.R0] = result
}

// status is 0 or the platform's number for an error.
func (c *helperCall) status(e bpf.Errno) Value {
	if e == 0 {
		return number(0)
	}
	return number(c.run.m.rules.HelperResult(e))
}
