//go:build !amd64 && !arm64

package rtlib

import _ "unsafe" // go:linkname

// The names by which machine code calls these; amd64 and arm64 have their own code
// for them (hash_amd64.s, hash_arm64.s).
//
//go:linkname HashLookup4 bpf2go/rtlib/v1.HashLookup4
//go:linkname HashLookup8 bpf2go/rtlib/v1.HashLookup8
//go:linkname HashLookup16 bpf2go/rtlib/v1.HashLookup16
//go:linkname PercpuHashLookup4 bpf2go/rtlib/v1.PercpuHashLookup4
//go:linkname PercpuHashLookup8 bpf2go/rtlib/v1.PercpuHashLookup8
//go:linkname PercpuHashLookup16 bpf2go/rtlib/v1.PercpuHashLookup16
