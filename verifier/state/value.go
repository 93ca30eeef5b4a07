package state

import "github.com/bpf2go-native/bpf2go-native/verifier/value"

// Kind is the kind of a Value.
type Kind uint8

// The kinds of values.
const (
	Uninit Kind = iota
	Scalar
	PtrCtx
	PtrStack
	PtrPacket    // packet, or the memory of a Memory hook
	PtrMeta      // metadata in front of the packet
	PtrPacketEnd // one past the packet
	PtrMapValue
	ConstMap  // the map itself, or with Inner the map that a map of maps holds
	PtrMem    // Size bytes: a ring buffer record, data of a dynptr, an argument of a global function
	PtrFunc   // a function of the program
	PtrObj    // an object of the host that programs cannot look into, but for its table.ObjectKind
	PtrDynptr // a dynptr that is not on the program's stack

	// SlotIter and SlotDynptr are values of stack slots only: an open-coded
	// iterator (8 bytes) and the two halves of a dynptr (8 bytes each).
	SlotIter
	SlotDynptr

	// NumKinds is the number of kinds, for arrays indexed by Kind.
	NumKinds = int(SlotDynptr) + 1
)

// Flags refine a Value.
type Flags uint8

// The flags.
const (
	Inner    Flags = 1 << iota // ConstMap, PtrMapValue: of the inner map of Map
	ReadOnly                   // PtrMem: no stores
	Record                     // PtrMem: a reservation that submit and discard take
	Second                     // SlotDynptr: the upper half
	Trusted                    // PtrObj: may be passed on although it is not held
	Released                   // Scalar: was a pointer whose reference was given back; says nothing of the number
	Slice                      // PtrMem: bytes of a packet, gone when the packet moves
)

// LenClass is the class of the length of a Memory hook's memory.
const LenClass = 1

// MaxLen bounds the length of a Memory hook's memory in bytes: no address
// space that Go runs in is larger, so sums below it do not wrap.
const MaxLen = 1 << 48

// Value is what is known of a register or of a spilled one.
type Value struct {
	Kind  Kind
	Null  bool // PtrMapValue, PtrMem, PtrObj, inner ConstMap: may be 0 instead
	Frame int8 // PtrStack: depth of the owner's frame, 0 = entry
	Flags Flags
	// Map is the index of the map of a PtrMapValue or ConstMap, that of the
	// function of a PtrFunc, the table.ObjectKind of a PtrObj, and the kind
	// of a SlotIter or dynptr. A PtrMem with Map > 0 may lead to the bytes
	// [-Map, Size-Map) of the stack of Frame.
	Map  int32
	Size int32  // PtrMem: bytes
	ID   uint32 // class of S, 0 = none
	// Ref is the lookup or the call that it came from: always while Null,
	// later where identity counts (values with locks, inner maps).
	Ref uint32
	// Hold is the number of what it lives by: a Reference, or the dynptr that
	// it is a slice of or is itself; 0 = nothing. Values with the same Hold
	// end together. While Null, Ref = Hold says that there is no reference
	// when it is 0.
	Hold  uint32
	Room  int64  // bytes proven behind S, at least 1; 0 = nothing proven
	Off   int64  // pointers: constant part of the offset
	Delta uint64 // S minus the base of its class
	S     value.Scalar
}

// Number is the value of a scalar.
func Number(s value.Scalar) Value { return Value{Kind: Scalar, S: s} }

// Const is the value of one number.
func Const(v uint64) Value { return Number(value.Const(v)) }

// Unknown is the value of any number.
func Unknown() Value { return Number(value.Unknown()) }

// IsPtr reports whether v is an address or 0, or the address of a map.
func (v *Value) IsPtr() bool { return v.Kind > Scalar }

// IsConst returns the number that v must be.
func (v *Value) IsConst() (uint64, bool) {
	if v.Kind != Scalar {
		return 0, false
	}
	return v.S.IsConst()
}

// SpanOf bounds the offset of a pointer from the start of its region; ok is
// false when the sum may leave the 64-bit range, and then nothing is known.
func (v *Value) SpanOf() (lo, hi int64, ok bool) {
	const far = 1 << 61
	lo, hi = v.S.R.Smin, v.S.R.Smax
	if lo < -far || hi > far || v.Off < -far || v.Off > far {
		return 0, 0, false
	}
	return lo + v.Off, hi + v.Off, true
}
