//go:build amd64 || arm64

package rtlib

// refs is never called; see its assembly.
func refs()

var _ = refs
