//go:build !linux

package measure

import "time"

// Clock says what Now reads.
const Clock = "wall-clock time"

var start = time.Now()

// Now returns the time since the process began.
func Now() time.Duration { return time.Since(start) }
