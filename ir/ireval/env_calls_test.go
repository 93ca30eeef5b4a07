package ireval_test

import (
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
