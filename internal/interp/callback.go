package interp

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// maxLoops is the limit of bpf_loop and of number iterators (linux/bpf.h,
// BPF_MAX_LOOPS).
const maxLoops = 8 << 20

// loop calls a function with 0, 1, … and gives how often it did so.
func (c *helperCall) loop() (Value, error) {
	count := uint32(c.args[0].Bits)
	switch {
	case c.args[3].Bits != 0:
		return c.status(bpf.EINVAL), nil
	case count > maxLoops:
		return c.status(bpf.E2BIG), nil
	}
	for k := range count {
		stop, err := c.run.callback(table.CallbackLoop, c.fn, number(uint64(k)), c.args[2])
		if err != nil {
			return Value{}, err
		}
		if stop != 0 {
			return number(uint64(k) + 1), nil
		}
	}
	return number(uint64(count)), nil
}

// forEach calls a function with the map and the key, the value on this CPU
// and gives how often it did so.
func (c *helperCall) forEach() (Value, error) {
	if c.args[3].Bits != 0 {
		return c.status(bpf.EINVAL), nil
	}
	calls := uint64(0)
	for _, key := range c.m.keys() {
		value := c.m.lookup(key, c.m.current())
		if value == nil {
			continue // the callback has deleted it
		}
		calls++
		stop, err := c.run.callback(table.CallbackMapElem, c.fn, c.args[0], c.m.keyPointer(key), value.pointer(0), c.args[2])
		if err != nil {
			return Value{}, err
		}
		if stop != 0 {
			break
		}
	}
	return number(calls), nil
}

// keyPointer is a pointer to a copy of a key that may be read.
func (m *Map) keyPointer(key []byte) Value {
	r := &Region{Kind: KindMem, Base: m.machine.space.take(len(key)), bytes: append([]byte(nil), key...), readOnly: true, Map: m.self.Map}
	return r.pointer(0)
}

// findVma calls the function with the task and a mapping, if there is one.
func (c *helperCall) findVma() (Value, error) {
	if c.run.m.chance(2) {
		return c.status(bpf.ENOENT), nil
	}
	vma := c.run.m.object(table.ObjOther)
	_, err := c.run.callback(table.CallbackFindVma, c.fn, c.args[0], vma.pointer(0), c.args[3])
	return number(0), err
}

// drain gives the function the samples of the host as dynptrs: those that it
// produced, or up to eight.
func (c *helperCall) drain() (Value, error) {
	m, limit := c.run.m, maxSamples
	sample := func() *Region {
		if r := c.m.consume(); r != nil {
			return r.Region
		}
		return nil
	}
	if m.opt.Steady && c.args[3].Bits&^uint64(ringWakeups) != 0 {
		return c.status(bpf.EINVAL), nil
	}
	if !m.opt.Steady {
		limit = m.oracle.IntN(9)
		sample = func() *Region { return c.m.record(m.oracle.Uint64N(64)) }
	}
	for k := range limit {
		mem := sample()
		if mem == nil {
			return number(uint64(k)), nil
		}
		self := &Region{Kind: KindDynptr, Base: m.space.take(dynptrSize), dynptr: newDynptr(table.DynptrLocal, mem, len(mem.bytes))}
		stop, err := c.run.callback(table.CallbackRingbuf, c.fn, self.pointer(0), c.args[2])
		self.gone, mem.gone = "the record was given back", "the record was given back"
		if err != nil {
			return Value{}, err
		}
		if stop != 0 {
			return number(uint64(k) + 1), nil
		}
	}
	return number(uint64(limit)), nil
}

// maxTailCalls is how many tail calls a run takes (linux/bpf.h,
// MAX_TAIL_CALL_CNT).
const maxTailCalls = 33

// tailCall replaces the whole program by the one in a slot of the map, when
// there is one and the run has taken fewer than 33. Nothing may be held.
func (c *helperCall) tailCall() (Value, error) {
	r := c.run
	if err := r.leaves(); err != nil {
		return Value{}, err
	}
	prog := c.m.progs[uint32(c.args[2].Bits)]
	missing, limit := prog == nil || uint64(uint32(c.args[2].Bits)) >= uint64(c.m.def.MaxEntries), r.tailCalls >= maxTailCalls
	switch windows := r.m.obj.Platform == bpf.Windows; {
	case missing && windows:
		return number(uint64(int64(r.m.rules.TailCallNone))), nil
	case limit && windows:
		return number(uint64(int64(r.m.rules.TailCallLimit))), nil
	case missing || limit:
		return Value{}, nil // on Linux r0 has no value
	}
	r.tailCalls++
	if !r.m.opt.TailReturns {
		r.abandon()
	}
	left := r.depth[len(r.depth)-1]
	for keep := len(r.depth) - 1; len(r.depth) > 0 && (len(r.depth) > keep || !r.m.opt.TailReturns); {
		r.drop()
	}
	r.prog, r.hook = prog, prog.Hook
	r.regs = [bpf.NumRegs]Value{bpf.R1: r.ctx.pointer(0)}
	if len(r.depth) == 0 {
		left.Back, left.Callback, left.Saved = 0, table.CallbackNone, [4]Value{}
	}
	copy(r.regs[bpf.R6:], left.Saved[:])
	r.enter(entryOf(prog), left.Back, left.Callback)
	return Value{}, errTail
}

// leaves checks that nothing is held when a function makes a tail call. What its
// callers hold may be: on Linux they go on behind it.
func (r *run) leaves() error {
	if len(r.depth) == 1 || r.lock != nil || r.sections != [table.NumSections]int{} {
		return r.settled("the program")
	}
	return nil
}

// abandon discards what the run holds: nobody is left to submit it.
func (r *run) abandon() {
	for len(r.refs) > 0 {
		ref := r.refs[0]
		for _, made := range []*Region{ref.Region, ref.Region.parent} {
			if made != nil && made.m != nil {
				made.m.commit(made, true)
			}
		}
		_ = r.release(ref.ID, "a tail call")
	}
}
