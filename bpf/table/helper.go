package table

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

// Argument kinds; pairs of memory and size are adjacent.
const (
	ArgNone       ArgKind = iota
	ArgAny                // any initialised value
	ArgCtx                // the context pointer
	ArgMap                // a map
	ArgKey                // readable, key_size bytes of the map in ArgMap
	ArgValue              // readable, value_size bytes of that map
	ArgValueOut           // writable, value_size bytes of that map
	ArgMem                // readable, as many bytes as the next argument says
	ArgMemOrNull          // the same or 0
	ArgMemOut             // writable, need not be initialised
	ArgSize               // size of the preceding memory, at least 1
	ArgSizeOrZero         // size of the preceding memory
	ArgFunc               // a function of the program
	ArgRecord             // a ring buffer reservation
	ArgConstSize          // a constant: the size of the returned memory
	ArgOpt                // any value; a register that is not initialised is passed as 0
	ArgOther              // of a kind that no supported helper takes: sockets, dynptrs, timers, …

	// NumArgKinds is the number of kinds, for arrays indexed by ArgKind.
	NumArgKinds = int(ArgOther) + 1
)

// RetKind is what a helper returns in r0.
type RetKind uint8

// Result kinds.
const (
	RetInt            RetKind = iota // any 64-bit number
	RetVoid                          // r0 is not readable afterwards
	RetMapValueOrNull                // value of the map in ArgMap, or 0
	RetMemOrNull                     // ArgConstSize bytes that must be released, or 0
	RetErr                           // 0 or a negative error number
	RetNeverOnSuccess                // tail call
	RetOther                         // a pointer of a kind that no supported helper returns

	// NumRetKinds is the number of kinds, for arrays indexed by RetKind.
	NumRetKinds = int(RetOther) + 1
)

// Helper is the row of one helper function.
type Helper struct {
	ID     int32  // enum bpf_func_id of its platform
	Name   string // without "bpf_"
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
}
