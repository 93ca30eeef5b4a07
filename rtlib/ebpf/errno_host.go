//go:build !plan9

package ebpf

import "syscall"

// errNoSpace is the host's error for output that is too short.
const errNoSpace = syscall.ENOSPC
