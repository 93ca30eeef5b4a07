//go:build !linux

package rtlib

import "unsafe"

// advise does nothing: the system chooses the size of pages.
func advise(unsafe.Pointer, uintptr) {}

// mappable does not know: the system says it when Go asks.
func mappable(uint64) bool { return true }
