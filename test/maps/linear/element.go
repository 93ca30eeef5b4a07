package linear

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// Kind is what an operation does with an element.
type Kind uint8

// The operations.
const (
	Read Kind = iota
	Write
	Remove
	Take // read and remove
	Push
	Pop
	Peek
)

var kindNames = [...]string{Read: "read", Write: "write", Remove: "remove", Take: "take", Push: "push", Pop: "pop", Peek: "peek"}

// Op is an operation on an element with its outcome. Errors are those of Linux,
// whoever did it.
type Op struct {
	Kind  Kind
	Value uint64 // written or read
	Flags uint64 // of Write
	CPU   int    // of a program, -1 of a host
	// Values are what a host read of all CPUs, of per-CPU types.
	Values [maxSlots]uint64
	Errno  bpf.Errno
}

// String shows the operation in failures.
func (o Op) String() string {
	who := "host"
	if o.CPU >= 0 {
		who = fmt.Sprintf("program on CPU %d", o.CPU)
	}
	s := fmt.Sprintf("%s: %s %#x flags %d", who, kindNames[o.Kind], o.Value, o.Flags)
	if o.Errno != 0 {
		s += ": " + o.Errno.Error()
	}
	return s
}

// Element is the state of an element: a value that may be there.
type Element struct {
	There bool
	Value uint64
}

// Keyed is the step of an element of a map with keys.
func Keyed(e Element, o Op) (Element, bool) {
	switch o.Kind {
	case Read, Remove, Take:
		if !e.There {
			return e, o.Errno == bpf.ENOENT
		}
		if o.Errno != 0 || o.Kind != Remove && o.Value != e.Value {
			return e, false
		}
		if o.Kind == Read {
			return e, true
		}
		return Element{}, true
	case Write:
		switch {
		case o.Flags == bpf.UpdateNoExist && e.There:
			return e, o.Errno == bpf.EEXIST
		case o.Flags == bpf.UpdateExist && !e.There:
			return e, o.Errno == bpf.ENOENT
		}
		return Element{true, o.Value}, o.Errno == 0
	}
	return e, false
}

// maxSlots is the most CPUs that per-CPU elements are checked on.
const maxSlots = 4

// PerCPU is the step of the value that a CPU has in an element with one for each.
// All CPUs' are there or none. Hosts read and write all of them, one after the
// other, so only each for itself has an order.
func PerCPU(cpu int) func(Element, Op) (Element, bool) {
	return func(e Element, o Op) (Element, bool) {
		switch {
		case o.CPU < 0 && o.Kind != Write:
			o.Value = o.Values[cpu]
		case o.CPU == cpu || o.CPU < 0:
		case o.Kind == Read && o.Errno == 0:
			return e, e.There
		case o.Kind == Write && o.Errno == 0:
			old := e.Value // 0 of a new element
			e, ok := Keyed(e, o)
			e.Value = old
			return e, ok
		}
		return Keyed(e, o)
	}
}

// Queue is the step of a queue of at most max values below 256, or of a stack:
// the state's bytes are the values, the oldest first.
func Queue(max int, stack bool) func(string, Op) (string, bool) {
	return func(s string, o Op) (string, bool) {
		switch {
		case o.Kind == Push && len(s) == max:
			return s, o.Errno == bpf.E2BIG
		case o.Kind == Push:
			return s + string([]byte{byte(o.Value)}), o.Errno == 0
		case len(s) == 0:
			return s, o.Errno == bpf.ENOENT
		case o.Errno != 0:
			return s, false
		}
		at := 0
		if stack {
			at = len(s) - 1
		}
		if uint64(s[at]) != o.Value {
			return s, false
		}
		if o.Kind == Pop {
			s = s[:at] + s[at+1:]
		}
		return s, true
	}
}
