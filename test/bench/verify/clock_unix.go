//go:build unix

package main

import (
	"syscall"
	"time"
)

// processTime is the processor time of the process, of all its threads: other
// processes count only through caches and clock rates.
func processTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
