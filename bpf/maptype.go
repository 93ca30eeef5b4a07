package bpf

// MapType is a map type by Linux number (enum bpf_map_type in linux/bpf.h);
// the frontend translates Windows numbers to these.
type MapType uint32

// Map types that this release knows how to name.
const (
	MapUnspec      MapType = 0
	MapHash        MapType = 1
	MapArray       MapType = 2
	MapProgArray   MapType = 3
	MapPerfEvent   MapType = 4
	MapPercpuHash  MapType = 5
	MapPercpuArray MapType = 6
	MapStackTrace  MapType = 7
	MapCgroupArray MapType = 8
	MapLRUHash     MapType = 9
	MapLRUPercpu   MapType = 10
	MapLPMTrie     MapType = 11
	MapArrayOfMaps MapType = 12
	MapHashOfMaps  MapType = 13
	MapQueue       MapType = 22
	MapStack       MapType = 23
	MapRingbuf     MapType = 27
	MapBloomFilter MapType = 30
	MapUserRingbuf MapType = 31
)

// Map flags (linux/bpf.h, BPF_F_*), bits of map_flags.
const (
	FlagNoPrealloc uint32 = 1 << 0
	FlagZeroSeed   uint32 = 1 << 6
	FlagRdonly     uint32 = 1 << 3
	FlagWronly     uint32 = 1 << 4
	FlagRdonlyProg uint32 = 1 << 7
	FlagWronlyProg uint32 = 1 << 8
	FlagMmapable   uint32 = 1 << 10
	FlagInnerMap   uint32 = 1 << 12
)

// Flags of an update (linux/bpf.h).
const (
	UpdateAny     uint64 = 0
	UpdateNoExist uint64 = 1
	UpdateExist   uint64 = 2
)
