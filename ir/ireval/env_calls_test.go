package ireval_test

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/ir/ireval"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// maxTailCalls is MAX_TAIL_CALL_CNT of linux/bpf.h.
const maxTailCalls = 33

// tailCall is rtlib's TailCall: it runs the program in a slot to its end. A
// world is of one object, so instance and slots stay.
func (w *world) tailCall(fr *abi.Frame, a []uint64) uint64 {
	for _, s := range mapAt(a[0]).def.Slots {
		if uint64(s.Index) != a[1] || fr.TailCalls == maxTailCalls {
			continue
		}
		fr.TailCalls++
		r0, err := ireval.Run(w.program(s.Program), fr, ireval.Options{Helpers: w.helpers()})
		if err != nil {
			panic(err)
		}
		fr.Result, fr.Unwind = r0, 1
	}
	return 0x5555
}

// program builds a program of the object, once, and optimises it.
func (w *world) program(name string) *ir.Program {
	if p := w.progs[name]; p != nil {
		return p
	}
	k := slices.IndexFunc(w.obj.Programs, func(p *frontend.Program) bool { return p.Name == name })
	facts, err := verifier.Verify(w.obj, w.obj.Programs[k], verifier.Options{})
	if err != nil {
		panic(err)
	}
	p, err := ir.Build(w.obj, w.obj.Programs[k], facts)
	if err != nil {
		panic(err)
	}
	ir.Optimize(p)
	if w.progs == nil {
		w.progs = map[string]*ir.Program{}
	}
	w.progs[name] = p
	return p
}

// forEachNext is rtlib's ForEachNext: it walks hash maps in the order of keys.
// The key is where the test cannot take it for another state's.
func (w *world) forEachNext(_ *abi.Frame, a []uint64) uint64 {
	m, state := mapAt(a[0]), (*abi.EachState)(unsafe.Pointer(&memory(a[1], abi.EachSize)[0]))
	if state.Pos == 0 {
		w.walks = append(w.walks, m.keys())
		state.Pos = uint64(len(w.walks)) << 32
	}
	keys := w.walks[state.Pos>>32-1]
	for int(uint32(state.Pos)) < len(keys) {
		key := keys[uint32(state.Pos)]
		state.Pos++
		if v := m.lookup(key); v != 0 {
			state.Key = uint64(uintptr(unsafe.Pointer(&key[0])))
			return v
		}
	}
	return 0
}

// keys are copies of the keys that are there.
func (m *testMap) keys() [][]byte {
	var keys [][]byte
	for key := range m.hash {
		keys = append(keys, []byte(key))
	}
	slices.SortFunc(keys, slices.Compare)
	if m.hash == nil && m.def.Type == bpf.MapArray {
		for i := range m.def.MaxEntries {
			keys = append(keys, []byte{byte(i), byte(i >> 8), byte(i >> 16), byte(i >> 24)})
		}
	}
	return keys
}

// csumDiff is bpf_csum_diff, folded to 16 bits: seed + to - from in one's
// complement. Sizes of generated programs are multiples of 4.
func csumDiff(_ *abi.Frame, a []uint64) uint64 {
	sum := func(sum uint32, addr, n uint64) uint32 {
		for i := uint64(0); i < n; i += 4 {
			var carry uint32
			sum, carry = bits.Add32(sum, binary.LittleEndian.Uint32(memory(addr+i, 4)), 0)
			sum += carry
		}
		return sum
	}
	from, to, seed := a[1], a[3], uint32(a[4])
	x := seed
	switch {
	case from > 0 && to > 0:
		var carry uint32
		x, carry = bits.Add32(sum(seed, a[2], to), ^sum(0, a[0], from), 0)
		x += carry
	case to > 0:
		x = sum(seed, a[2], to)
	case from > 0:
		x = ^sum(^seed, a[0], from)
	}
	x = x>>16 + x&0xffff
	return uint64(x>>16 + x&0xffff)
}

// nothing is a helper whose result no test looks at.
func nothing(*abi.Frame, []uint64) uint64 { return 0 }
