//go:build !linux

package lru

// kernels returns the reason why there is no kernel to compare with.
func kernels() (func(keys []uint32) (int, error), string) { return nil, "needs Linux" }
