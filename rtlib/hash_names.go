//go:build !amd64

package rtlib

import _ "unsafe" // go:linkname

// The names by which machine code calls these; amd64 has its own code for them
// (hash_amd64.s).
//
//go:linkname HashLookup bpf2go/rtlib/v1.HashLookup
//go:linkname HashLookup4 bpf2go/rtlib/v1.HashLookup4
//go:linkname HashLookup8 bpf2go/rtlib/v1.HashLookup8
//go:linkname HashLookup16 bpf2go/rtlib/v1.HashLookup16
//go:linkname HashUpdate bpf2go/rtlib/v1.HashUpdate
//go:linkname PercpuHashLookup bpf2go/rtlib/v1.PercpuHashLookup
//go:linkname PercpuHashLookup4 bpf2go/rtlib/v1.PercpuHashLookup4
//go:linkname PercpuHashLookup8 bpf2go/rtlib/v1.PercpuHashLookup8
//go:linkname PercpuHashLookup16 bpf2go/rtlib/v1.PercpuHashLookup16
//go:linkname PercpuHashUpdate bpf2go/rtlib/v1.PercpuHashUpdate
