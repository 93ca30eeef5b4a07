//go:build !amd64

package rtlib

import _ "unsafe" // go:linkname

// The name by which machine code calls it; amd64 has its own code for it
// (trie_amd64.s).
//
//go:linkname TrieLookup bpf2go/rtlib/v1.TrieLookup

// hasPopcount is asked by the code of amd64 only.
func hasPopcount() bool { return false }
