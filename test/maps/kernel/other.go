//go:build !linux

package kernel

// Missing says why there are no maps of the kernel.
func Missing() string { return "there are maps of the kernel on Linux only" }
