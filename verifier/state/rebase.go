package state

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

// rebased is the pointer v with another constant part of the offset: what it
// differs goes to S, Delta and Room, so that the same address is described.
// It fails for kinds whose offset has to be constant.
func rebased(v *Value, off int64) (Value, bool) {
	switch v.Kind {
	case PtrStack, PtrPacket, PtrMeta, PtrMapValue, PtrMem:
	default:
		return *v, false
	}
	const far = 1 << 61
	d := v.Off - off
	if v.S.R.Smin < -far || v.S.R.Smax > far || d < -far || d > far {
		return *v, false
	}
	w := *v
	w.Off, w.Delta = off, v.Delta+uint64(d)
	w.S = value.Binary(bpf.OpAdd, true, v.S, value.Const(uint64(d)))
	if w.Room = 0; v.Room > 0 && v.Room > d && w.S.R.Smin >= 0 {
		w.Room = v.Room - d
	}
	return w, true
}

// Rebased is v with all of its offset in S.
func (v *Value) Rebased() (Value, bool) { return rebased(v, 0) }
