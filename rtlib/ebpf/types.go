package ebpf

import "github.com/bpf2go-native/bpf2go-native/bpf"

// MapType is the type of a map by Linux number.
type MapType = bpf.MapType

// Map types.
const (
	UnspecifiedMap = bpf.MapUnspec
	Hash           = bpf.MapHash
	Array          = bpf.MapArray
	ProgramArray   = bpf.MapProgArray
	PerCPUHash     = bpf.MapPercpuHash
	PerCPUArray    = bpf.MapPercpuArray
	LRUHash        = bpf.MapLRUHash
	LRUCPUHash     = bpf.MapLRUPercpu
	LPMTrie        = bpf.MapLPMTrie
	ArrayOfMaps    = bpf.MapArrayOfMaps
	HashOfMaps     = bpf.MapHashOfMaps
	Queue          = bpf.MapQueue
	Stack          = bpf.MapStack
	RingBuf        = bpf.MapRingbuf
)

// ProgramType is the type of a program by Linux number (enum bpf_prog_type).
// Programs of hooks that Linux does not have are UnspecifiedProgram.
type ProgramType uint32

// Program types.
const (
	UnspecifiedProgram ProgramType = 0
	XDP                ProgramType = 6
)

// String is the name of the program type.
func (t ProgramType) String() string {
	if t == XDP {
		return "XDP"
	}
	return "UnspecifiedProgram"
}

// programType finds the type of a hook by its name.
func programType(hook string) ProgramType {
	if hook == "xdp" {
		return XDP
	}
	return UnspecifiedProgram
}

// PinType says whether a map is pinned.
type PinType uint32

// Pin types.
const (
	PinNone PinType = iota
	// PinByName shares the map of this name.
	PinByName
)

// MapUpdateFlags says what Map.Update may do.
type MapUpdateFlags uint64

// Update flags.
const (
	UpdateAny     = MapUpdateFlags(bpf.UpdateAny)     // create or replace
	UpdateNoExist = MapUpdateFlags(bpf.UpdateNoExist) // create only
	UpdateExist   = MapUpdateFlags(bpf.UpdateExist)   // replace only
)
