package ir_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// TestVerifiedOnly builds programs that use rows which are verified and not
// compiled: one error names the thing and wraps ErrUnsupported.
func TestVerifiedOnly(t *testing.T) {
	xdp, helper := table.HookByName(bpf.Linux, "xdp"), table.HelperByName(bpf.Linux, "xdp_adjust_head")
	array := &table.Hook{Name: "own", Status: table.Supported, Size: 32, Fields: []table.Field{{Name: "bytes", Size: 32, Loads: 15, Stores: 15}}}
	for _, c := range []struct {
		name string
		hook *table.Hook
		in   bpf.Instruction
		fact verifier.Fact
		want string
	}{
		{"hook", table.HookByName(bpf.Linux, "sched_cls"), bpf.Instruction{Op: bpf.OpNeg, Width: 8}, verifier.Fact{}, "program type sched_cls is verified, but not compiled yet"},
		{"helper", xdp, bpf.Instruction{Op: bpf.OpCall, Kind: bpf.KindHelper, Src: bpf.RegImm, Imm: int64(helper.ID)},
			verifier.Fact{Call: &verifier.CallFact{Helper: helper, Map: -1}}, "helper xdp_adjust_head is verified, but not compiled yet"},
		{"function", xdp, bpf.Instruction{Op: bpf.OpCall, Kind: bpf.KindKfunc, Src: bpf.RegImm},
			verifier.Fact{Call: &verifier.CallFact{Helper: table.KfuncByName("bpf_dynptr_from_xdp"), Map: -1}}, "function bpf_dynptr_from_xdp is verified, but not compiled yet"},
		{"map", xdp, bpf.Instruction{Op: bpf.OpLdImm, Width: 8, Kind: bpf.KindMap, Src: bpf.RegImm}, verifier.Fact{},
			"map counts of type devmap is verified, but not compiled yet"},
		{"callback of mappings", xdp, callOf("find_vma"), verifier.Fact{Call: &verifier.CallFact{Helper: helperOf("find_vma"), Map: -1}},
			"helper find_vma is verified, but not compiled yet"},
		{"timer", xdp, callOf("timer_set_callback"), verifier.Fact{Call: &verifier.CallFact{Helper: helperOf("timer_set_callback"), Map: -1}},
			"helper timer_set_callback is verified, but not compiled yet"},
		{"array", array, bpf.Instruction{Op: bpf.OpLoad, Width: 8, Src: bpf.R1, Off: 16},
			verifier.Fact{Access: verifier.Access{Region: table.RegionCtx, Field: 0, OffMin: 16, OffMax: 16}, Src: verifier.Operand{Kind: verifier.KindPtrCtx}},
			"context field bytes is verified, but not compiled yet"},
	} {
		t.Run(c.name, func(t *testing.T) {
			insns := []bpf.Instruction{c.in}
			if c.in.Wide() {
				insns = append(insns, bpf.Instruction{})
			}
			insns = append(insns, bpf.Instruction{Op: bpf.OpMov, Width: 8, Src: bpf.RegImm}, bpf.Instruction{Op: bpf.OpExit, Src: bpf.RegImm})
			p := &frontend.Program{Name: "test", Hook: c.hook, Insns: insns, Lines: make([]frontend.Line, len(insns)),
				Funcs: []frontend.Func{{Name: "test", End: len(insns)}}}
			facts := &verifier.Facts{Insns: make([]verifier.Fact, len(insns)), MaxInsns: 3}
			facts.Insns[0] = c.fact
			for i := range facts.Insns {
				facts.Insns[i].Reachable = insns[i].Op != bpf.OpInvalid
			}
			obj := &frontend.Object{Programs: []*frontend.Program{p}, Maps: []*frontend.Map{{Name: "counts", Type: bpf.MapDevmap, KeySize: 4, ValueSize: 8, MaxEntries: 1}}}
			_, err := ir.Build(obj, p, facts)
			if !errors.Is(err, bpf.ErrUnsupported) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func helperOf(name string) *table.Helper { return table.HelperByName(bpf.Linux, name) }

func callOf(name string) bpf.Instruction {
	return bpf.Instruction{Op: bpf.OpCall, Kind: bpf.KindHelper, Src: bpf.RegImm, Imm: int64(helperOf(name).ID)}
}
