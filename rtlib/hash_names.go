//go:build !amd64

package rtlib

import _ "unsafe" // go:linkname

// The names by which machine code calls these; amd64 has its own code for them
// (hash_amd64.s).
//
//go:linkname HashLookup bpf2go/rtlib/v1.HashLookup
//go:linkname HashUpdate bpf2go/rtlib/v1.HashUpdate
//go:linkname PercpuHashLookup bpf2go/rtlib/v1.PercpuHashLookup
//go:linkname PercpuHashUpdate bpf2go/rtlib/v1.PercpuHashUpdate
