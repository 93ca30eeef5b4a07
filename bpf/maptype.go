package bpf

// MapType is a map type by Linux number (enum bpf_map_type in linux/bpf.h);
// the frontend translates Windows numbers to these.
type MapType uint32

// Map types of linux/bpf.h.
const (
	MapUnspec             MapType = 0
	MapHash               MapType = 1
	MapArray              MapType = 2
	MapProgArray          MapType = 3
	MapPerfEvent          MapType = 4
	MapPercpuHash         MapType = 5
	MapPercpuArray        MapType = 6
	MapStackTrace         MapType = 7
	MapCgroupArray        MapType = 8
	MapLRUHash            MapType = 9
	MapLRUPercpu          MapType = 10
	MapLPMTrie            MapType = 11
	MapArrayOfMaps        MapType = 12
	MapHashOfMaps         MapType = 13
	MapDevmap             MapType = 14
	MapSockmap            MapType = 15
	MapCPUMap             MapType = 16
	MapXSKMap             MapType = 17
	MapSockhash           MapType = 18
	MapCgroupStorage      MapType = 19
	MapReuseportSockarray MapType = 20
	MapPercpuCgroup       MapType = 21 // percpu_cgroup_storage
	MapQueue              MapType = 22
	MapStack              MapType = 23
	MapSkStorage          MapType = 24
	MapDevmapHash         MapType = 25
	MapStructOps          MapType = 26
	MapRingbuf            MapType = 27
	MapInodeStorage       MapType = 28
	MapTaskStorage        MapType = 29
	MapBloomFilter        MapType = 30
	MapUserRingbuf        MapType = 31
	MapCgrpStorage        MapType = 32
	MapArena              MapType = 33
	MapInsnArray          MapType = 34
)

// Map flags (linux/bpf.h, BPF_F_*), bits of map_flags.
const (
	FlagNoPrealloc   uint32 = 1 << 0
	FlagNoCommonLRU  uint32 = 1 << 1
	FlagNumaNode     uint32 = 1 << 2
	FlagRdonly       uint32 = 1 << 3
	FlagWronly       uint32 = 1 << 4
	FlagStackBuildID uint32 = 1 << 5
	FlagZeroSeed     uint32 = 1 << 6
	FlagRdonlyProg   uint32 = 1 << 7
	FlagWronlyProg   uint32 = 1 << 8
	FlagClone        uint32 = 1 << 9
	FlagMmapable     uint32 = 1 << 10
	FlagPreserve     uint32 = 1 << 11 // PRESERVE_ELEMS
	FlagInnerMap     uint32 = 1 << 12
)

// Flags of an update (linux/bpf.h).
const (
	UpdateAny     uint64 = 0
	UpdateNoExist uint64 = 1
	UpdateExist   uint64 = 2
	// UpdateLock (BPF_F_LOCK) is for lookups, too: the value is copied under
	// its struct bpf_spin_lock.
	UpdateLock uint64 = 4
)
