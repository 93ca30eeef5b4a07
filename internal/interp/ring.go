package interp

import (
	"strconv"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// room takes the space of a record in a ring buffer; false when there is none, and
// unless the world is steady once in a while. Space comes back when a host takes the
// records out (Dump). The kernel leaves at least a byte of a ring empty.
func (c *helperCall) room(size uint64) bool {
	const header = 8
	if !c.run.m.opt.Steady && c.run.m.chance(8) {
		return false
	}
	total := c.m.used + (size+header+7)&^7
	if size > uint64(c.m.def.MaxEntries) || total >= uint64(c.m.def.MaxEntries) {
		return false
	}
	c.m.used = total
	return true
}

// ringOutput is output to a ring buffer, which fails when that is full.
func (c *helperCall) ringOutput() (Value, error) {
	if !c.room(uint64(len(c.mem[1]))) {
		return c.status(c.run.m.rules.RingFull), nil
	}
	c.run.event(c.m, c.mem[1])
	return number(0), nil
}

// output sends memory argument k to the host. Sometimes nobody listens.
func (c *helperCall) output(k int) (Value, error) {
	if c.run.m.chance(8) {
		return c.status(bpf.ENOENT), nil
	}
	c.run.event(c.m, c.mem[k])
	return number(0), nil
}

// newRecord makes a ring buffer record of random bytes that is held, nil when
// the ring is full.
func (c *helperCall) newRecord(kind string, size uint64) *Region {
	r := c.run
	if !c.room(size) {
		return nil
	}
	record := &Region{Kind: KindMem, Base: r.m.space.take(int(size)), Map: c.m.self.Map, bytes: make([]byte, size), m: c.m}
	r.m.fill(record.bytes)
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
	c.run.event(record.m, record.bytes)
	return Value{}, nil
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
