package rtlib

import "golang.org/x/sys/unix"

// threadID is the id of the thread that runs now.
func threadID() uint32 { return uint32(unix.Gettid()) }
