//go:build !amd64

package rtlib

import _ "unsafe" // go:linkname

// The names by which machine code calls these; amd64 has its own code for them
// (hash_amd64.s).
//
//go:linkname HashLookup4 bpf2go/rtlib/v1.HashLookup4
//go:linkname HashLookup8 bpf2go/rtlib/v1.HashLookup8
//go:linkname HashLookup16 bpf2go/rtlib/v1.HashLookup16
