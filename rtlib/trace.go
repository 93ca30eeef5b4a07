package rtlib

import (
	"io"
	"strconv"
	"strings"
	"sync"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// tracer writes the lines of trace_printk, one Write each.
type tracer struct {
	mu  sync.Mutex
	out io.Writer
	buf []byte
}

// Limits of a line, as the kernel has them (kernel/trace/bpf_trace.c).
const (
	traceArgs = 3
	traceLine = 1024 // bytes, newline apart
)

// TracePrintk is bpf_trace_printk: it formats up to three arguments, writes a
// line to the instance's trace and returns its length in bytes.
//
// The format has size bytes with a 0 at its end and is ASCII. Conversions: %d %i
// %u %x %X with l or ll, %c, %p and %px (the number itself; the kernel hides
// addresses), %s for the address of a string in memory of the program (an empty
// string elsewhere), %%; with the flags "0+- " and a width. Everything else is
// EINVAL. Checked against Linux 6.18.
//
//go:linkname TracePrintk bpf2go/rtlib/v1.TracePrintk
//go:nocheckptr
func TracePrintk(fr *abi.Frame, format, size, a1, a2, a3 uint64) uint64 {
	inst := (*Instance)(fr.Inst.P)
	text := unsafe.Slice((*byte)(ptr(format)), int(uint32(size)))
	return inst.trace.print(fr, inst, text, [traceArgs]uint64{a1, a2, a3})
}

// print formats and writes one line.
func (t *tracer) print(fr *abi.Frame, inst *Instance, text []byte, args [traceArgs]uint64) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := printer{buf: t.buf[:0], args: args, fr: fr, inst: inst}
	ok := p.format(text)
	t.buf = p.buf
	if !ok {
		return inst.rules.HelperResult(bpf.EINVAL)
	}
	n := len(p.buf)
	if n == 0 || t.buf[n-1] != '\n' {
		t.buf = append(t.buf, '\n')
	}
	// Whoever gives a writer that fails loses lines, as with a full trace
	// buffer; the program goes on.
	_, _ = t.out.Write(t.buf)
	return uint64(n)
}

// printer is the state of one format.
type printer struct {
	buf  []byte
	args [traceArgs]uint64
	next int // argument
	fr   *abi.Frame
	inst *Instance
}

// verb is a parsed conversion.
type verb struct {
	width      int
	left, zero bool
	sign       byte // in front of numbers that are not negative, or 0
	size       int  // bytes of the argument
	char       byte
}

// format appends the line; false when the format is not understood. text ends
// at its first 0, which has to be there.
func (p *printer) format(text []byte) bool {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == 0:
			return true
		case c >= 0x7f || c < ' ' && (c < '\t' || c > '\r'):
			return false
		case c != '%':
			p.append(c)
		case i+1 < len(text) && text[i+1] == '%':
			p.append('%')
			i++
		default:
			v, n := parseVerb(text[i+1:])
			if n == 0 || p.next == traceArgs || !p.verb(v) {
				return false
			}
			i += n
		}
	}
	return false
}

// parseVerb parses what follows a percent sign: the conversion and its length,
// 0 when it is none.
func parseVerb(s []byte) (verb, int) {
	v, i := verb{size: 4}, 0
	for ; i < len(s) && strings.IndexByte("0+- ", s[i]) >= 0; i++ {
		switch s[i] {
		case '0':
			v.zero = true
		case '-':
			v.left = true
		case '+':
			v.sign = '+'
		case ' ':
			v.sign = max(v.sign, ' ')
		}
	}
	for ; i < len(s) && s[i] >= '0' && s[i] <= '9' && v.width < traceLine; i++ {
		v.width = 10*v.width + int(s[i]-'0')
	}
	for n := 0; n < 2 && i < len(s) && s[i] == 'l'; n++ {
		v.size = 8
		i++
	}
	if i == len(s) || v.size == 8 && strings.IndexByte("diuxX", s[i]) < 0 {
		return v, 0
	}
	v.char = s[i]
	if v.char == 'p' && i+1 < len(s) && s[i+1] == 'x' {
		i++
	}
	return v, i + 1
}

// verb appends one argument.
func (p *printer) verb(v verb) bool {
	arg := p.args[p.next]
	p.next++
	drop := 64 - 8*v.size
	var digits [24]byte
	text := digits[:0]
	switch v.char {
	case 'd', 'i':
		if v.sign != 0 && int64(arg<<drop) >= 0 {
			text = append(text, v.sign)
		}
		text = strconv.AppendInt(text, int64(arg<<drop)>>drop, 10)
	case 'u':
		text = strconv.AppendUint(text, arg<<drop>>drop, 10)
	case 'x', 'X':
		text = strconv.AppendUint(text, arg<<drop>>drop, 16)
		if v.char == 'X' {
			for i, c := range text {
				if c >= 'a' {
					text[i] = c - 'a' + 'A'
				}
			}
		}
	case 'p':
		text = strconv.AppendUint(text, arg, 16)
		v.width, v.zero = max(v.width, 16), true
	case 'c':
		text = append(text, byte(arg))
		v.zero = false
	case 's':
		text = readString(p.fr, p.inst, arg)
		v.zero = false
	default:
		return false
	}
	p.pad(text, v)
	return true
}

// pad appends text in the conversion's width.
func (p *printer) pad(text []byte, v verb) {
	fill := v.width - len(text)
	if v.zero && !v.left && fill > 0 && len(text) > 0 && strings.IndexByte("-+ ", text[0]) >= 0 {
		p.append(text[0])
		text = text[1:]
	}
	for ; fill > 0 && !v.left; fill-- {
		if v.zero {
			p.append('0')
		} else {
			p.append(' ')
		}
	}
	for _, c := range text {
		p.append(c)
	}
	for ; fill > 0; fill-- {
		p.append(' ')
	}
}

// append adds a byte while the line has room.
func (p *printer) append(c byte) {
	if len(p.buf) < traceLine {
		p.buf = append(p.buf, c)
	}
}

// readString returns the string at an address, without its 0, when it is
// memory of the program: a stack of the Frame, the packet, or a map. Other
// addresses give an empty string, as a fault does in the kernel.
//
//go:nocheckptr
//go:norace
func readString(fr *abi.Frame, inst *Instance, addr uint64) []byte {
	room := memoryAt(fr, inst, addr)
	var s []byte
	for i := uint64(0); i < room && i < traceLine; i++ {
		c := *(*byte)(ptr(addr + i))
		if c == 0 {
			break
		}
		s = append(s, c)
	}
	return s
}

// memoryAt returns how many bytes from an address on are memory of the program.
func memoryAt(fr *abi.Frame, inst *Instance, addr uint64) uint64 {
	if n := within(addr, uint64(uintptr(unsafe.Pointer(&fr.Stack))), uint64(len(fr.Stack))); n != 0 {
		return n
	}
	if n := within(addr, fr.DataMeta, fr.DataEnd-fr.DataMeta); n != 0 {
		return n
	}
	for _, m := range inst.maps {
		if n := m.ops.memory(addr); n != 0 {
			return n
		}
	}
	return 0
}
