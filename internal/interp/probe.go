package interp

import "github.com/bpf2go-native/bpf2go-native/bpf"

// probeRead reads memory of the host: the program's own when the address is
// in a region of it, else random bytes or, at times, nothing. A read that
// does not succeed leaves zeros.
func (c *helperCall) probeRead() (Value, error) {
	to := c.mem[0]
	if from := c.args[2].Region; from != nil {
		at, reason := from.find(c.args[2].Bits, len(to), false)
		if reason == "" && from.uninitialised(at, len(to)) < 0 {
			copy(to, append([]byte(nil), from.bytes[at:at+len(to)]...))
			return number(0), nil
		}
	}
	if c.args[2].null() || c.run.m.chance(4) {
		clear(to)
		return c.status(bpf.EFAULT), nil
	}
	c.run.m.fill(to)
	return number(0), nil
}

// probeReadStr reads a string and gives its length with the 0 at the end. One
// that is too long is cut and has a 0, too.
func (c *helperCall) probeReadStr() (Value, error) {
	to := c.mem[0]
	if len(to) == 0 {
		return number(0), nil
	}
	if c.args[2].null() || c.run.m.chance(4) {
		clear(to)
		return c.status(bpf.EFAULT), nil
	}
	n := 1 + c.run.m.oracle.IntN(len(to))
	for k := range n - 1 {
		to[k] = byte(1 + c.run.m.oracle.IntN(255))
	}
	to[n-1] = 0
	return number(uint64(n)), nil
}
