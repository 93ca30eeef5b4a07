//go:build !linux

package rtlib

import "time"

// bootTime is the monotonic clock: suspended time does not count.
func bootTime() uint64 { return uint64(nanotime()) }

// atomicTime is UTC in nanoseconds.
func atomicTime() uint64 { return uint64(time.Now().UnixNano()) }
