package measure

import (
	"time"

	"golang.org/x/sys/unix"
)

// Clock says what Now reads.
const Clock = "CPU time of the thread"

// Now returns the CPU time of the calling thread: other processes do not count.
// Callers lock the goroutine to its thread.
func Now() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		panic("measure: clock_gettime: " + err.Error()) // cannot happen since Linux 2.6.12
	}
	return time.Duration(t.Nano())
}
