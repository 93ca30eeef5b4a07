package harness

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/codegen"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// dumped reports whether hosts can read all elements of a map. They cannot of
// program arrays, Bloom filters and stack traces; what perf event arrays get
// without a reader is lost.
func dumped(m *frontend.Map) bool {
	switch m.Type {
	case bpf.MapArray, bpf.MapHash, bpf.MapPercpuArray, bpf.MapPercpuHash, bpf.MapLRUHash, bpf.MapLRUPercpu, bpf.MapLPMTrie,
		bpf.MapArrayOfMaps, bpf.MapHashOfMaps, bpf.MapRingbuf:
		return m.Flags&bpf.FlagWronly == 0
	case bpf.MapQueue, bpf.MapStack: // which are popped
		return m.Flags&(bpf.FlagWronly|bpf.FlagRdonly) == 0
	}
	return false
}

func notDumped(m *frontend.Map) bool { return !dumped(m) }

// objectSpec is what codegen would print into the object's file, as data.
func objectSpec(obj *frontend.Object, programs []compiled) (rtlib.ObjectSpec, error) {
	in := codegen.Input{Package: "programs", Ident: "x", Stem: "x", Object: obj, Backend: codegen.BackendGo}
	for _, p := range programs {
		in.Programs = append(in.Programs, codegen.Program{Source: p.source, IR: p.ir, Facts: p.facts})
	}
	return codegen.Spec(in)
}
