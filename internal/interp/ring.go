package interp

import (
	"strconv"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// output sends memory argument k to the host. Sometimes nobody listens.
func (c *helperCall) output(k int) (Value, error) {
	if c.run.m.opt.Steady {
		if e := c.refuseOutput(); e != 0 {
			return c.status(e), nil
		}
	} else if c.run.m.chance(8) {
		return c.status(bpf.ENOENT), nil
	}
	c.run.event(c.m, c.mem[k])
	return number(0), nil
}

// ringOutput sends memory argument 1 to the host by a record of a ring.
func (c *helperCall) ringOutput() (Value, error) {
	m := c.run.m
	if !m.opt.Steady {
		return c.output(1)
	}
	if c.args[3].Bits&^uint64(ringWakeups) != 0 && !m.rules.RingFlagsIgnored {
		return c.status(bpf.EINVAL), nil
	}
	size := uint64(len(c.mem[1]))
	record := c.m.reserve(size)
	switch {
	case record == nil && m.rules.RingLengths && (size == 0 || size > uint64(c.m.def.MaxEntries) || size > maxRecord):
		return c.status(bpf.EINVAL), nil
	case record == nil:
		return c.status(m.rules.RingFull), nil
	}
	copy(record.bytes, c.mem[1])
	c.m.commit(record, false)
	c.run.event(c.m, record.bytes)
	return number(0), nil
}

// newRecord makes a ring buffer record of random bytes that is held, nil when
// the ring is full.
func (c *helperCall) newRecord(kind string, size uint64) *Region {
	r := c.run
	if r.m.opt.Steady {
		record := c.m.reserve(size)
		if record != nil && kind != "" {
			r.acquire(kind, record)
		}
		return record
	}
	if size > uint64(c.m.def.MaxEntries) || r.m.chance(8) {
		return nil
	}
	record := c.m.record(size)
	if kind != "" {
		r.acquire(kind, record)
	}
	return record
}

func (c *helperCall) reserve() (Value, error) {
	if c.args[2].Bits != 0 {
		return number(0), nil
	}
	record := c.newRecord("ring buffer record", c.args[1].Bits)
	if record == nil {
		return number(0), nil
	}
	return record.pointer(0), nil
}

// submit sends a record to the host.
func (c *helperCall) submit() (Value, error) {
	record := c.args[0].Region
	record.m.commit(record, false)
	c.run.event(record.m, record.bytes)
	return Value{}, nil
}

func (c *helperCall) discard() (Value, error) {
	record := c.args[0].Region
	record.m.commit(record, true)
	return Value{}, nil
}

// query tells the state of a ring: what can be read, its size, the positions of
// consumer and producer.
func (c *helperCall) query() (Value, error) {
	if !c.run.m.opt.Steady {
		return c.model()
	}
	r := &c.m.ring
	answers := []uint64{r.prod - r.cons, uint64(c.m.def.MaxEntries), r.cons, r.prod}
	if which := c.args[1].Bits; which < uint64(len(answers)) {
		return number(answers[which]), nil
	}
	return number(0), nil
}

// redirectMap is the result for a target that the host has, or the flags' low
// bits for one that it has not (linux/bpf.h, enum xdp_action).
func (c *helperCall) redirectMap() (Value, error) {
	const actionMask, redirect = 3, 4
	if c.run.m.chance(2) {
		return number(c.args[2].Bits & actionMask), nil
	}
	return number(redirect), nil
}

// spinLock takes the lock of a map value. callRow has refused a second one.
func (c *helperCall) spinLock() (Value, error) {
	c.run.lock = &held{addr: c.args[0].Bits, pc: c.run.at}
	return Value{}, nil
}

func (c *helperCall) spinUnlock() (Value, error) {
	switch held := c.run.lock; {
	case held == nil:
		return Value{}, c.bad(0, "and no lock is held")
	case held.addr != c.args[0].Bits:
		return Value{}, c.bad(0, "not the lock that is held")
	}
	c.run.lock = nil
	return Value{}, nil
}

// localStorage is the value of a cgroup storage, there from the start. There
// are no flags.
func (c *helperCall) localStorage() (Value, error) {
	if c.args[1].Bits != 0 {
		return Value{}, c.bad(1, "and there are no flags")
	}
	return c.m.cell("", c.m.current()).pointer(0), nil
}

// storageCreate is BPF_LOCAL_STORAGE_GET_F_CREATE (linux/bpf.h).
const storageCreate = 1

// owner is the key of an object in a storage map.
func owner(object *Region) string {
	for object.parent != nil {
		object = object.parent
	}
	return strconv.FormatUint(object.Base, 16)
}

// storage is the value that belongs to an object, made when the flags say so,
// from the value given or zeros.
func (c *helperCall) storage() (Value, error) {
	flags := c.args[3].Bits
	if c.args[1].Region == nil || flags > storageCreate {
		return number(0), nil
	}
	key := owner(c.args[1].Region)
	e := c.m.elements[key]
	if e == nil {
		if flags != storageCreate || c.run.m.chance(8) {
			return number(0), nil
		}
		e = c.m.insert(key)
		if c.mem[2] != nil {
			c.m.store(e, c.mem[2], []int{0})
		}
	}
	return e.values[0].pointer(0), nil
}

func (c *helperCall) storageDelete() (Value, error) {
	if c.args[1].Region == nil {
		return c.status(bpf.EINVAL), nil
	}
	key := owner(c.args[1].Region)
	if c.m.elements[key] == nil {
		return c.status(bpf.ENOENT), nil
	}
	delete(c.m.elements, key)
	return number(0), nil
}
