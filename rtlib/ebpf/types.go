package ebpf

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// MapType is the type of a map by Linux number.
type MapType = bpf.MapType

// Map types. Those that rtlib does not have are refused by NewMap with an error
// that wraps ErrNotSupported.
const (
	UnspecifiedMap      = bpf.MapUnspec
	Hash                = bpf.MapHash
	Array               = bpf.MapArray
	ProgramArray        = bpf.MapProgArray
	PerfEventArray      = bpf.MapPerfEvent
	PerCPUHash          = bpf.MapPercpuHash
	PerCPUArray         = bpf.MapPercpuArray
	StackTrace          = bpf.MapStackTrace
	CGroupArray         = bpf.MapCgroupArray
	LRUHash             = bpf.MapLRUHash
	LRUCPUHash          = bpf.MapLRUPercpu
	LPMTrie             = bpf.MapLPMTrie
	ArrayOfMaps         = bpf.MapArrayOfMaps
	HashOfMaps          = bpf.MapHashOfMaps
	DevMap              = bpf.MapDevmap
	SockMap             = bpf.MapSockmap
	CPUMap              = bpf.MapCPUMap
	XSKMap              = bpf.MapXSKMap
	SockHash            = bpf.MapSockhash
	CGroupStorage       = bpf.MapCgroupStorage
	ReusePortSockArray  = bpf.MapReuseportSockarray
	PerCPUCGroupStorage = bpf.MapPercpuCgroup
	Queue               = bpf.MapQueue
	Stack               = bpf.MapStack
	SkStorage           = bpf.MapSkStorage
	DevMapHash          = bpf.MapDevmapHash
	StructOpsMap        = bpf.MapStructOps
	RingBuf             = bpf.MapRingbuf
	InodeStorage        = bpf.MapInodeStorage
	TaskStorage         = bpf.MapTaskStorage
	BloomFilter         = bpf.MapBloomFilter
	UserRingbuf         = bpf.MapUserRingbuf
	CgroupStorage       = bpf.MapCgrpStorage
	Arena               = bpf.MapArena
)

// perCPU reports whether each CPU has a value.
func perCPU(t MapType) bool { return t == PerCPUHash || t == PerCPUArray || t == LRUCPUHash }

// holdsMaps reports whether values of the type are maps.
func holdsMaps(t MapType) bool { return t == ArrayOfMaps || t == HashOfMaps }

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
	UpdateLock    = MapUpdateFlags(bpf.UpdateLock)    // under the value's bpf_spin_lock
)

// MapLookupFlags says how Map.LookupWithFlags reads.
type MapLookupFlags uint64

// LookupLock reads a value under its bpf_spin_lock.
const LookupLock = MapLookupFlags(bpf.UpdateLock)

// PossibleCPU is the number of values that a key of a per-CPU map has: one for
// each execution slot of the process (rtlib.PossibleCPU). It does not fail.
func PossibleCPU() (int, error) { return rtlib.PossibleCPU(), nil }

// MustPossibleCPU is PossibleCPU without the error.
func MustPossibleCPU() int { return rtlib.PossibleCPU() }
