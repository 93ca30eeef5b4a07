package elf

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// tristates are the values of kernel configuration options: n, y, m of enum
// libbpf_tristate in bpf_helpers.h. Booleans have the first two.
var tristates = map[string]uint64{"n": 0, "y": 1, "m": 2}

// store writes the value that a user gave as text into a variable of type t.
func (l *loader) store(to []byte, t *frontend.Type, text string) error {
	switch t.Kind {
	case frontend.KindBool:
		return l.storeBool(to, text)
	case frontend.KindInt:
		return l.storeInt(to, t, text)
	case frontend.KindEnum:
		for _, e := range t.Enums {
			if e.Name == text {
				l.put(to, e.Value)
				return nil
			}
		}
		if n, ok := tristates[text]; ok && t.Name == "libbpf_tristate" {
			l.put(to, n)
			return nil
		}
		return l.storeInt(to, t, text)
	case frontend.KindArray:
		if t.Elem.Size == 1 && t.Elem.Kind == frontend.KindInt {
			return storeString(to, text)
		}
	}
	return fmt.Errorf("a value of type %s cannot be given as text: %w", frontend.TypeString(t), bpf.ErrUnsupported)
}

func (l *loader) storeBool(to []byte, text string) error {
	if n, ok := tristates[text]; ok && n < 2 {
		l.put(to, n)
		return nil
	}
	b, err := strconv.ParseBool(text)
	if err != nil {
		return fmt.Errorf("%q is neither true nor false", text)
	}
	l.put(to, 0)
	if b {
		l.put(to, 1)
	}
	return nil
}

// storeInt takes numbers as C writes them, and characters between single
// quotation marks.
func (l *loader) storeInt(to []byte, t *frontend.Type, text string) error {
	if len(text) == 3 && text[0] == '\'' && text[2] == '\'' {
		l.put(to, uint64(text[1]))
		return nil
	}
	bits := 8 * t.Size
	if bits > 64 || bits == 0 {
		return fmt.Errorf("an integer of %d bytes is %w", t.Size, bpf.ErrUnsupported)
	}
	if strings.HasPrefix(text, "-") && t.Signed {
		n, err := strconv.ParseInt(text, 0, bits)
		if err != nil {
			return fmt.Errorf("%q is no number of %d bytes", text, t.Size)
		}
		l.put(to, uint64(n))
		return nil
	}
	if t.Signed {
		bits--
	}
	n, err := strconv.ParseUint(text, 0, bits)
	if err != nil {
		return fmt.Errorf("%q is no number of type %s", text, frontend.TypeString(t))
	}
	l.put(to, n)
	return nil
}

// storeString writes the bytes of a string and the zero behind it; quotation
// marks around it are optional.
func storeString(to []byte, text string) error {
	if s, err := strconv.Unquote(text); err == nil && strings.HasPrefix(text, "\"") {
		text = s
	}
	if len(text) >= len(to) {
		return fmt.Errorf("the string has %d bytes and a zero, the variable has %d", len(text), len(to))
	}
	clear(to)
	copy(to, text)
	return nil
}

// put writes the low bytes of n in the byte order of the object.
func (l *loader) put(to []byte, n uint64) {
	for i := range to {
		at := i
		if l.bigEndian() {
			at = len(to) - 1 - i
		}
		to[at] = byte(n >> (8 * min(i, 8)))
	}
}
