package interp

import (
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// Knows reports whether the interpreter has a meaning of its own for a helper or
// for a function outside of programs. It runs others by the model of their row.
func Knows(h *table.Helper) bool {
	if h.ID == 0 {
		return kfuncs[h.Name] != nil
	}
	return helpers[h.Name] != nil
}
