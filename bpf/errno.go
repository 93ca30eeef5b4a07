package bpf

import "fmt"

// Errno is an error number of Linux, whatever the host: programs see these
// numbers, so they cannot be the host's.
type Errno int32

// The error numbers that maps and helpers give (asm-generic/errno-base.h,
// asm-generic/errno.h).
const (
	EPERM   Errno = 1
	ENOENT  Errno = 2
	E2BIG   Errno = 7
	EAGAIN  Errno = 11
	ENOMEM  Errno = 12
	EFAULT  Errno = 14
	EBUSY   Errno = 16
	EEXIST  Errno = 17
	EINVAL  Errno = 22
	ENOSPC  Errno = 28
	ERANGE  Errno = 34
	ENODATA Errno = 61
	ENOTSUP Errno = 95
)

// numErrnos is more than the largest number.
const numErrnos = ENOTSUP + 1

// errnoNames are the C names. An array is there when a process starts; a map
// would have to be filled.
var errnoNames = [numErrnos]string{
	EPERM: "EPERM", ENOENT: "ENOENT", E2BIG: "E2BIG", EAGAIN: "EAGAIN", ENOMEM: "ENOMEM", EFAULT: "EFAULT",
	EBUSY: "EBUSY", EEXIST: "EEXIST", EINVAL: "EINVAL", ENOSPC: "ENOSPC", ERANGE: "ERANGE", ENODATA: "ENODATA", ENOTSUP: "ENOTSUP",
}

// Error returns the C name, "ENOENT".
func (e Errno) Error() string {
	if e >= 0 && e < numErrnos && errnoNames[e] != "" {
		return errnoNames[e]
	}
	return fmt.Sprintf("errno %d", int32(e))
}
