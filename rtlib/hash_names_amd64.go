package rtlib

import _ "unsafe" // go:linkname

// What the assembly of amd64 leaves to Go: sizes that are no multiple of 4, values
// with a lock, keys that are not there, stripes that are locked or have no free
// element.
//
//go:linkname HashLookup bpf2go/rtlib/v1.hashLookupAny
//go:linkname HashUpdate bpf2go/rtlib/v1.hashUpdateAny
//go:linkname PercpuHashLookup bpf2go/rtlib/v1.percpuHashLookupAny
//go:linkname PercpuHashUpdate bpf2go/rtlib/v1.percpuHashUpdateAny
