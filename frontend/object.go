// Package frontend is the object model: what an eBPF object file says,
// independent of ELF. Subpackage elf reads files into it. An Object is
// immutable once loaded and its order is deterministic: programs by section
// index and offset, maps by section and symbol order, globals by map and
// offset.
package frontend

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// Object is one loaded object file.
type Object struct {
	Name     string // base name of the file
	License  string
	Platform bpf.Platform
	// BigEndian objects (clang -target bpfeb) can be verified and
	// disassembled; there is no native code for them.
	BigEndian bool
	Programs  []*Program
	Maps      []*Map
	Globals   []*Global
	Types     []*Type // named types to declare: map keys and values, globals
}

// Program is one entry point with every static subprogram that it can call.
type Program struct {
	Name    string // C name of the function
	Section string
	Hook    *table.Hook
	// Insns is indexed by slot (see bpf.Instruction). The entry function
	// comes first, then its subprograms; nothing in it needs relocation:
	// map references are KindMap and KindMapValue with Imm = index into
	// Object.Maps.
	Insns []bpf.Instruction
	Funcs []Func // by Start; Funcs[0] is the entry
	Lines []Line // indexed by slot; the zero Line where nothing is known
	// Refused is set when the program is valid, but refers to something that
	// exists in kernels only. That instruction has KindKfunc or KindBTFID and
	// no verifier accepts it; Refused knows the name.
	Refused *Refusal
}

// Refusal says why a program cannot be compiled. Err wraps
// bpf.ErrUnsupported.
type Refusal struct {
	PC  int // slot
	Err error
}

// Func is one function of a program: the slots [Start, End).
type Func struct {
	Name       string
	Start, End int
	Global     bool // verified by its BTF contract, not in its caller's context
}

// Line is the C source line of an instruction, from .BTF.ext.
type Line struct {
	Pos  bpf.Pos
	Text string // source text of the line, trimmed
}

// Map is a map definition or a data section.
type Map struct {
	Name       string
	Type       bpf.MapType
	KeySize    uint32 // bytes
	ValueSize  uint32 // bytes
	MaxEntries uint32
	Flags      uint32 // BPF_F_*
	Pinning    uint32 // 0 none, 1 by name
	Inner      *Map   // template of a map of maps
	// Data is the initial value of a data section's only element, nil for
	// ordinary maps. .bss has zero bytes.
	Data []byte
	// Frozen: programs and, after load, hosts may not write (.rodata).
	Frozen     bool
	Key, Value *Type // from BTF; nil when unknown
}

// Global is a variable in a data section.
type Global struct {
	Name  string
	Map   int // index into Object.Maps
	Off   int // bytes from the start of the section
	Size  int // bytes
	Const bool
	Type  *Type // nil when unknown
}

// TypeKind is the kind of a C type.
type TypeKind uint8

// Kinds of types.
const (
	KindInt TypeKind = iota
	KindBool
	KindFloat
	KindEnum
	KindStruct
	KindUnion
	KindArray
	KindPointer
	KindVoid
)

// Type is a C type from BTF, qualifiers removed and typedefs followed (the
// name of the outermost typedef or tag is kept in Name).
type Type struct {
	Kind    TypeKind
	Name    string // "" for anonymous types
	Size    int    // bytes
	Signed  bool   // integers and enums
	Elem    *Type  // arrays and pointers
	Len     int    // arrays
	Members []Member
	Enums   []Enum
}

// Member is a field of a struct or union.
type Member struct {
	Name    string
	Off     int // bytes
	Type    *Type
	BitOff  int // bitfields: bits from Off
	BitSize int // 0 when not a bitfield
}

// Enum is one enumerator.
type Enum struct {
	Name  string
	Value uint64
}
