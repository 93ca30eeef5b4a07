package transfer

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

// edgeMachine is at the first instruction of a program of one function.
func edgeMachine(hook string, insns ...bpf.Instruction) *Machine {
	insns = append(insns, bpf.Instruction{Op: bpf.OpExit, Src: bpf.RegImm})
	p := &frontend.Program{Insns: insns, Hook: table.HookByName(bpf.Linux, hook), Funcs: []frontend.Func{{Name: "main", End: len(insns)}}}
	env := NewEnv(&frontend.Object{License: "GPL"}, p)
	s, _ := RootState(env, Root{})
	return &Machine{Env: env, S: s, in: &env.Insns[0]}
}

// TestKernelSymbols: a wide load names a symbol that is there.
func TestKernelSymbols(t *testing.T) {
	for _, c := range []struct {
		imm int64
		ok  bool
	}{{-1, false}, {0, true}, {1, true}, {2, false}} {
		m := edgeMachine("sched_cls", bpf.Instruction{Op: bpf.OpLdImm, Width: 8, Kind: bpf.KindBTFID, Src: bpf.RegImm, Imm: c.imm}, bpf.Instruction{})
		m.Env.Ksyms = []frontend.Ksym{{Name: "function", Func: true}, {Name: "variable"}}
		f := m.Step()
		if (f == nil) != c.ok || f != nil && f.Code != reason.BadObject {
			t.Errorf("symbol %d of 2: %v, want one that is there: %v", c.imm, f, c.ok)
		}
	}
}

// TestEndOffsets: offsets that may wrap prove nothing at a comparison with the
// end, the farthest that may not does.
func TestEndOffsets(t *testing.T) {
	for _, c := range []struct {
		off  int64
		s    int64 // the variable part, a number that is known
		room int64
	}{{-1, 0, 0}, {0, 0, 0}, {1, 0, 1}, {0xffff, 0, 0xffff}, {0x10000, 0, 0}, {0x10000, -1, 0}, {-1, 1, 0}} {
		m := edgeMachine("xdp", bpf.Instruction{Op: bpf.OpJgt, Width: 8, Dst: bpf.R3, Src: bpf.R4})
		p := state.Value{Kind: state.PtrPacket, Off: c.off, S: value.Const(uint64(c.s))}
		m.S.Set(bpf.R3, p)
		m.S.Set(bpf.R4, state.Value{Kind: state.PtrPacketEnd, S: value.Const(0)})
		m.assumeEnd(m.S, value.Le, &p, m.S.Reg(bpf.R4))
		if got := m.S.Reg(bpf.R3).Room; got != c.room {
			t.Errorf("offset %#x, %d not beyond the end: room %#x, want %#x", c.off, c.s, got, c.room)
		}
	}
}

// TestProvenBase: what is behind one constant says nothing about another base.
func TestProvenBase(t *testing.T) {
	for _, c := range []struct {
		base uint64
		room int64
	}{{0, 8}, {1, 0}} {
		m := edgeMachine("xdp", bpf.Instruction{Op: bpf.OpJgt, Width: 8, Dst: bpf.R3, Src: bpf.R4})
		m.S.Set(bpf.R3, state.Value{Kind: state.PtrPacket, S: value.Const(0)})
		p := state.Value{Kind: state.PtrPacket, S: value.Const(c.base)}
		m.proven(m.S, &p, 8)
		if got := m.S.Reg(bpf.R3).Room; got != c.room {
			t.Errorf("8 bytes behind base %d: room %d at base 0, want %d", c.base, got, c.room)
		}
	}
}

// TestIteratorWhole: an iterator is all of its bytes.
func TestIteratorWhole(t *testing.T) {
	h := table.KfuncByName("bpf_iter_bits_next")
	for _, c := range []struct {
		name          string
		first, second uint32 // references
		ok            bool
	}{{"whole", 1, 1, true}, {"half", 1, 0, false}, {"two halves", 1, 2, false}} {
		m := edgeMachine("raw", bpf.Instruction{Op: bpf.OpExit, Src: bpf.RegImm})
		m.Note.Helper = h
		for at, hold := range []uint32{c.first, c.second} {
			if hold != 0 {
				it := state.Value{Kind: state.SlotIter, Map: int32(h.Iter), Hold: hold}
				m.S.Own(0).Stack.Store(int64(-16+8*at), 8, &it)
			}
		}
		v := state.Value{Kind: state.PtrStack, Off: -16, S: value.Const(0)}
		if _, f := m.iterator(bpf.R1, &v); (f == nil) != c.ok {
			t.Errorf("%s: %v, want one: %v", c.name, f, c.ok)
		}
	}
}

// TestOneSidedMaps: who may not read or write a map is told which flag says so,
// and for constants that they are constant.
func TestOneSidedMaps(t *testing.T) {
	for _, c := range []struct {
		flags  uint32
		frozen bool
		write  bool
		need   string
	}{
		{bpf.FlagRdonlyProg, false, true, "define the map without BPF_F_RDONLY_PROG, or read only"},
		{bpf.FlagRdonlyProg, true, true, "use a variable that is not const"},
		{bpf.FlagWronlyProg, false, false, "define the map without BPF_F_WRONLY_PROG, or write only"},
	} {
		m := edgeMachine("xdp", bpf.Instruction{Op: bpf.OpLdImm, Width: 8, Src: bpf.RegImm}, bpf.Instruction{})
		m.Env.Maps = []*frontend.Map{{Name: "m", Type: bpf.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 1, Flags: c.flags, Frozen: c.frozen}}
		p := state.Value{Kind: state.PtrMapValue}
		f := m.inMap(&p, access{reg: bpf.R1, size: 8, write: c.write, verb: "uses"}, &Access{})
		if f == nil || f.Code != reason.ReadOnly || f.Need != c.need {
			t.Errorf("flags %#x, constant: %v: %+v, want need %q", c.flags, c.frozen, f, c.need)
		}
	}
}
