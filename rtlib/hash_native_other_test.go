//go:build !amd64

package rtlib

// What machine code calls is Go.
var (
	nativeHashLookup         = HashLookup
	nativeHashLookup4        = HashLookup4
	nativeHashLookup8        = HashLookup8
	nativeHashLookup16       = HashLookup16
	nativeHashUpdate         = HashUpdate
	nativePercpuHashLookup   = PercpuHashLookup
	nativePercpuHashLookup4  = PercpuHashLookup4
	nativePercpuHashLookup8  = PercpuHashLookup8
	nativePercpuHashLookup16 = PercpuHashLookup16
	nativePercpuHashUpdate   = PercpuHashUpdate
)
