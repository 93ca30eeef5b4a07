package interp

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// Kind is what a value is.
type Kind uint8

// The kinds of values; everything from KindCtx on is a pointer.
const (
	KindUninit    Kind = iota
	KindScalar         // a number
	KindCtx            // the context
	KindStack          // a function's stack
	KindPacket         // packet, or memory of a Memory hook
	KindMeta           // metadata in front of the packet
	KindPacketEnd      // data_end: points behind the packet, never accessed
	KindMapValue       // a value of a map
	KindMap            // a map itself, as helpers take it
	KindFunc           // a function of the program
	KindMem            // other memory: a ring buffer record, data of a dynptr, a key that a callback gets
	KindObject         // an object of the host: a socket, a task
	KindDynptr         // a dynptr that is not on the program's stack
	numKinds      = int(KindDynptr) + 1
)

// kindNames are how faults call a value.
var kindNames = [numKinds]string{
	"not initialised", "a number", "the context", "stack", "packet", "metadata", "the end of the packet", "a map value", "a map", "a function",
	"memory", "an object of the host", "a dynptr",
}

// String returns the kind in words.
func (k Kind) String() string {
	if int(k) >= numKinds {
		return fmt.Sprintf("kind(%d)", uint8(k))
	}
	return kindNames[k]
}

// Value is the content of a register or of a spilled stack slot.
type Value struct {
	Kind   Kind
	Bits   uint64  // the number or the address
	Region *Region // what a pointer belongs to; nil for numbers
}

// Off is the offset of a pointer in bytes: from r10 of its frame for stack,
// from data for the packet and its end, else from the start of its region.
func (v Value) Off() int64 {
	switch {
	case v.Region == nil:
		return 0
	case v.Kind == KindStack:
		return int64(v.Bits - v.Region.Base - stackSize)
	}
	return int64(v.Bits - v.Region.Base)
}

// null reports whether v is the number 0, which stands for no object.
func (v Value) null() bool { return v.Kind == KindScalar && v.Bits == 0 }

// String describes the value for a fault.
func (v Value) String() string {
	switch v.Kind {
	case KindUninit:
		return v.Kind.String()
	case KindScalar:
		return fmt.Sprintf("a number, 0x%x", v.Bits)
	case KindStack:
		return fmt.Sprintf("r10%+d of frame %d", v.Off(), v.Region.Frame)
	case KindMapValue:
		return fmt.Sprintf("a value of map %d%+d", v.Region.Map, v.Off())
	case KindObject:
		return fmt.Sprintf("an object of the host, %s%+d", table.ObjectOf(v.Region.Object).Name, v.Off())
	}
	return fmt.Sprintf("%v%+d", v.Kind, v.Off())
}

// number is a scalar value.
func number(bits uint64) Value { return Value{Kind: KindScalar, Bits: bits} }
