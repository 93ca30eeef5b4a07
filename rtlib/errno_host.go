//go:build !plan9

package rtlib

import (
	"syscall"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// hostErrno translates a number that programs see, which is Linux's on every
// host, to the host's own.
func hostErrno(e bpf.Errno) error {
	switch e {
	case bpf.EPERM:
		return syscall.EPERM
	case bpf.ENOENT:
		return syscall.ENOENT
	case bpf.E2BIG:
		return syscall.E2BIG
	case bpf.EAGAIN:
		return syscall.EAGAIN
	case bpf.ENOMEM:
		return syscall.ENOMEM
	case bpf.EFAULT:
		return syscall.EFAULT
	case bpf.EBUSY:
		return syscall.EBUSY
	case bpf.EEXIST:
		return syscall.EEXIST
	case bpf.EINVAL:
		return syscall.EINVAL
	case bpf.ENOSPC:
		return syscall.ENOSPC
	case bpf.ENOTSUP:
		return syscall.ENOTSUP
	}
	return e
}
