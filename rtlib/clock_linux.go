package rtlib

import (
	"time"

	"golang.org/x/sys/unix"
)

// bootTime is CLOCK_BOOTTIME in nanoseconds.
func bootTime() uint64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return uint64(nanotime())
	}
	return uint64(t.Nano())
}

// atomicTime is CLOCK_TAI in nanoseconds.
func atomicTime() uint64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_TAI, &t); err != nil {
		return uint64(time.Now().UnixNano())
	}
	return uint64(t.Nano())
}
