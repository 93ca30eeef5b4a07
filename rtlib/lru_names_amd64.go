package rtlib

import _ "unsafe" // go:linkname

// What the assembly of amd64 leaves to Go: keys of sizes that are no multiple of 4.
//
//go:linkname LRULookup bpf2go/rtlib/v1.lruLookupAny
//go:linkname LRUPercpuLookup bpf2go/rtlib/v1.lruPercpuLookupAny
