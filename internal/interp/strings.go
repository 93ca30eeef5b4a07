package interp

import (
	"bytes"
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// memset, memmove and memcmp are the functions of string.h. Pointers that are
// copied are numbers afterwards.
func (c *helperCall) memset() (Value, error) {
	for k := range c.mem[0] {
		c.mem[0][k] = byte(c.args[1].Bits)
	}
	return c.args[0], nil
}

func (c *helperCall) memmove() (Value, error) {
	copy(c.mem[0], slices.Clone(c.mem[1]))
	return c.args[0], nil
}

// memcmp gives -1 or 1 for less and greater; in an adverse world any number
// with that sign.
func (c *helperCall) memcmp() (Value, error) {
	result := int64(bytes.Compare(c.mem[0], c.mem[1]))
	if c.run.m.opt.Adverse {
		result *= 1 + int64(c.run.m.oracle.IntN(255))
	}
	return number(uint64(uint32(result))), nil
}

// strncmp compares at most size bytes of a buffer with a string.
func (c *helperCall) strncmp() (Value, error) {
	text := append([]byte(c.text), 0)
	for k := range min(len(c.mem[0]), len(text)) {
		if a, b := c.mem[0][k], text[k]; a != b || a == 0 {
			return number(uint64(int64(a) - int64(b))), nil
		}
	}
	return number(0), nil
}

// strto is strtol and strtoul (kernel/bpf/helpers.c): spaces, a sign, digits
// in the base that the flags say: 8, 10, 16, or 0 for that of the prefix. It
// gives how many characters it took.
func (c *helperCall) strto(signed bool) (Value, error) {
	base, text := c.args[2].Bits, c.mem[0]
	if base != 0 && base != 8 && base != 10 && base != 16 {
		return c.status(bpf.EINVAL), nil
	}
	at := 0
	for at < len(text) && bytes.IndexByte([]byte(" \t\n\v\f\r"), text[at]) >= 0 {
		at++
	}
	negative := at < len(text) && text[at] == '-'
	if negative {
		at++
	}
	rest := text[at:]
	hex := len(rest) > 1 && rest[0] == '0' && rest[1]|0x20 == 'x'
	switch {
	case base == 0 && hex && len(rest) > 2 && digit(rest[2]) < 16:
		base = 16
	case base == 0 && len(rest) > 0 && rest[0] == '0':
		base = 8
	case base == 0:
		base = 10
	}
	if base == 16 && hex {
		at += 2
	}
	value, digits, overflow := uint64(0), 0, false
	for ; at < len(text) && digit(text[at]) < base; at++ {
		next := value*base + digit(text[at])
		overflow = overflow || value > (^uint64(0)-digit(text[at]))/base
		value = next
		digits++
	}
	switch {
	case digits == 0 || negative && !signed && !overflow:
		return c.status(bpf.EINVAL), nil
	case overflow || signed && !negative && value > 1<<63-1 || negative && value > 1<<63:
		return c.status(bpf.ERANGE), nil
	case negative:
		value = -value
	}
	c.run.m.order.PutUint64(c.mem[3], value)
	return number(uint64(at)), nil
}

// digit is the value of a digit, a large number for other characters.
func digit(b byte) uint64 {
	switch {
	case b >= '0' && b <= '9':
		return uint64(b - '0')
	case b|0x20 >= 'a' && b|0x20 <= 'f':
		return uint64(b|0x20-'a') + 10
	}
	return 99
}
