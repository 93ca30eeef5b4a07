package rtlib

import "golang.org/x/sys/windows"

// threadID is the id of the thread that runs now.
func threadID() uint32 { return windows.GetCurrentThreadId() }
