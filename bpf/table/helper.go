package table

import "github.com/bpf2go-native/bpf2go-native/bpf"

// Region is a set of kinds of memory, for effects of helpers and for facts.
type Region uint16

// The regions of design: an effect token exists for each.
const (
	RegionStack  Region = 1 << iota // eBPF stacks of the invocation
	RegionCtx                       // context fields
	RegionPacket                    // packet and metadata, memory of a Memory hook
	RegionMap                       // map values, globals among them (shared: others write)
	RegionMem                       // other sized memory (ring buffer records)
	RegionConst                     // frozen read-only data

	// NumRegions is the number of single regions above.
	NumRegions = 6
	// RegionAll is every region that a program can write.
	RegionAll = RegionStack | RegionCtx | RegionPacket | RegionMap | RegionMem
)

// ArgKind is what a helper takes in one of r1 to r5.
type ArgKind uint8

// Argument kinds; the size of memory is the argument that SizeOf says. OrNull
// kinds also take 0. Memory is stack, map values, records and other sized memory, and the
// packet when the row says Pkt. In needs initialised bytes, Out does not, InOut
// needs them and is written.
const (
	ArgNone          ArgKind = iota
	ArgAny                   // any initialised value
	ArgOpt                   // any value; a register that is not initialised is passed as 0
	ArgCtx                   // the context pointer, unchanged
	ArgCtxOrNull             //
	ArgMap                   // a map of one of the types in Maps
	ArgKey                   // readable, key_size bytes of the map in ArgMap
	ArgValue                 // readable, value_size bytes of that map
	ArgValueOrNull           //
	ArgValueOut              // writable, value_size bytes of that map
	ArgMem                   // readable, as many bytes as the size argument says
	ArgMemOrNull             // 0 only when the size is 0, too, except before ArgConstSize
	ArgMemOut                // writable
	ArgMemOutOrNull          //
	ArgMemInOut              // readable and writable
	ArgSize                  // size of memory before it, at least 1
	ArgSizeOrZero            // size of memory before it
	ArgConstSize             // a constant: the size of the returned memory
	ArgFixed                 // readable memory of Sizes[i] bytes
	ArgFixedOut              // writable memory of Sizes[i] bytes, aligned to that size
	ArgFixedInOut            // the same, must be initialised
	ArgStr                   // a constant string with its 0 in a read-only map
	ArgSpinLock              // the bpf_spin_lock of a map value
	ArgTimer                 // a bpf_timer of a map value
	ArgKptr                  // a kernel pointer field of a map value
	ArgDynptr                // a dynptr that was made, of any kind
	ArgDynptrOut             // 16 bytes of stack, aligned to 8, where no dynptr is
	ArgDynptrRingbuf         // a dynptr of ringbuf_reserve_dynptr; the call releases it
	ArgRecord                // a ring buffer reservation; the call releases it
	ArgFunc                  // a function of the program, see Callback
	ArgStackOrNull           // an address in the stack, the last argument of the callback
	ArgSock                  // any socket: socket, sock_common, tcp_sock, request_sock
	ArgSockOrNull            //
	ArgSockFull              // a full socket: socket, tcp_sock
	ArgTask                  // a task_struct
	ArgTaskOrNull            //
	ArgIterNew               // stack bytes of the row's Iter, aligned to 8, without an iterator
	ArgIter                  // an iterator of the row's Iter
	ArgObject                // a kernel object of another kind: always refused

	// NumArgKinds is the number of kinds, for arrays indexed by ArgKind.
	NumArgKinds = int(ArgObject) + 1
)

// RetKind is what a helper returns in r0.
type RetKind uint8

// Result kinds.
const (
	RetInt              RetKind = iota // a number: RetMin to RetMax when one of them is not 0
	RetVoid                            // r0 is not readable afterwards
	RetErr                             // 0 or a negative error number
	RetNeverOnSuccess                  // tail call
	RetMapValueOrNull                  // what MapType.Lookup says of the map in ArgMap, or 0
	RetMapValue                        // value of the map in ArgMap, never 0
	RetMemOrNull                       // ArgConstSize bytes that must be released, or 0
	RetDynptrData                      // ArgConstSize bytes of the dynptr, or 0; die with it
	RetDynptrSlice                     // the same or a copy in the ArgMemOrNull buffer, read-only unless Writes
	RetIter                            // Iter's element, read-only, or 0 and the iteration is over
	RetArg1                            // r1 as it was: the copying functions of string.h
	RetSockOrNull                      // a full socket, or 0
	RetTcpSockOrNull                   // a tcp_sock, or 0
	RetSockCommonOrNull                // a sock_common, or 0
	RetTask                            // a task_struct, not counted
	RetKernelSockOrNull                // a socket of a type of the kernel, or 0
	RetObject                          // a kernel object of another kind: refused

	// NumRetKinds is the number of kinds, for arrays indexed by RetKind.
	NumRetKinds = int(RetObject) + 1
)

// Object returns the object that a result of the kind points to and whether it
// may be 0; ObjNone for results that are no objects with a row.
func (k RetKind) Object() (kind ObjectKind, null bool) {
	switch k {
	case RetSockOrNull:
		return ObjSock, true
	case RetTcpSockOrNull:
		return ObjTcpSock, true
	case RetSockCommonOrNull:
		return ObjSockCommon, true
	case RetTask:
		return ObjTask, false
	case RetKernelSockOrNull:
		return ObjKernelSock, true
	}
	return ObjNone, false
}

// Helper is the row of one helper function or kernel function.
type Helper struct {
	ID     int32  // enum bpf_func_id of its platform; 0 for kernel functions
	Name   string // without "bpf_"; the whole name of a kernel function
	Status Status
	Args   []ArgKind
	Ret    RetKind
	// Hooks lists the names of the hooks that offer it; nil is every hook.
	Hooks []string
	// Effects beyond reading its arguments.
	Reads, Writes Region
	// InvalidatesPacket kills packet pointers of every frame.
	InvalidatesPacket bool
	// Symbol is the name of the rtlib function that implements it, e.g.
	// "MapLookupElem": func(fr *abi.Frame, r1, …, rn uint64) uint64 with n =
	// len(Args). Machine code calls it as bpf2go∕rtlib∕v1·Symbol(SB), ABI0.
	Symbol string

	// Sizes are the bytes of ArgFixed arguments.
	Sizes [5]uint32
	// Maps are the legal types of the map in ArgMap; never nil with one.
	Maps []bpf.MapType
	// Pkt: memory arguments, keys and values may be in the packet. A hook
	// without direct access to packets refuses that anyway.
	Pkt bool
	// Acquires: the result, or the dynptr that it makes, has to be released on
	// every path where it is not 0.
	Acquires bool
	// Casts: the result is the object of the argument; where that has a
	// reference, both are released at once.
	Casts bool
	// Releases is 1 plus the index of the argument whose reference the call
	// gives back, 0 for none.
	Releases uint8
	// Opens and Closes are sections that have to be closed again.
	Opens, Closes Section
	// Callback is how the function in ArgFunc is called.
	Callback CallbackKind
	// Dynptr is the kind of the dynptr that ArgDynptrOut becomes.
	Dynptr DynptrKind
	// Iter is the kind of iterator of ArgIterNew and ArgIter.
	Iter IterKind
	// RetMin and RetMax bound a RetInt as signed numbers; both 0: no bound.
	// RetArg is 1 plus the index of the size argument whose largest value
	// replaces RetMax, 0 for none.
	RetMin, RetMax int64
	RetArg         uint8
	// GPL: the kernel offers it only to programs with a GPL-compatible
	// licence. Sleepable: only to programs that may sleep.
	GPL, Sleepable bool
}

// Section is a part of a program between two calls.
type Section uint8

// The sections. A program that exits inside one is refused.
const (
	SectionNone    Section = iota
	SectionLock            // spin_lock … spin_unlock: no other call, not nested
	SectionRCU             // bpf_rcu_read_lock … bpf_rcu_read_unlock
	SectionPreempt         // bpf_preempt_disable … bpf_preempt_enable

	// NumSections is the number of sections, for arrays indexed by Section.
	NumSections = int(SectionPreempt) + 1
)

// DynptrKind is what a dynptr leads to.
type DynptrKind uint8

// The kinds of dynptrs. Slices of a DynptrSkb and DynptrXdp die with packet
// pointers.
const (
	DynptrNone DynptrKind = iota
	DynptrLocal
	DynptrRingbuf // must be submitted or discarded
	DynptrSkb
	DynptrXdp
)

// IterKind is a kind of open-coded iterator.
type IterKind uint8

// The kinds of iterators.
const (
	IterNone IterKind = iota
	IterNum           // bpf_for: numbers
	IterBits          // bits of memory

	// NumIterKinds is the number of kinds, for arrays indexed by IterKind.
	NumIterKinds = int(IterBits) + 1
)

// Iter is the row of a kind of iterator.
type Iter struct {
	Name string
	Size int // bytes on the stack
	Elem int // bytes of an element; a signed number of the program's byte order
}

var iters = [NumIterKinds]Iter{
	IterNum:  {"num", 8, 4},
	IterBits: {"bits", 16, 4},
}

// IterOf returns the row of a kind of iterator.
func IterOf(k IterKind) Iter { return iters[k] }

// SizeOf returns the index of the argument that is the size of the memory in
// argument i: the first size after it, which is the next one but for the
// functions of string.h. It returns -1 when there is none.
func (h *Helper) SizeOf(i int) int {
	if !h.Args[i].sized() {
		return -1
	}
	for k := i + 1; k < len(h.Args); k++ {
		switch h.Args[k] {
		case ArgSize, ArgSizeOrZero, ArgConstSize:
			return k
		}
	}
	return -1
}

// sized reports whether memory has a size argument.
func (k ArgKind) sized() bool {
	switch k {
	case ArgMem, ArgMemOrNull, ArgMemOut, ArgMemOutOrNull, ArgMemInOut:
		return true
	}
	return false
}
