//go:build !amd64

package rtlib

import _ "unsafe" // go:linkname

// The names by which machine code calls these; amd64 has its own code for them
// (lru_amd64.s).
//
//go:linkname LRULookup bpf2go/rtlib/v1.LRULookup
//go:linkname LRULookup4 bpf2go/rtlib/v1.LRULookup4
//go:linkname LRULookup8 bpf2go/rtlib/v1.LRULookup8
//go:linkname LRULookup16 bpf2go/rtlib/v1.LRULookup16
//go:linkname LRUPercpuLookup bpf2go/rtlib/v1.LRUPercpuLookup
//go:linkname LRUPercpuLookup4 bpf2go/rtlib/v1.LRUPercpuLookup4
//go:linkname LRUPercpuLookup8 bpf2go/rtlib/v1.LRUPercpuLookup8
//go:linkname LRUPercpuLookup16 bpf2go/rtlib/v1.LRUPercpuLookup16
