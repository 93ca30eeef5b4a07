package rtlib

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// ObjectSpec describes a compiled object. Generated code holds one; it is
// data and is never changed.
type ObjectSpec struct {
	Name     string
	License  string
	Platform bpf.Platform
	ABI      int // abi.Version that the code was generated for
	Maps     []MapSpec
	Vars     []VarSpec
	Programs []ProgramSpec
	// Tie is defined by the files with the code and has a name that tells
	// their contents, so that only files of one run of the tool link. It is
	// never called; nil without programs.
	Tie func()
}

// MapSpec describes a map and what the proofs rely on.
type MapSpec struct {
	Name       string
	Type       bpf.MapType
	KeySize    uint32 // bytes
	ValueSize  uint32 // bytes
	MaxEntries uint32
	Flags      uint32 // BPF_F_*
	Pinning    uint32 // 0 none, 1 by name
	Data       string // initial bytes of a data section, "" for ordinary maps and zeroes
	Section    bool   // a data section (.data, .bss, .rodata)
	Frozen     bool   // neither programs nor hosts may write
	MinEntries uint32 // programs rely on at least so many entries, 0 when they do not
	ReliedBy   string // program that relies on MinEntries or on frozen bytes
	Slots      []SlotSpec
	Extra      uint64   // map_extra: the number of hash functions of a Bloom filter
	Inner      *MapSpec // of maps of maps: what inner maps are like
	Lock       uint32   // 1 + offset in bytes of the value's struct bpf_spin_lock, 0 without one

	poison bool // overwrite values that become free
}

// SlotSpec is an initial element of a program array or of a map of maps.
type SlotSpec struct {
	Index   uint32
	Program int // index into ObjectSpec.Programs, in a program array
	Map     int // index into ObjectSpec.Maps, in a map of maps
}

// VarSpec describes a global variable.
type VarSpec struct {
	Name      string
	Map       int // index into ObjectSpec.Maps
	Off, Size int // bytes
	Const     bool
	// ReliedBy names the program whose proof folded the value; Set fails.
	ReliedBy string
}

// ProgramSpec describes a program.
type ProgramSpec struct {
	Name    string
	Section string
	Hook    string // name of the hook: "xdp"
	// Layout is a digest of the context that the hook gives. Tail calls join
	// programs with the same hook, layout and MinLen only.
	Layout uint64
	// MinLen is how many bytes of memory every run has: the code does not ask.
	// 0 but in sections like raw/64.
	MinLen int
	// Entry is the program's code: machine code or a Go body.
	Entry func(*abi.Frame) uint64
	// Engine is "native" for machine code and "go" for a Go body.
	Engine string
	Maps   []int    // indices of the maps it refers to
	Hash   [32]byte // canon.Hash of its instructions
	Insns  int      // eBPF instructions
	// Reclaims: it uses maps whose values are reclaimed (hash maps), so a
	// run takes part in the epoch scheme.
	Reclaims bool
	// Fuel is the number of eBPF instructions after which the code ends a run
	// with an error that wraps ErrFuel, 0 when it does not.
	Fuel uint64
	// TailCalls: it may take tail calls. A run sets their count to 0.
	TailCalls bool
	// Holds: it may hold ring buffer records or a lock. Its runs give back what
	// a panic leaves.
	Holds bool
}
