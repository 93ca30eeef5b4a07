package interp

import "github.com/bpf2go-native/bpf2go-native/bpf"

// Stacks of the host that runs programs: here of one function, whose address is
// onlyFrame.
const onlyFrame = 1

// Flags of get_stackid and get_stack (linux/bpf.h, BPF_F_*).
const (
	stackSkip        = 0xff
	stackUser        = 1 << 8
	stackFast        = 1 << 9
	stackReuse       = 1 << 10
	stackUserBuildID = 1 << 11
)

// stackID stores the stack in bucket 0 of the map.
func (c *helperCall) stackID() (Value, error) {
	flags := c.args[2].Bits
	switch {
	case flags&^uint64(stackSkip|stackUser|stackFast|stackReuse) != 0:
		return c.status(bpf.EINVAL), nil
	case flags&stackSkip != 0:
		return c.status(bpf.EFAULT), nil
	}
	key := c.m.indexKey(0)
	if c.m.elements[key] == nil {
		c.m.machine.order.PutUint64(c.m.insert(key).values[0].bytes, onlyFrame)
	}
	return number(0), nil
}

// stack copies the stack.
func (c *helperCall) stack() (Value, error) {
	flags, buf, each := c.args[3].Bits, c.mem[1], 8
	buildID := flags&stackUserBuildID != 0
	if buildID {
		each = 32
	}
	clear(buf)
	skip := int(flags & stackSkip)
	switch {
	case flags&^uint64(stackSkip|stackUser|stackUserBuildID) != 0, buildID && flags&stackUser == 0, len(buf)%each != 0:
		return c.status(bpf.EINVAL), nil
	case skip > 1:
		return c.status(bpf.EFAULT), nil
	case skip == 1 || len(buf) == 0:
		return number(0), nil
	}
	if buildID {
		const address, onlyAddress = 24, 2 // BPF_STACK_BUILD_ID_IP
		c.run.m.order.PutUint32(buf, onlyAddress)
		buf = buf[address:]
	}
	c.run.m.order.PutUint64(buf, onlyFrame)
	return number(uint64(each)), nil
}

// jiffies are units of 4 ms, as rtlib has them.
func (c *helperCall) jiffies() (Value, error) { return number(c.run.m.opt.Clock() / 4e6), nil }

// milliseconds are Windows' clocks.
func (c *helperCall) milliseconds() (Value, error) { return number(c.run.m.opt.Clock() / 1e6), nil }
