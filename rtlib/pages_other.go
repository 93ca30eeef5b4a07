//go:build !linux

package rtlib

import "unsafe"

// advise does nothing: the system chooses the size of pages.
func advise(unsafe.Pointer, uintptr) {}
