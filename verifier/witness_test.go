package verifier_test

import (
	"strings"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// generatedWaivers are reasons that only generated programs give the kernel.
var generatedWaivers = []waiver{
	{"misaligned access off", fetchesIntoAddress, "the address is read once, before the register is the old value"},
	{"pointer be out of bounds", quotient, "quotients and remainders have bounds here"},
	{"math between", narrowed32, "results have bounds that the kernel does not look for: shifts by masked distances, differences, byte swaps and low halves of pointers"},
	{"div by zero", always, "division by zero has the ISA's result (RFC 9669 §4.1)"},
	{"invalid bpf_context access", otherCompare, "the branch is never taken: offsets in one region are compared"},
	{"pointer offset", subtracts, "the bounds of the whole offset count, not the constant that was added to its variable part"},
	{"min value is negative", partsOfSpills, "bytes of a constant in the stack are known"},
	{"max value is outside", distant, "distances are masked by the width (RFC 9669 §4.1), so the result has bounds"},
	{"pointer += pointer prohibited", otherCompare, "the branch is never taken: offsets in one region are compared"},
}

// fetchesIntoAddress: an atomic whose old value goes to the register that
// holds its address.
func fetchesIntoAddress(p *frontend.Program, _ *verifier.Facts) bool {
	for _, in := range p.Insns {
		if in.Op >= bpf.OpFetchAdd && in.Op <= bpf.OpXchg && in.Dst == in.Src {
			return true
		}
	}
	return false
}

// distant: a shift by a register.
func distant(p *frontend.Program, f *verifier.Facts) bool {
	return quotient(p, f) || has(p, bpf.OpLsh, bpf.OpRsh, bpf.OpArsh)
}

// narrowed32: an operation whose result the kernel takes for any number.
func narrowed32(p *frontend.Program, f *verifier.Facts) bool {
	for _, in := range p.Insns {
		if in.Op == bpf.OpSub || in.Op == bpf.OpNeg || in.Op == bpf.OpToLE || in.Op == bpf.OpToBE || in.Op == bpf.OpBswap {
			return true
		}
	}
	return distant(p, f)
}

// partsOfSpills: a load of a part of a stack slot.
func partsOfSpills(p *frontend.Program, f *verifier.Facts) bool {
	for pc, in := range p.Insns {
		if (in.Op == bpf.OpLoad || in.Op == bpf.OpLoadsx) && in.Width < 8 && f.Insns[pc].Src.Kind == verifier.KindPtrStack {
			return true
		}
	}
	return false
}

// generatedWaiver is waiverFor with the reasons of generated programs.
func generatedWaiver(log string, p *frontend.Program, f *verifier.Facts) string {
	if w := waiverFor(log, p, f); w != "" {
		return w
	}
	for _, w := range generatedWaivers {
		if strings.Contains(log, w.message) && w.when(p, f) {
			return w.message
		}
	}
	return ""
}

// witness is a program of a class of waivers: the kernel refuses it with the
// message, and it does no harm.
type witness struct{ message, text string }

// witnesses has one for every waiver.
var witnesses = []witness{
	{"invalid shift", "r0 = 1\nr0 <<= 64\nexit"},
	{"unbounded min value", found + "r1 = *(u64 *)(r0 + 0)\nr1 %= 40\nr0 += r1\nr0 = *(u8 *)(r0 + 0)\nexit"},
	{"unbounded memory access", found + "r1 = *(u8 *)(r0 + 0)\nr1 &= 31\nr0 += 40\nr0 -= r1\nr0 = *(u8 *)(r0 + 0)\nexit"},
	{"offset is outside of the packet", packet + "r0 = 0\nr4 = r2\nr4 += 1\nif r4 s> r3 goto l\nr0 = *(u8 *)(r2 + 0)\nl:\nr0 = 0\nexit"},
	{"!read_ok", "r0 = 0\nr1 = r10\nif r1 == 0 goto l\nexit\nl:\nr0 = r5\nexit"},
	{"min value is negative", found + "r1 = *(u64 *)(r0 + 0)\nr1 %= 40\nif r1 s< -10 goto l\nr0 += r1\nr0 = *(u8 *)(r0 + 0)\nl:\nr0 = 0\nexit"},
	{"invalid bpf_context access off=20", "r0 = *(u32 *)(r1 + 20)\nr0 = 0\nexit"},
	{"misaligned access off", found + "lock *(u64 *)(r0 + 32) f+= r0\nr0 = 0\nexit"},
	{"pointer be out of bounds", found + "r1 = *(u64 *)(r0 + 0)\nw1 %= 14\nif w1 s<= 8 goto l\nif r1 s> 42 goto l\nr0 += r1\nr0 = *(u8 *)(r0 + 2)\nl:\nr0 = 0\nexit"},
	{"math between", packet + "r0 = 0\nr1 = *(u32 *)(r1 + 16)\nr5 = 40\nw1 >>= w5\nr4 = r2\nr4 += r1\nexit"},
	{"outside of the allowed memory range", found + "r1 = *(u64 *)(r0 + 0)\nr1 %= 40\nif r1 > 60 goto l\nr0 += r1\nr0 = *(u8 *)(r0 + 0)\nl:\nr0 = 0\nexit"},
	{"invalid mem access 'scalar'", packet + "r4 = r2\nr0 = 0\nif r2 <= r4 goto l\nr0 = *(u8 *)(r0 + 0)\nl:\nexit"},
	{"max value is outside", found + "r1 = 0xcce6ee744cca3da ll\nr2 = 0x7868a8bb4703 ll\nw1 s>>= w2\nif r1 >= 48 goto l\nr0 += r1\nr0 = *(u8 *)(r0 + 1)\nl:\nr0 = 0\nexit"},
	{"div by zero", "r0 = 7\nr0 /= 0\nexit"},
	{"invalid bpf_context access", "r0 = 0\nr2 = r1\nif r1 s<= r2 goto l\nr0 = *(u16 *)(r1 + 3)\nl:\nexit"},
	{"pointer offset", found + "r9 = *(u64 *)(r0 + 0)\nr1 = r9\nr1 -= -1732915350\nif r1 >= 44 goto l\nr0 += r1\nr0 = *(u8 *)(r0 + 0)\nl:\nr0 = 0\nexit"},
	{"infinite loop", packet + "r0 = 0\nr4 = r2\nl:\nif r4 > r2 goto l\nexit"},
	{"atomic64_cmpxchg((u64 *)(r0", found + "r1 = 1\nlock *(u64 *)(r0 + 0) cmpxchg r1\nr0 = 0\nexit"},
	{"invalid mem access 'map_value_or_null'", lookup + "r1 = 0\nif r0 == r1 goto l\nr0 = *(u8 *)(r0 + 0)\nl:\nr0 = 0\nexit"},
	{"pointer += pointer prohibited", packet + "r1 = r2\nr4 = r2\nr0 = 0\nif r1 <= r4 goto l\nr4 += r1\nl:\nexit"},
}
