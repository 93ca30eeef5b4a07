package rtlib

import (
	"syscall"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// hostErrno translates a number that programs see to the host's error. Plan 9
// has texts in place of numbers, and few of them.
func hostErrno(e bpf.Errno) error {
	switch e {
	case bpf.EPERM:
		return syscall.EPERM
	case bpf.ENOENT:
		return syscall.ENOENT
	case bpf.EBUSY:
		return syscall.EBUSY
	case bpf.EEXIST:
		return syscall.EEXIST
	case bpf.EINVAL:
		return syscall.EINVAL
	}
	return e
}
