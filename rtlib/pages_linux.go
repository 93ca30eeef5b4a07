package rtlib

import (
	"math"
	"unsafe"

	"golang.org/x/sys/unix"
)

// advise asks for pages of 2 MiB for whole ones of them.
func advise(p unsafe.Pointer, n uintptr) {
	_ = unix.Madvise(unsafe.Slice((*byte)(p), n), unix.MADV_HUGEPAGE) // a kernel without them says EINVAL
}

// mappable takes so many bytes of memory, which it does not touch, and gives them
// back: Linux refuses what is more than the machine or a limit of the process
// (vm.overcommit_memory, RLIMIT_AS) allows.
func mappable(bytes uint64) bool {
	if bytes > math.MaxInt {
		return false
	}
	memory, err := unix.Mmap(-1, 0, int(bytes), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return false
	}
	_ = unix.Munmap(memory) // it was mapped as a whole
	return true
}
