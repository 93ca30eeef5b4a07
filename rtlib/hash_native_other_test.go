//go:build !amd64 && !arm64

package rtlib

// What machine code calls is Go.
var (
	nativeHashLookup4        = HashLookup4
	nativeHashLookup8        = HashLookup8
	nativeHashLookup16       = HashLookup16
	nativePercpuHashLookup4  = PercpuHashLookup4
	nativePercpuHashLookup8  = PercpuHashLookup8
	nativePercpuHashLookup16 = PercpuHashLookup16
)
