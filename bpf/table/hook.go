package table

import "strings"

// FieldKind says what a load of a context field gives.
type FieldKind uint8

// Kinds of context fields.
const (
	FieldScalar           FieldKind = iota
	FieldData                       // start of the packet
	FieldDataEnd                    // end of the packet
	FieldDataMeta                   // start of the metadata in front of the packet
	FieldSock                       // a full socket, never 0
	FieldSockOrNull                 // a full socket, or 0
	FieldSockCommonOrNull           // a sock_common, or 0
	FieldFlowKeys                   // struct bpf_flow_keys
	FieldObject                     // a pointer to something else: refused

	// NumFieldKinds is the number of kinds, for arrays indexed by FieldKind.
	NumFieldKinds = int(FieldObject) + 1
)

// Object returns the object that a field of the kind points to and whether it
// may be 0; ObjNone for fields that are no objects with a row.
func (k FieldKind) Object() (kind ObjectKind, null bool) {
	switch k {
	case FieldSock:
		return ObjSock, false
	case FieldSockOrNull:
		return ObjSock, true
	case FieldSockCommonOrNull:
		return ObjSockCommon, true
	case FieldFlowKeys:
		return ObjFlowKeys, false
	}
	return ObjNone, false
}

// Field is one field of a context or object as the program sees it.
type Field struct {
	Name string
	Off  int // bytes from the start of the context
	Size int // bytes: 1, 2, 4 or 8, or any number with Loads
	Kind FieldKind

	Write       bool // the program may store to all of it
	Narrow      bool // aligned loads smaller than Size are allowed
	WriteNarrow bool // and stores
	// NarrowStart: smaller loads are at Off only. NarrowTo, when it is not 0:
	// they end within that many bytes from Off.
	NarrowStart bool
	NarrowTo    int
	// Loads, when it is not 0, are the widths of the loads of an array of
	// bytes: each may be at any offset inside that is a multiple of the width
	// from the start of the context. Stores are those of stores. Size, Write
	// and Narrow do not matter then.
	Loads, Stores Widths
	// Unaligned: loads and stores of an array may be at any offset inside.
	Unaligned bool
	// WriteOnly fields cannot be loaded.
	WriteOnly bool

	// Slot is the index into abi.Frame.Ctx of a scalar's native place. A
	// scalar has 8 bytes there whatever its size; an array of bytes has its
	// size rounded up to 8, in the order of memory. Packet fields have none:
	// they are Frame.Data, DataEnd and DataMeta.
	Slot int
}

// loads reports whether a load of size bytes at off is legal.
func (f *Field) loads(off, size int) bool {
	switch {
	case f.WriteOnly || off < f.Off || off+size > f.Off+f.Size:
		return false
	case f.Loads != 0:
		return (f.Unaligned || off%size == 0) && f.Loads.Has(uint8(size))
	}
	if size == f.Size && off == f.Off {
		return true
	}
	return f.Narrow && off%size == 0 && (off == f.Off || !f.NarrowStart) && (f.NarrowTo == 0 || off+size <= f.Off+f.NarrowTo)
}

func (f *Field) stores(off, size int) bool {
	switch {
	case off < f.Off || off+size > f.Off+f.Size:
		return false
	case f.Loads|f.Stores != 0:
		return (f.Unaligned || off%size == 0) && f.Stores.Has(uint8(size))
	}
	return f.Write && (size == f.Size && off == f.Off || f.WriteNarrow && off%size == 0)
}

// Variant is a part of a hook that differs by section, which stands for the
// kernel's expected_attach_type.
type Variant struct {
	Sections       []string // prefixes, as in Hook.Sections
	RetMin, RetMax uint32
	AnyRet         bool
}

// Hook is a program type: its context, its results and its sections. A host
// may make its own; nothing depends on a number or on being in a list here.
type Hook struct {
	Name     string   // "xdp"; also the -prog-type name
	Number   uint32   // enum bpf_prog_type on Linux, 0 for own hooks
	Sections []string // ELF section prefixes; "xdp" matches xdp and xdp/any
	Status   Status

	Size   int     // bytes of the context as the program sees it
	Fields []Field // by offset

	// Memory hooks have no context: r1 is the address of a memory region
	// (read and write) and r2 its length in bytes, a value that the program
	// has to compare with. MinLen bytes are there without a comparison.
	Memory bool
	MinLen int

	// RetMin and RetMax bound the legal values of r0 at exit as an unsigned
	// number; AnyRet says that every 64-bit value is legal. Variants of some
	// sections differ: see Returns.
	RetMin, RetMax uint32
	AnyRet         bool
	Variants       []Variant

	// LegacyLoads: ld_abs and ld_ind are legal.
	LegacyLoads bool
	// PacketWrite: stores through packet pointers are legal. Hooks whose
	// fields have no packet pointers have no direct access at all.
	PacketWrite bool
	// HelperPacket: helpers whose rows say Pkt may get packet pointers.
	HelperPacket bool
	// HelperSet are names of other hooks whose helpers this one offers, too.
	HelperSet []string
	// Helpers are the hook's own, by ID; they come before the platform's.
	Helpers []Helper

	// Go is the name of the exported rtlib type that RunX takes: "XDP".
	Go string
}

// own returns the hook's own helper of a number, nil when it has none.
func (h *Hook) own(id int32) *Helper {
	if h == nil {
		return nil
	}
	for k := range h.Helpers {
		if h.Helpers[k].ID == id {
			return &h.Helpers[k]
		}
	}
	return nil
}

// Field returns the index of the field that holds the load of size bytes at
// off, or -1. A wider field holds a narrow load only when its row says so.
func (h *Hook) Field(off, size int) int { return find(h.Fields, off, size, (*Field).loads) }

// Store returns the index of the field that a store of size bytes at off may
// go to, or -1.
func (h *Hook) Store(off, size int) int { return find(h.Fields, off, size, (*Field).stores) }

func find(fields []Field, off, size int, legal func(*Field, int, int) bool) int {
	for i := range fields {
		if size > 0 && legal(&fields[i], off, size) {
			return i
		}
	}
	return -1
}

// Variant returns the variant of the hook for an ELF section, nil when the
// section has nothing special.
func (h *Hook) Variant(section string) *Variant {
	section = strings.TrimPrefix(section, "?")
	var best *Variant
	longest := -1
	for i := range h.Variants {
		if n := matchSection(h.Variants[i].Sections, section); n > longest {
			best, longest = &h.Variants[i], n
		}
	}
	return best
}

// Returns gives the legal results of a program of an ELF section: every value
// when any is true, else lo to hi as an unsigned 64-bit number.
func (h *Hook) Returns(section string) (lo, hi uint32, any bool) {
	if v := h.Variant(section); v != nil {
		return v.RetMin, v.RetMax, v.AnyRet
	}
	return h.RetMin, h.RetMax, h.AnyRet
}

// Sleeps reports whether a program of an ELF section may sleep: the part of the
// name before the first slash ends with ".s", or the hook is syscall.
func (h *Hook) Sleeps(section string) bool {
	kind, _, _ := strings.Cut(section, "/")
	return strings.HasSuffix(kind, ".s") || h.Name == "syscall"
}

// matchSection returns the length of the longest prefix that is the section's
// name or is followed by a slash in it, -1 when there is none.
func matchSection(prefixes []string, section string) int {
	longest := -1
	for _, prefix := range prefixes {
		rest, found := strings.CutPrefix(section, prefix)
		if found && (rest == "" || rest[0] == '/') && len(prefix) > longest {
			longest = len(prefix)
		}
	}
	return longest
}
