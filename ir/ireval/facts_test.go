package ireval_test

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// trusting makes the facts of a generated program without a proof: everything
// is reachable, r10 and r9 are the only bases. It is for tests of speed.
func trusting(obj *frontend.Object, p *frontend.Program) *verifier.Facts {
	f := &verifier.Facts{Insns: make([]verifier.Fact, len(p.Insns)), Funcs: []verifier.FuncFact{{End: len(p.Insns)}}}
	any := verifier.Operand{Kind: verifier.KindScalar, UMax: 1<<64 - 1, SMin: -1 << 63, SMax: 1<<63 - 1, Mask: 1<<64 - 1, Map: -1}
	for pc, in := range p.Insns {
		fact := &f.Insns[pc]
		if in.Op == bpf.OpInvalid {
			continue
		}
		*fact = verifier.Fact{Reachable: true, Falls: true, Takes: true, Dst: any, Src: any}
		base := in.Dst
		if in.Op == bpf.OpLoad || in.Op == bpf.OpLoadsx {
			base = in.Src
		}
		switch {
		case in.Op < bpf.OpLoad:
		case base == bpf.R10:
			fact.Access = verifier.Access{Region: table.RegionStack, Own: true, OffMin: int64(in.Off), OffMax: int64(in.Off), Size: int(in.Width), Map: -1, Invocation: true}
		case base == bpf.R9:
			fact.Access = verifier.Access{Region: table.RegionPacket, OffMin: int64(in.Off), OffMax: int64(in.Off), Size: int(in.Width), Map: -1}
		default:
			fact.Access = verifier.Access{Region: table.RegionMap, OffMin: int64(in.Off), OffMax: int64(in.Off), Size: int(in.Width), Map: -1}
		}
		if in.Op == bpf.OpCall {
			call := &verifier.CallFact{Helper: table.HelperByID(bpf.Linux, int32(in.Imm)), Map: 1}
			for i := range call.Args {
				call.Args[i] = verifier.Operand{Kind: verifier.KindPtrStack, Map: -1}
			}
			fact.Call = call
		}
	}
	return f
}
