//go:build !linux

package engines

import "testing"

// place is a piece of memory for inputs.
type place struct {
	name string
	put  func(data []byte) []byte // copies data there
}

// places are Go's memory: pages without access are tested on Linux.
func places(*testing.T) []place { return []place{{"in a slice", aligned}} }
