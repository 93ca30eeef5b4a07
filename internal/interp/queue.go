package interp

import (
	"bytes"
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// push adds a value to a queue, a stack or a Bloom filter; 0 is success. A
// full one takes another value only when the flag says that the oldest goes.
func (m *Map) push(value []byte, flags uint64) bpf.Errno {
	if m.def.Type == bpf.MapBloomFilter {
		if flags != 0 {
			return bpf.EINVAL
		}
		m.queue = append(m.queue, slices.Clone(value))
		return 0
	}
	if flags > bpf.UpdateExist || flags == bpf.UpdateNoExist && !m.machine.rules.QueueNoExist {
		return bpf.EINVAL
	}
	if len(m.queue) >= int(m.def.MaxEntries) {
		if flags != bpf.UpdateExist {
			return m.machine.rules.QueueFull
		}
		m.queue = m.queue[1:]
	}
	m.queue = append(m.queue, slices.Clone(value))
	return 0
}

// next is the index of what pop takes, -1 when there is nothing.
func (m *Map) next() int {
	if m.def.Type == bpf.MapQueue {
		return min(0, len(m.queue)-1)
	}
	return len(m.queue) - 1
}

func (c *helperCall) mapPush() (Value, error) {
	if err := c.writable(); err != nil {
		return Value{}, err
	}
	return c.status(c.m.push(c.mem[1], c.args[2].Bits)), nil
}

// mapPop takes a value out. From an empty map it gives zeros and an error.
func (c *helperCall) mapPop() (Value, error) {
	result, err := c.mapPeek()
	if k := c.m.next(); k >= 0 {
		c.m.queue = slices.Delete(c.m.queue, k, k+1)
	}
	return result, err
}

// mapPeek reads what pop would take; of a Bloom filter it asks whether the
// value may be in it, which it then also says of some that are not.
func (c *helperCall) mapPeek() (Value, error) {
	if c.m.def.Type == bpf.MapBloomFilter {
		in := slices.ContainsFunc(c.m.queue, func(v []byte) bool { return bytes.Equal(v, c.mem[1]) })
		if in || c.run.m.chance(16) {
			return number(0), nil
		}
		return c.status(bpf.ENOENT), nil
	}
	k := c.m.next()
	if k < 0 {
		clear(c.mem[1])
		return c.status(c.m.machine.rules.QueueEmpty), nil
	}
	copy(c.mem[1], c.m.queue[k])
	return number(0), nil
}
