package rtlib

import "golang.org/x/sys/windows"

// flushProcessWriteBuffers is in kernel32.dll since Windows Vista.
var flushProcessWriteBuffers = windows.NewLazySystemDLL("kernel32.dll").NewProc("FlushProcessWriteBuffers")

// registerBarrier reports whether the process may use barrier.
func registerBarrier() bool { return flushProcessWriteBuffers.Find() == nil }

// barrier makes every running thread of the process execute a full fence. The
// call has no result.
func (d *domain) barrier() { _, _, _ = flushProcessWriteBuffers.Call() }
