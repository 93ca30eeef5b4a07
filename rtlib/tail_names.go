//go:build !amd64

package rtlib

import _ "unsafe" // go:linkname

// The name by which machine code calls TailCall; amd64 has code of its own for
// it (tail_amd64.s).
//
//go:linkname TailCall bpf2go/rtlib/v1.TailCall
