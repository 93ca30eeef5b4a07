// Package frontend is the object model: what an eBPF object file says,
// independent of ELF. Subpackage elf reads files into it. An Object is
// immutable once loaded and its order is deterministic: programs by section
// index and offset, maps by section and symbol order, globals by map and
// offset.
package frontend

import (
	"fmt"

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

// Check returns the first error of a program or, when programs have none, of a
// map, and says which it is about; nil when there is none. Whoever compiles an
// object needs all of it.
func (o *Object) Check() error {
	for _, p := range o.Programs {
		if p.Err != nil {
			return fmt.Errorf("section %s: program %s: %w", p.Section, p.Name, p.Err)
		}
	}
	for _, m := range o.Maps {
		if m.Err != nil {
			return m.Err
		}
	}
	return nil
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
	// Kfuncs are the names of the functions outside of the object that the
	// program calls: OpCall of KindKfunc has Imm = index into it. They are
	// memset, memcpy, memmove and memcmp, which clang calls, and functions
	// of the kernel (section .ksyms). Whether one is known is for
	// table.KfuncByName to say; the address of one that is weak and not known
	// is 0, so that programs that test it go around the call.
	Kfuncs []string
	// Ksyms are the kernel symbols whose address the program takes: OpLdImm
	// of KindBTFID has Imm = index into it.
	Ksyms []Ksym
	// Err is why nothing can be said about the program: its hook is not
	// known, a symbol is defined nowhere, an instruction cannot be decoded.
	// Then Hook, Insns, Funcs and Lines may be empty, and the other programs
	// of the object are not concerned. The message does not name the program.
	Err error
	// ErrSlot is the slot in Err's function, -1 when it is about no
	// instruction.
	ErrSlot int
}

// PoisonCall is the id of a helper that no platform has. A call of it stands
// where an instruction can only be there to be dead: an access whose CO-RE
// relocation found no target (of a wide load both slots).
const PoisonCall = 0xbad2310

// Ksym is a symbol of the kernel, a variable or a function, as an address.
type Ksym struct {
	Name string
	Func bool
	Type *Type // of a variable that was declared with one, else nil
}

// Func is one function of a program: the slots [Start, End).
type Func struct {
	Name       string
	Start, End int
	Global     bool   // verified by its BTF contract, not in its caller's context
	Proto      *Proto // from BTF; nil when unknown. Global functions have one
}

// Proto is the BTF contract of a function.
type Proto struct {
	Params []Param // at most five are passed in registers; a sixth is refused by the verifier
	Ret    Ret
}

// Ret is what a function returns.
type Ret uint8

// Results. Global functions of programs return a scalar or nothing.
const (
	RetScalar Ret = iota
	RetVoid
	RetOther // a pointer or a struct
)

// ParamKind is what a global function is called with, by the rules of
// btf_prepare_func_args in the kernel.
type ParamKind uint8

// Kinds of parameters.
const (
	ParamScalar ParamKind = iota // an integer or enum
	ParamCtx                     // the context of the program, by its type or tagged arg:ctx
	ParamMem                     // a pointer to Size readable and writable bytes
	ParamDynptr                  // struct bpf_dynptr *
	ParamOther                   // what the contract cannot express: void *, structs by value, arena
)

// Param is a parameter of a function.
type Param struct {
	Name     string
	Kind     ParamKind
	Size     int      // bytes: of a scalar, of the memory pointed at (ParamMem)
	Nullable bool     // ParamMem without the tag arg:nonnull
	Tags     []string // values of BTF declaration tags, "arg:nonnull"
	Type     *Type    // nil when BTF has none that Type can express
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
	Extra      uint64 // map_extra: hash functions of a Bloom filter
	// Inner is the template of a map of maps. It is not in Object.Maps,
	// even when it is a map of its own (legacy inner_map_idx).
	Inner *Map
	// Slots are the initial elements of a map of maps or a program array.
	Slots []Slot
	// Special are the parts of the value that programs reach by helpers
	// only, by Off; from BTF.
	Special []Special
	// Data is the initial value of a data section's only element, nil for
	// ordinary maps. .bss has zero bytes.
	Data []byte
	// Frozen: programs and, after load, hosts may not write (.rodata).
	Frozen     bool
	Key, Value *Type // from BTF; nil when unknown
	// Err is why the definition makes no map; every program that uses it
	// has an Err, too.
	Err error
}

// Slot is an initial element of a map of maps or a program array.
type Slot struct {
	Index   int
	Map     int    // index into Object.Maps, -1 in a program array
	Program string // name, "" in a map of maps
}

// SpecialKind is the kind of a special part of a map value.
type SpecialKind uint8

// Kinds of special parts, by the types of linux/bpf.h.
const (
	SpecialSpinLock  SpecialKind = iota // struct bpf_spin_lock
	SpecialTimer                        // struct bpf_timer
	SpecialWorkqueue                    // struct bpf_wq
	SpecialKptr                         // a pointer tagged kptr, percpu_kptr or uptr
	SpecialList                         // struct bpf_list_head
	SpecialRbtree                       // struct bpf_rb_root
	SpecialOther                        // nodes, reference counts, struct bpf_res_spin_lock, …
)

// Special is a part of a map value that programs may not load and store.
type Special struct {
	Kind SpecialKind
	Name string // of its type: "bpf_spin_lock"; of a pointer the type pointed at
	Tag  string // of a pointer: "kptr", "kptr_untrusted", "percpu_kptr", "uptr"
	Off  int    // bytes from the start of the value
	Size int    // bytes
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
