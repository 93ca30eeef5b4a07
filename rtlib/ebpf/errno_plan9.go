package ebpf

import "github.com/bpf2go-native/bpf2go-native/bpf"

// errNoSpace is what programs see: Plan 9 has no such error.
const errNoSpace = bpf.ENOSPC
