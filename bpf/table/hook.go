package table

// FieldKind says what a load of a context field gives.
type FieldKind uint8

// Kinds of context fields.
const (
	FieldScalar   FieldKind = iota
	FieldData               // start of the packet
	FieldDataEnd            // end of the packet
	FieldDataMeta           // start of the metadata in front of the packet
)

// Field is one field of a context as the program sees it.
type Field struct {
	Name   string
	Off    int // bytes from the start of the context
	Size   int // bytes, 1, 2, 4 or 8
	Kind   FieldKind
	Write  bool // the program may store to it
	Narrow bool // aligned accesses smaller than Size are allowed
	// Slot is the index into abi.Frame.Ctx of a scalar's native place. A
	// scalar has 8 bytes there whatever its size. Packet fields have none:
	// they are Frame.Data, DataEnd and DataMeta.
	Slot int
}

// Hook is a program type: its context, its results and its sections.
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

	// RetMin and RetMax bound the legal values of r0 at exit as a 32-bit
	// unsigned number; AnyRet says that every 64-bit value is legal.
	RetMin, RetMax uint32
	AnyRet         bool

	// Go is the name of the exported rtlib type that RunX takes: "XDP".
	Go string
}

// Field returns the index of the field that holds the access of size bytes at
// off, or -1. A wider field holds a narrow access only when its row says so.
func (h *Hook) Field(off, size int) int {
	for i, f := range h.Fields {
		if off < f.Off || off+size > f.Off+f.Size {
			continue
		}
		if size == f.Size || f.Narrow && off%size == 0 {
			return i
		}
	}
	return -1
}
