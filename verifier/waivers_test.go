package verifier_test

import (
	"slices"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// waiver is a reason for which the kernel refuses programs that are accepted
// here: a part of the kernel's message, what has to be in the program, and
// why that is no matter of safety.
type waiver struct {
	message string
	when    func(p *frontend.Program, f *verifier.Facts) bool
	why     string
}

var waivers = []waiver{
	{"invalid shift", always, "distances are masked by the width (RFC 9669 §4.1)"},
	{"unbounded min value", quotient, "quotients and remainders have bounds here"},
	{"unbounded memory access", subtracts, "the bounds of the whole offset count, not those of its variable part alone"},
	{"outside of the allowed memory range", subtracts, "quotients and remainders have bounds here"},
	{"offset is outside of the packet", otherCompare, "comparisons by ==, != and signed ones prove room; addresses in one region are compared by offset"},
	{"!read_ok", otherCompare, "the branch is never taken: a stack address is not 0, offsets in one region are compared"},
	{"min value is negative", quotient, "quotients and remainders have bounds here"},
	{"invalid bpf_context access off=20", always, "egress_ifindex is 0 where the kernel has none; see the hook's row"},
	{"infinite loop", otherCompare, "the same"},
	{"same insn cannot be used", otherCompare, "the same: only one of the paths is left"},
	{"helper access to the packet", otherCompare, "the same"},
	{"invalid mem access 'scalar'", otherCompare, "the same"},
	{"invalid mem access 'map_value_or_null'", otherCompare, "a register that is 0 tests for NULL as the number does"},
	{"!read_ok", quotient, "quotients and remainders have bounds here"},
	{"At program exit the register R0", quotient, "quotients and remainders have bounds here"},
	{"offset is outside of the packet", quotient, "quotients and remainders have bounds here"},
	{"unbounded memory access", legacy, "a legacy load of n bytes gives a number of n bytes"},
	{"outside of the allowed memory range", legacy, "a legacy load of n bytes gives a number of n bytes"},
	{"pointer be out of bounds", legacy, "the same"},
	{"cannot write into packet", otherCompare, "the branch is never taken: offsets in one region are compared"},
	{"invalid mem access 'map_value_or_null'", has4, "a constant key stays known when bytes beside it are written"},
	{"call bpf_snprintf", always, "formats are checked when they are used, as those of trace_printk"},
	{"atomic64_cmpxchg((u64 *)(r0", always, "the address in r0 is read once, before r0 is the old value"},
}

func always(*frontend.Program, *verifier.Facts) bool { return true }

func has(p *frontend.Program, ops ...bpf.Op) bool {
	for _, in := range p.Insns {
		for _, op := range ops {
			if in.Op == op {
				return true
			}
		}
	}
	return false
}

func quotient(p *frontend.Program, _ *verifier.Facts) bool {
	return has(p, bpf.OpDiv, bpf.OpMod, bpf.OpSdiv, bpf.OpSmod)
}

func legacy(p *frontend.Program, _ *verifier.Facts) bool { return has(p, bpf.OpLdAbs, bpf.OpLdInd) }

// has4: a store of 4 bytes that a lookup's key may be.
func has4(p *frontend.Program, _ *verifier.Facts) bool {
	return slices.ContainsFunc(p.Insns, func(in bpf.Instruction) bool { return in.Op == bpf.OpStore && in.Width == 4 })
}

func subtracts(p *frontend.Program, f *verifier.Facts) bool {
	return quotient(p, f) || has(p, bpf.OpSub)
}

// otherCompare: a comparison of pointers that tells the kernel nothing.
func otherCompare(p *frontend.Program, f *verifier.Facts) bool {
	for pc, in := range p.Insns {
		if !in.Conditional() || !f.Insns[pc].Reachable {
			continue
		}
		dst, src := f.Insns[pc].Dst, f.Insns[pc].Src
		pointer := dst.Kind > verifier.KindScalar || src.Kind > verifier.KindScalar
		switch in.Op {
		case bpf.OpJgt, bpf.OpJge, bpf.OpJlt, bpf.OpJle:
			pointer = pointer && dst.Kind == src.Kind
		}
		if pointer {
			return true
		}
	}
	return false
}

// waiverFor is the message of the waiver that covers a refusal, "" when none
// does.
func waiverFor(log string, p *frontend.Program, f *verifier.Facts) string {
	for _, w := range waivers {
		if strings.Contains(log, w.message) && w.when(p, f) {
			return w.message
		}
	}
	return ""
}
