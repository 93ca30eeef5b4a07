package explore

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
)

// finished holds the finished nodes of a slot in groups by the registers that
// are constants in them: a state is only compared with nodes that have its
// constants.
type finished struct {
	groups []group
	shapes map[uint64][]int32 // lossy: nodes by the kinds of their registers
}

type group struct {
	mask  uint16
	nodes map[uint64][]int32
}

// tries is how many nodes of a group are compared, the latest first.
const tries = 64

// constants is the set of registers of the running frame with one number.
func constants(s *state.State) uint16 {
	mask := uint16(0)
	for r := bpf.R0; r < bpf.R10; r++ {
		if _, ok := s.Reg(r).IsConst(); ok {
			mask |= 1 << r
		}
	}
	return mask
}

// key mixes the constants of the registers in mask; false when one is none.
func key(s *state.State, mask uint16) (uint64, bool) {
	h := uint64(14695981039346656037)
	for r := bpf.R0; r < bpf.R10; r++ {
		if mask&(1<<r) == 0 {
			continue
		}
		k, ok := s.Reg(r).IsConst()
		if !ok {
			return 0, false
		}
		h = (h ^ k) * 1099511628211
		h ^= h >> 31
	}
	return h, true
}

func (f *finished) add(i int32, s *state.State, lossy bool) {
	if lossy {
		if f.shapes == nil {
			f.shapes = map[uint64][]int32{}
		}
		h := shape(s)
		f.shapes[h] = append(f.shapes[h], i)
	}
	mask := constants(s)
	h, _ := key(s, mask)
	for g := range f.groups {
		if f.groups[g].mask == mask {
			f.groups[g].nodes[h] = append(f.groups[g].nodes[h], i)
			return
		}
	}
	f.groups = append(f.groups, group{mask, map[uint64][]int32{h: {i}}})
}

// find returns a finished node that includes the state.
func (f *finished) find(x *search, s *state.State) (int32, bool) {
	for g := range f.groups {
		h, ok := key(s, f.groups[g].mask)
		if !ok {
			continue
		}
		l := f.groups[g].nodes[h]
		for j := len(l) - 1; j >= 0 && j >= len(l)-tries; j-- {
			if x.in.Included(s, x.nodes[l[j]].s) {
				return l[j], true
			}
		}
	}
	return 0, false
}

// shape mixes the frames and the kinds of the registers.
func shape(s *state.State) uint64 {
	h := uint64(14695981039346656037)
	mix := func(v uint64) { h = (h ^ v) * 1099511628211 }
	for d := range s.Depth() + 1 {
		f := s.Frame(d)
		mix(uint64(f.Return))
		for r := range f.Regs[:bpf.R10] {
			v := &f.Regs[r]
			mix(uint64(v.Kind)<<8 | uint64(uint8(v.Frame)))
			mix(uint64(uint32(v.Map)))
		}
	}
	return h
}

// distance counts the registers of the running frame that differ.
func distance(a, b *state.State) int {
	n := 0
	for r := bpf.R0; r < bpf.R10; r++ {
		if x, y := a.Reg(r), b.Reg(r); x.Kind != y.Kind || x.S != y.S || x.Off != y.Off {
			n++
		}
	}
	return n
}
