package rtlib

import _ "unsafe" // go:linkname

// What the assembly of amd64 leaves to Go: keys of other sizes, prefixes shorter
// than the key, processors without POPCNT.
//
//go:linkname TrieLookup bpf2go/rtlib/v1.trieLookupAny

// hasPopcount reports whether the processor has the instruction POPCNT.
func hasPopcount() bool
