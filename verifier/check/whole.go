package check

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

// whole is v with the constant part of its offset moved into S.
func whole(v *state.Value) state.Value {
	w := *v
	if w.Off != 0 {
		w.S = value.Binary(bpf.OpAdd, true, v.S, value.Const(uint64(v.Off)))
		w.Off = 0
	}
	return w
}

// Whole is what is known of an operand's number or offset from the start of
// its region.
func (o *Operand) Whole() value.Scalar { return whole(&o.V).S }
