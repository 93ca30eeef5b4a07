package rtlib

import "golang.org/x/sys/unix"

// Commands of membarrier(2), linux/membarrier.h.
const (
	membarrierPrivateExpedited         = 1 << 3
	membarrierRegisterPrivateExpedited = 1 << 4
)

// registerBarrier reports whether the process may use barrier.
func registerBarrier() bool {
	_, _, errno := unix.Syscall(unix.SYS_MEMBARRIER, membarrierRegisterPrivateExpedited, 0, 0)
	return errno == 0
}

// barrier makes every running thread of the process execute a full fence.
func (d *domain) barrier() {
	_, _, errno := unix.Syscall(unix.SYS_MEMBARRIER, membarrierPrivateExpedited, 0, 0)
	if errno != 0 {
		// Registered before, and the kernel documents no failure after that.
		panic("rtlib: membarrier stopped working: " + errno.Error())
	}
}
