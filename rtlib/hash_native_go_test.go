//go:build !amd64

package rtlib

// What machine code calls is Go.
var (
	nativeHashLookup       = HashLookup
	nativeHashUpdate       = HashUpdate
	nativePercpuHashLookup = PercpuHashLookup
	nativePercpuHashUpdate = PercpuHashUpdate
)
