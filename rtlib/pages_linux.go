package rtlib

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// advise asks for pages of 2 MiB for whole ones of them.
func advise(p unsafe.Pointer, n uintptr) {
	_ = unix.Madvise(unsafe.Slice((*byte)(p), n), unix.MADV_HUGEPAGE) // a kernel without them says EINVAL
}
