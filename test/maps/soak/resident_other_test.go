//go:build !linux

package soak

import "runtime"

// resident is the memory that Go has from the system, in bytes.
func resident() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Sys - m.HeapReleased
}
