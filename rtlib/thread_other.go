//go:build !linux && !windows

package rtlib

// threadID is the process's id: the system has no number for threads that the
// standard library gives.
func threadID() uint32 { return uint32(pid()) }
