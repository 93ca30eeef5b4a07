//go:build !amd64

package rtlib

// What machine code calls is Go.
var (
	nativeLRULookup         = LRULookup
	nativeLRULookup4        = LRULookup4
	nativeLRULookup8        = LRULookup8
	nativeLRULookup16       = LRULookup16
	nativeLRUPercpuLookup   = LRUPercpuLookup
	nativeLRUPercpuLookup4  = LRUPercpuLookup4
	nativeLRUPercpuLookup8  = LRUPercpuLookup8
	nativeLRUPercpuLookup16 = LRUPercpuLookup16
)
