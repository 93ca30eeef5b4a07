package interp

import (
	"fmt"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// printk is trace_printk: r0 is the length of the text, or -EINVAL for a
// format that Linux does not take (kernel/bpf/helpers.c,
// bpf_bprintf_prepare): no zero byte in it, more than three conversions, or
// one that is not
//
//	% [0 + - space]* [width] ( [l|ll] (d|i|u|x|X) | c | s | p[x|K] )
//
// %s reads a string from memory of the program; any other value is an empty
// string. %p prints all digits of the address.
func (c *helperCall) printk() (Value, error) {
	format, _, terminated := strings.Cut(string(c.mem[0]), "\x00")
	if !terminated {
		return c.status(bpf.EINVAL), nil
	}
	text, legal := sprint(format, c.args[2:5])
	if !legal {
		return c.status(bpf.EINVAL), nil
	}
	c.run.m.opt.Printk(text)
	return number(uint64(len(text))), nil
}

// vprintk is trace_vprintk: the arguments are 64-bit numbers in memory.
func (c *helperCall) vprintk() (Value, error) {
	format, _, terminated := strings.Cut(string(c.mem[0]), "\x00")
	args, ok := c.numbers(2)
	if !terminated || !ok {
		return c.status(bpf.EINVAL), nil
	}
	text, legal := sprint(format, args)
	if !legal {
		return c.status(bpf.EINVAL), nil
	}
	c.run.m.opt.Printk(text)
	return number(uint64(len(text))), nil
}

// snprintf writes as much as there is room for, a 0 at the end, and gives the
// size of the whole text with its 0.
func (c *helperCall) snprintf() (Value, error) {
	args, ok := c.numbers(3)
	text, legal := sprint(c.text, args)
	if !ok || !legal {
		return c.status(bpf.EINVAL), nil
	}
	if out := c.mem[0]; len(out) > 0 {
		n := copy(out[:len(out)-1], text)
		out[n] = 0
	}
	return number(uint64(len(text) + 1)), nil
}

// numbers are the 64-bit numbers in memory argument k, at most 12
// (linux/bpf.h, MAX_BPRINTF_VARARGS).
func (c *helperCall) numbers(k int) ([]Value, bool) {
	b := c.mem[k]
	if len(b)%8 != 0 || len(b) > 12*8 {
		return nil, false
	}
	var args []Value
	for ; len(b) > 0; b = b[8:] {
		args = append(args, number(c.run.m.order.Uint64(b)))
	}
	return args, true
}

// sprint formats as the kernel does; false for a format it refuses.
func sprint(format string, args []Value) (string, bool) {
	var out strings.Builder
	for len(format) > 0 {
		c := format[0]
		format = format[1:]
		switch {
		case c == '%' && strings.HasPrefix(format, "%"):
			out.WriteByte('%')
			format = format[1:]
		case c == '%':
			conversion, length := parseConversion(format)
			if length == 0 || len(args) == 0 {
				return "", false
			}
			out.WriteString(conversion.text(args[0]))
			format, args = format[length:], args[1:]
		case c < ' ' && !strings.ContainsRune("\n\t\r\v\f", rune(c)) || c == 0x7f:
			return "", false
		default:
			out.WriteByte(c)
		}
	}
	return out.String(), true
}

// conversion is what stands behind a percent sign.
type conversion struct {
	flags, width string
	size         int // bytes of the argument
	verb         byte
}

// cutLeft splits s behind its first characters that are in set.
func cutLeft(s, set string) (left, right string) {
	right = strings.TrimLeft(s, set)
	return s[:len(s)-len(right)], right
}

// parseConversion returns the conversion at the start of s and its length, 0
// when there is none.
func parseConversion(s string) (conversion, int) {
	v := conversion{size: 4}
	var rest string
	v.flags, rest = cutLeft(s, "0+- ")
	v.width, rest = cutLeft(rest, "0123456789")
	for range 2 {
		if after, long := strings.CutPrefix(rest, "l"); long {
			v.size, rest = 8, after
		}
	}
	if rest == "" || len(v.width) > 3 || v.size == 8 && !strings.Contains("diuxX", rest[:1]) {
		return v, 0
	}
	v.verb, rest = rest[0], rest[1:]
	switch v.verb {
	case 'd', 'i', 'u', 'x', 'X', 'c', 's':
	case 'p':
		if rest != "" && (rest[0] == 'x' || rest[0] == 'K') {
			rest = rest[1:]
		}
	default:
		return v, 0
	}
	return v, len(s) - len(rest)
}

// text formats one argument.
func (v conversion) text(arg Value) string {
	// A sign flag is for signed numbers, leading zeros for all numbers.
	noSign := strings.NewReplacer("+", "", " ", "").Replace(v.flags)
	justify := strings.ReplaceAll(noSign, "0", "")
	switch v.verb {
	case 'd', 'i':
		return fmt.Sprintf("%"+v.flags+v.width+"d", int64(extend(arg.Bits, v.size)))
	case 'u':
		return fmt.Sprintf("%"+noSign+v.width+"d", truncate(arg.Bits, v.size))
	case 'x', 'X':
		return fmt.Sprintf("%"+noSign+v.width+string(v.verb), truncate(arg.Bits, v.size))
	case 'p':
		return fmt.Sprintf("%016x", arg.Bits)
	case 'c':
		return fmt.Sprintf("%"+justify+v.width+"s", []byte{byte(arg.Bits)})
	}
	return fmt.Sprintf("%"+justify+v.width+"s", stringAt(arg))
}

// stringAt is the string that a pointer points to, up to a zero byte or the
// end of its region.
func stringAt(arg Value) []byte {
	if arg.Region == nil {
		return nil
	}
	from, reason := arg.Region.find(arg.Bits, 0, false)
	if reason != "" {
		return nil
	}
	var text []byte
	for _, b := range arg.Region.bytes[from:] {
		if b == 0 {
			break
		}
		text = append(text, b)
	}
	return text
}
