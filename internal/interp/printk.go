package interp

import (
	"fmt"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// printk is trace_printk: r0 is the length of the text, or -EINVAL for a
// format that Linux does not take: no zero byte at the end, more than three
// conversions, any but %d %i %u %x %X (with l or ll), %c, %p, %%, with a
// width and the flags 0, -, +, space. %s is -EINVAL, too: there is no memory
// of a kernel that it could read.
func (c *helperCall) printk() (Value, error) {
	format, _, terminated := strings.Cut(string(c.mem[0]), "\x00")
	if !terminated {
		return c.status(bpf.EINVAL), nil
	}
	text, legal := sprint(format, [3]uint64{c.args[2].Bits, c.args[3].Bits, c.args[4].Bits})
	if !legal {
		return c.status(bpf.EINVAL), nil
	}
	c.run.m.opt.Printk(text)
	return number(uint64(len(text))), nil
}

// sprint formats as the kernel does; false for a format it refuses.
func sprint(format string, args [3]uint64) (string, bool) {
	var out strings.Builder
	used := 0
	for len(format) > 0 {
		c := format[0]
		format = format[1:]
		if c != '%' {
			if c < ' ' && c != '\n' && c != '\t' && c != '\r' && c != '\v' && c != '\f' || c == 0x7f {
				return "", false
			}
			out.WriteByte(c)
			continue
		}
		if strings.HasPrefix(format, "%") {
			out.WriteByte('%')
			format = format[1:]
			continue
		}
		flags := format[:len(format)-len(strings.TrimLeft(format, "0+- "))]
		format = format[len(flags):]
		width := format[:len(format)-len(strings.TrimLeft(format, "0123456789"))]
		format = format[len(width):]
		size := 4
		for longs := 0; longs < 2 && strings.HasPrefix(format, "l"); longs++ {
			format, size = format[1:], 8
		}
		if format == "" || used == len(args) || len(width) > 3 {
			return "", false
		}
		text, legal := convert(flags+width, format[0], size, args[used])
		if !legal {
			return "", false
		}
		out.WriteString(text)
		format, used = format[1:], used+1
	}
	return out.String(), true
}

// convert formats one argument of size bytes.
func convert(modifiers string, verb byte, size int, arg uint64) (string, bool) {
	switch verb {
	case 'd', 'i':
		return fmt.Sprintf("%"+modifiers+"d", int64(extend(arg, size))), true
	case 'u':
		// A sign flag is for signed numbers.
		return fmt.Sprintf("%"+strings.Trim(modifiers, "+ ")+"d", truncate(arg, size)), true
	case 'x', 'X':
		return fmt.Sprintf("%"+strings.Trim(modifiers, "+ ")+string(verb), truncate(arg, size)), true
	case 'c':
		if size == 4 && modifiers == "" {
			return string([]byte{byte(arg)}), true
		}
	case 'p':
		if size == 4 && modifiers == "" {
			return fmt.Sprintf("%016x", arg), true
		}
	}
	return "", false
}
