//go:build !amd64 && !arm64

package wait

const machine = false

func blind(n, x uint64) uint64 { return n * x }
