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
	Errno bpf.Errno
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

// maxSlots is the most CPUs that the state of a per-CPU element has.
const maxSlots = 4

// Slots is the state of an element with a value for each CPU.
type Slots struct {
	There  bool
	Values [maxSlots]uint64
}

// PerCPU is the step of an element with a value for each CPU: hosts write the
// same value to all and read all, of which Value is the sum.
func PerCPU(e Slots, o Op) (Slots, bool) {
	one := Element{There: e.There}
	if o.CPU >= 0 {
		one.Value = e.Values[o.CPU]
	} else {
		for _, v := range e.Values {
			one.Value += v
		}
	}
	after, ok := Keyed(one, o)
	switch {
	case !ok:
		return e, false
	case !after.There:
		return Slots{}, true
	case o.Kind != Write || o.Errno != 0:
		return e, true
	}
	e.There = true
	for i := range e.Values {
		if o.CPU < 0 || o.CPU == i {
			e.Values[i] = o.Value
		}
	}
	return e, true
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
