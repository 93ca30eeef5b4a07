package verifier_test

// programCase is a program with the verdict that it must get.
type programCase struct {
	name string
	code string // reason code of the refusal, "" for accepted
	// kernel is set where the kernel's verdict differs: why.
	kernel string
	text   string
}

// packet is the start of programs that read the packet: r2 = data, r3 = end.
const packet = `
	r2 = *(u32 *)(r1 + 0)
	r3 = *(u32 *)(r1 + 4)
`

// lookup is the start of programs with r0 = value of array (48 bytes) or NULL.
const lookup = `
	*(u32 *)(r10 - 4) = 1
	r2 = r10
	r2 += -4
	r1 = map array
	call map_lookup_elem
`

// found is lookup with the test for NULL.
const found = lookup + `
	if r0 != 0 goto found
	exit
found:
`

// programCases are XDP programs.
var programCases = []programCase{
	// Structure.
	{"return a number", "", "", "r0 = 2\nexit"},
	{"result missing", "V010", "", "r1 = 2\nexit"},
	{"falls off", "V001", "", "r0 = 0"},
	{"jump out", "V002", "", "r0 = 0\nif r0 == 0 goto x\nexit\nx:"},
	{"unreachable", "V003", "", "r0 = 0\nexit\nr0 = 1\nexit"},
	{"write r10", "V004", "", "r10 = 1\nr0 = 0\nexit"},
	{"uninitialised operand", "V010", "", "r0 = 0\nr0 += r3\nexit"},
	{"uninitialised on one path", "V010", "", "r2 = *(u32 *)(r1 + 16)\nif r2 == 0 goto l\nr7 = 2\nl:\nr0 = r7\nexit"},
	{"r1 dead after call", "V010", "", "call ktime_get_ns\nr0 = r1\nexit"},
	{"r6 alive after call", "", "", "r6 = 1\ncall ktime_get_ns\nr0 = r6\nexit"},
	{"dead branch behind constant", "", "", "r0 = 0\nif r0 == 0 goto l\nr0 = *(u64 *)(r9 + 0)\nl:\nexit"},

	// Context.
	{"context field", "", "", "r0 = *(u32 *)(r1 + 16)\nexit"},
	{"context narrow", "V016", "", "r0 = *(u8 *)(r1 + 16)\nexit"},
	{"context wide", "V016", "", "r0 = *(u64 *)(r1 + 8)\nexit"},
	{"context beyond", "V016", "", "r0 = *(u32 *)(r1 + 24)\nexit"},
	{"context before", "V016", "", "r0 = *(u32 *)(r1 - 4)\nexit"},
	{"context write", "V016", "", "*(u32 *)(r1 + 16) = 1\nr0 = 0\nexit"},
	{"context write data", "V016", "", "*(u32 *)(r1 + 0) = 1\nr0 = 0\nexit"},
	{"context variable offset", "V016", "", "r2 = *(u32 *)(r1 + 16)\nr2 &= 4\nr1 += r2\nr0 = *(u32 *)(r1 + 16)\nexit"},
	{"context spilled", "", "", "*(u64 *)(r10 - 8) = r1\nr2 = *(u64 *)(r10 - 8)\nr0 = *(u32 *)(r2 + 16)\nexit"},

	// Pointers.
	{"number as address", "V017", "", "r1 = 4096\nr0 = *(u8 *)(r1 + 0)\nexit"},
	{"pointer as result", "", "", "r0 = r10\nexit"},
	{"pointer from memory", "V017", "", found + "r1 = *(u64 *)(r0 + 0)\nr0 = *(u8 *)(r1 + 0)\nexit"},
	{"pointer halves", "V017", "", "*(u64 *)(r10 - 8) = r1\nr2 = *(u32 *)(r10 - 8)\nr0 = *(u32 *)(r2 + 0)\nexit"},
	{"pointer overwritten", "V017", "", "*(u64 *)(r10 - 8) = r1\n*(u8 *)(r10 - 5) = 1\nr2 = *(u64 *)(r10 - 8)\nr0 = *(u32 *)(r2 + 0)\nexit"},
	{"32-bit move of pointer", "V017", "", "w1 = w1\nr0 = *(u32 *)(r1 + 0)\nexit"},
	{"32-bit arithmetic", "V011", "", "w1 += 4\nr0 = 0\nexit"},
	{"multiply pointer", "V011", "", "r1 *= 4\nr0 = 0\nexit"},
	{"and pointer", "V011", "", "r2 = r10\nr2 &= -8\nr0 = 0\nexit"},
	{"add pointers", "V011", "", "r1 += r10\nr0 = 0\nexit"},
	{"number minus pointer", "V011", "", "r0 = 5\nr0 -= r10\nexit"},
	{"difference", "", "", packet + "r3 -= r2\nr0 = r3\nexit"},
	{"difference is a number", "V017", "", packet + "r3 -= r2\nr0 = *(u8 *)(r3 + 0)\nexit"},
	{"negate pointer", "V017", "", "r1 = -r1\nr0 = *(u8 *)(r1 + 0)\nexit"},
	{"unbounded addition", "V011", "", "r2 = *(u64 *)(r10 - 8)\nr1 = r10\nr1 += r2\nr0 = 0\nexit"},

	// Stack.
	{"stack below", "V014", "", "*(u64 *)(r10 - 520) = 1\nr0 = 0\nexit"},
	{"stack lowest", "", "", "*(u64 *)(r10 - 512) = 1\nr0 = 0\nexit"},
	{"stack above", "V014", "", "*(u64 *)(r10 - 4) = 1\nr0 = 0\nexit"},
	{"stack at r10", "V014", "", "r0 = *(u8 *)(r10 + 0)\nexit"},
	{"stack unaligned", "V014", "", "*(u64 *)(r10 - 12) = 1\nr0 = 0\nexit"},
	{"stack uninitialised", "", "", "r0 = *(u64 *)(r10 - 8)\nexit"},
	{"stack variable read", "", "", "*(u64 *)(r10 - 16) = 1\n*(u64 *)(r10 - 8) = 1\nr2 = *(u32 *)(r1 + 16)\nr2 &= 7\nr3 = r10\nr3 += r2\nr0 = *(u8 *)(r3 - 16)\nexit"},
	{"stack variable beyond", "V014", "", "r2 = *(u32 *)(r1 + 16)\nr2 &= 31\nr3 = r10\nr3 += r2\nr0 = *(u8 *)(r3 - 16)\nexit"},
	{"stack variable write breaks spill", "V017", "", "*(u64 *)(r10 - 8) = r1\nr2 = *(u32 *)(r1 + 16)\nr2 &= 7\nr3 = r10\nr3 += r2\n*(u8 *)(r3 - 8) = 0\nr1 = *(u64 *)(r10 - 8)\nr0 = *(u32 *)(r1 + 0)\nexit"},
	{"spill keeps bounds", "", "", found + "r1 = *(u64 *)(r0 + 0)\nif r1 > 40 goto l\n*(u64 *)(r10 - 16) = r1\nr2 = *(u64 *)(r10 - 16)\nr0 += r2\nr0 = *(u64 *)(r0 + 0)\nexit\nl:\nr0 = 0\nexit"},
	{"copy learns from spill's test", "", "", found + "r1 = *(u64 *)(r0 + 0)\n*(u64 *)(r10 - 16) = r1\nif r1 > 40 goto l\nr2 = *(u64 *)(r10 - 16)\nr0 += r2\nr0 = *(u64 *)(r0 + 0)\nexit\nl:\nr0 = 0\nexit"},
	{"spill of 4 bytes", "", "", found + "r1 = *(u32 *)(r0 + 0)\nw1 &= 40\n*(u32 *)(r10 - 16) = r1\nr2 = *(u32 *)(r10 - 16)\nr0 += r2\nr0 = *(u64 *)(r0 + 0)\nexit"},

	// Packet.
	{"packet unchecked", "V013", "", packet + "r0 = *(u8 *)(r2 + 0)\nexit"},
	{"packet data_end", "V017", "", packet + "r0 = *(u8 *)(r3 + 0)\nexit"},
	{"packet gt", "", "", packet + "r4 = r2\nr4 += 14\nr0 = 0\nif r4 > r3 goto l\nr0 = *(u8 *)(r2 + 13)\nl:\nexit"},
	{"packet gt one more", "V013", "", packet + "r4 = r2\nr4 += 14\nr0 = 0\nif r4 > r3 goto l\nr0 = *(u8 *)(r2 + 14)\nl:\nexit"},
	{"packet gt wrong branch", "V013", "", packet + "r4 = r2\nr4 += 14\nr0 = 0\nif r4 > r3 goto l\nexit\nl:\nr0 = *(u8 *)(r2 + 13)\nexit"},
	{"packet ge", "", "", packet + "r4 = r2\nr4 += 13\nr0 = 0\nif r4 >= r3 goto l\nr0 = *(u8 *)(r2 + 13)\nl:\nexit"},
	{"packet ge one more", "V013", "", packet + "r4 = r2\nr4 += 13\nr0 = 0\nif r4 >= r3 goto l\nr0 = *(u8 *)(r2 + 14)\nl:\nexit"},
	{"packet lt", "", "", packet + "r4 = r2\nr4 += 13\nr0 = 0\nif r4 < r3 goto l\nexit\nl:\nr0 = *(u8 *)(r2 + 13)\nexit"},
	{"packet lt fall", "V013", "", packet + "r4 = r2\nr4 += 13\nr0 = 0\nif r4 < r3 goto l\nr0 = *(u8 *)(r2 + 0)\nl:\nexit"},
	{"packet le", "", "", packet + "r4 = r2\nr4 += 14\nr0 = 0\nif r4 <= r3 goto l\nexit\nl:\nr0 = *(u8 *)(r2 + 13)\nexit"},
	{"packet le one more", "V013", "", packet + "r4 = r2\nr4 += 14\nr0 = 0\nif r4 <= r3 goto l\nexit\nl:\nr0 = *(u16 *)(r2 + 13)\nexit"},
	{"packet end gt", "", "", packet + "r4 = r2\nr4 += 13\nr0 = 0\nif r3 > r4 goto l\nexit\nl:\nr0 = *(u8 *)(r2 + 13)\nexit"},
	{"packet end gt fall", "V013", "", packet + "r4 = r2\nr4 += 13\nr0 = 0\nif r3 > r4 goto l\nr0 = *(u8 *)(r2 + 0)\nl:\nexit"},
	{"packet end ge", "", "", packet + "r4 = r2\nr4 += 14\nr0 = 0\nif r3 >= r4 goto l\nexit\nl:\nr0 = *(u8 *)(r2 + 13)\nexit"},
	{"packet end lt", "", "", packet + "r4 = r2\nr4 += 14\nr0 = 0\nif r3 < r4 goto l\nr0 = *(u8 *)(r2 + 13)\nl:\nexit"},
	{"packet end le", "", "", packet + "r4 = r2\nr4 += 13\nr0 = 0\nif r3 <= r4 goto l\nr0 = *(u8 *)(r2 + 13)\nl:\nexit"},
	{"packet end le taken", "V013", "", packet + "r4 = r2\nr4 += 13\nr0 = 0\nif r3 <= r4 goto l\nexit\nl:\nr0 = *(u8 *)(r2 + 0)\nexit"},
	{"packet 32-bit compare", "V013", "", packet + "r4 = r2\nr4 += 14\nr0 = 0\nif w4 > w3 goto l\nr0 = *(u8 *)(r2 + 13)\nl:\nexit"},
	{"packet negative", "V013", "", packet + "r4 = r2\nr4 += 14\nr0 = 0\nif r4 > r3 goto l\nr0 = *(u8 *)(r2 - 1)\nl:\nexit"},
	{"packet write", "", "", packet + "r4 = r2\nr4 += 14\nr0 = 0\nif r4 > r3 goto l\n*(u8 *)(r2 + 13) = 5\nl:\nexit"},
	{"packet variable offset", "", "", packet + "r4 = r2\nr4 += 14\nr0 = 0\nif r4 > r3 goto l\nr5 = *(u8 *)(r2 + 0)\nr5 &= 60\nr2 += r5\nr4 = r2\nr4 += 8\nif r4 > r3 goto l\nr0 = *(u64 *)(r2 + 0)\nl:\nexit"},
	{"packet variable offset unchecked", "V013", "", packet + "r4 = r2\nr4 += 14\nr0 = 0\nif r4 > r3 goto l\nr5 = *(u8 *)(r2 + 0)\nr2 += r5\nr0 = *(u64 *)(r2 + 0)\nl:\nexit"},
	{"packet offset too large", "V013", "", packet + "r0 = 0\nr5 = *(u32 *)(r1 + 16)\nr2 += r5\nr4 = r2\nr4 += 8\nif r4 > r3 goto l\nr0 = *(u64 *)(r2 + 0)\nl:\nexit"},
	{"packet other base", "V013", "", packet + "r5 = *(u32 *)(r1 + 16)\nr5 &= 15\nr4 = r2\nr4 += r5\nr4 += 8\nr0 = 0\nif r4 > r3 goto l\nr0 = *(u8 *)(r2 + 9)\nl:\nexit"},
	{"packet metadata", "", "", "r2 = *(u32 *)(r1 + 8)\nr3 = *(u32 *)(r1 + 0)\nr4 = r2\nr4 += 4\nr0 = 0\nif r4 > r3 goto l\nr0 = *(u32 *)(r2 + 0)\nl:\nexit"},
	{"packet metadata against end", "V013", "", "r2 = *(u32 *)(r1 + 8)\nr3 = *(u32 *)(r1 + 4)\nr4 = r2\nr4 += 4\nr0 = 0\nif r4 > r3 goto l\nr0 = *(u32 *)(r2 + 0)\nl:\nexit"},
	{"packet atomic", "V019", "", packet + "r4 = r2\nr4 += 16\nr0 = 0\nif r4 > r3 goto l\nr5 = 1\nlock *(u64 *)(r2 + 0) += r5\nl:\nexit"},

	// Map values.
	{"map value", "", "", found + "r0 = *(u64 *)(r0 + 40)\nexit"},
	{"map value or null", "V012", "", lookup + "r0 = *(u64 *)(r0 + 0)\nexit"},
	{"map value null branch", "V017", "", lookup + "if r0 == 0 goto l\nr0 = 0\nexit\nl:\nr0 = *(u64 *)(r0 + 0)\nexit"},
	{"map value copy tested", "", "", lookup + "r6 = r0\nif r0 == 0 goto l\nr0 = *(u64 *)(r6 + 0)\nl:\nexit"},
	{"map value spill tested", "", "", lookup + "*(u64 *)(r10 - 16) = r0\nif r0 == 0 goto l\nr1 = *(u64 *)(r10 - 16)\nr0 = *(u64 *)(r1 + 0)\nl:\nexit"},
	{"map value two lookups", "V012", "", lookup + "r6 = r0\n" + lookup + "if r0 == 0 goto l\nr0 = *(u64 *)(r6 + 0)\nl:\nexit"},
	{"map value arithmetic before test", "V012", "", lookup + "r0 += 8\nif r0 == 0 goto l\nr0 = *(u64 *)(r0 + 0)\nl:\nr0 = 0\nexit"},
	{"map value beyond", "V015", "", found + "r0 = *(u64 *)(r0 + 41)\nexit"},
	{"map value before", "V015", "", found + "r0 = *(u64 *)(r0 - 1)\nexit"},
	{"map value index", "", "", found + "r1 = *(u32 *)(r0 + 0)\nif r1 > 44 goto l\nr0 += r1\nr0 = *(u32 *)(r0 + 0)\nexit\nl:\nr0 = 0\nexit"},
	{"map value index one more", "V015", "", found + "r1 = *(u32 *)(r0 + 0)\nif r1 > 45 goto l\nr0 += r1\nr0 = *(u32 *)(r0 + 0)\nexit\nl:\nr0 = 0\nexit"},
	{"map value signed index", "V015", "", found + "r1 = *(s32 *)(r0 + 0)\nif r1 s> 40 goto l\nif r1 s< -8 goto l\nr0 += r1\nr0 = *(u32 *)(r0 + 0)\nexit\nl:\nr0 = 0\nexit"},
	{"map value signed index checked", "", "", found + "r1 = *(s32 *)(r0 + 0)\nif r1 s> 40 goto l\nif r1 s< 0 goto l\nr0 += r1\nr0 = *(u32 *)(r0 + 0)\nexit\nl:\nr0 = 0\nexit"},
	{"map value subtract index", "", "kernel: wants a signed lower bound of the variable part alone", found + "r1 = *(u8 *)(r0 + 0)\nr1 &= 15\nr0 += 16\nr0 -= r1\nr0 = *(u8 *)(r0 + 0)\nexit"},
	{"map value index by and", "", "", found + "r1 = *(u64 *)(r0 + 0)\nr1 &= 31\nr0 += r1\nr0 = *(u64 *)(r0 + 0)\nexit"},
	{"map value index by mod", "", "kernel: a remainder has no bounds", found + "r1 = *(u64 *)(r0 + 0)\nr1 %= 41\nr0 += r1\nr0 = *(u64 *)(r0 + 0)\nexit"},
	{"map value index by mod too large", "V015", "", found + "r1 = *(u64 *)(r0 + 0)\nr1 %= 42\nr0 += r1\nr0 = *(u64 *)(r0 + 0)\nexit"},
	{"map value index by shift", "", "", found + "r1 = *(u32 *)(r0 + 0)\nw1 >>= 27\nr0 += r1\nr0 = *(u64 *)(r0 + 0)\nexit"},
	{"map value index 32-bit test", "", "", found + "r1 = *(u64 *)(r0 + 0)\nif w1 > 40 goto l\nw1 = w1\nr0 += r1\nr0 = *(u64 *)(r0 + 0)\nexit\nl:\nr0 = 0\nexit"},
	{"map value index 32-bit test of 64", "V015", "", found + "r1 = *(u64 *)(r0 + 0)\nr1 &= 0x7ffffffff\n" + "if w1 > 40 goto l\nr0 += r1\nr0 = *(u64 *)(r0 + 0)\nexit\nl:\nr0 = 0\nexit"},
	{"map value write", "", "", found + "*(u64 *)(r0 + 40) = 7\nr0 = 0\nexit"},
	{"map atomic", "", "", found + "r1 = 1\nlock *(u64 *)(r0 + 8) += r1\nr0 = 0\nexit"},
	{"map atomic fetch", "", "", found + "r1 = 1\nlock *(u64 *)(r0 + 8) f+= r1\nr0 = r1\nexit"},
	{"map atomic xchg uninitialised", "V010", "", found + "lock *(u64 *)(r0 + 8) xchg r1\nr0 = r1\nexit"},
	{"map atomic cmpxchg", "", "", found + "r6 = r0\nr1 = 1\nr0 = 0\nlock *(u64 *)(r6 + 8) cmpxchg r1\nexit"},
	{"map atomic unaligned", "V019", "", found + "r1 = 1\nlock *(u64 *)(r0 + 4) += r1\nr0 = 0\nexit"},
	{"context atomic", "V019", "", "r2 = 1\nlock *(u32 *)(r1 + 16) += r2\nr0 = 0\nexit"},
	{"map itself", "V017", "kernel: struct bpf_map may be read", "r1 = map array\nr0 = *(u64 *)(r1 + 0)\nexit"},

	// Data sections.
	{"data", "", "", "r1 = value data\nr0 = *(u64 *)(r1 + 8)\nexit"},
	{"data beyond", "V015", "", "r1 = value data + 8\nr0 = *(u64 *)(r1 + 9)\nexit"},
	{"data write", "", "", "r1 = value data\n*(u64 *)(r1 + 8) = 1\nr0 = 0\nexit"},
	{"rodata", "", "", "r1 = value rodata\nr0 = *(u64 *)(r1 + 8)\nexit"},
	{"rodata write", "V018", "", "r1 = value rodata\n*(u64 *)(r1 + 8) = 1\nr0 = 0\nexit"},
	{"rodata folded", "", "", "r1 = value rodata\nr0 = *(u32 *)(r1 + 0)\nif r0 == 7 goto l\nr0 = *(u8 *)(r0 + 0)\nl:\nexit"},
	{"rodata folded wrong", "V017", "", "r1 = value rodata\nr0 = *(u32 *)(r1 + 0)\nif r0 != 7 goto l\nr0 = *(u8 *)(r0 + 0)\nl:\nexit"},

	// Helpers.
	{"helper unknown", "V020", "", "call 9999\nexit"},
	{"helper of other types", "V020", "", "r2 = 0\nr3 = r10\nr3 += -8\nr4 = 8\ncall skb_load_bytes\nexit"},
	{"helper without map", "V021", "", "r2 = r10\nr2 += -4\n*(u32 *)(r10 - 4) = 0\nr1 = 0\ncall map_lookup_elem\nr0 = 0\nexit"},
	{"helper key uninitialised", "", "", "r2 = r10\nr2 += -4\nr1 = map array\ncall map_lookup_elem\nr0 = 0\nexit"},
	{"helper key beyond", "V014", "", "r2 = r10\nr2 += -4\n*(u32 *)(r10 - 4) = 0\nr1 = map hash\ncall map_lookup_elem\nr0 = 0\nexit"},
	{"helper key in packet", "", "", packet + "r4 = r2\nr4 += 8\nr0 = 0\nif r4 > r3 goto l\nr1 = map hash\ncall map_lookup_elem\nr0 = 0\nl:\nexit"},
	{"helper key in packet short", "V013", "", packet + "r4 = r2\nr4 += 7\nr0 = 0\nif r4 > r3 goto l\nr1 = map hash\ncall map_lookup_elem\nr0 = 0\nl:\nexit"},
	{"helper key a number", "V021", "", "r2 = 5\nr1 = map array\ncall map_lookup_elem\nr0 = 0\nexit"},
	{"helper key is context", "V021", "", "r2 = r1\nr1 = map array\ncall map_lookup_elem\nr0 = 0\nexit"},
	{"update", "", "", found + "r3 = r0\n*(u32 *)(r10 - 4) = 0\nr2 = r10\nr2 += -4\nr1 = map array\nr4 = 0\ncall map_update_elem\nexit"},
	{"update value beyond", "V015", "", found + "r3 = r0\nr3 += 1\n*(u32 *)(r10 - 4) = 0\nr2 = r10\nr2 += -4\nr1 = map array\nr4 = 0\ncall map_update_elem\nexit"},
	{"update value null", "V012", "", lookup + "r3 = r0\n*(u32 *)(r10 - 4) = 0\nr2 = r10\nr2 += -4\nr1 = map array\nr4 = 0\ncall map_update_elem\nexit"},
	{"update flags missing", "V010", "", found + "r3 = r0\n*(u32 *)(r10 - 4) = 0\nr2 = r10\nr2 += -4\nr1 = map array\ncall map_update_elem\nexit"},
	{"sized memory", "", "", "*(u64 *)(r10 - 8) = 0\nr1 = r10\nr1 += -8\nr2 = 8\nr3 = r10\nr3 += -8\nr4 = 8\nr5 = 0\ncall csum_diff\nexit"},
	{"sized memory null", "", "", "*(u64 *)(r10 - 8) = 0\nr1 = 0\nr2 = 0\nr3 = r10\nr3 += -8\nr4 = 8\nr5 = 0\ncall csum_diff\nexit"},
	{"sized memory null with size", "V021", "", "*(u64 *)(r10 - 8) = 0\nr1 = 0\nr2 = 4\nr3 = r10\nr3 += -8\nr4 = 8\nr5 = 0\ncall csum_diff\nexit"},
	{"size too large", "V014", "", "*(u64 *)(r10 - 8) = 0\nr1 = r10\nr1 += -8\nr2 = 12\nr3 = r10\nr3 += -8\nr4 = 8\nr5 = 0\ncall csum_diff\nexit"},
	{"size variable", "", "", found + "r2 = *(u32 *)(r0 + 0)\nr2 &= 15\n*(u64 *)(r10 - 16) = 0\n*(u64 *)(r10 - 24) = 0\nr1 = r10\nr1 += -24\nr3 = 0\nr4 = 0\nr5 = 0\ncall csum_diff\nexit"},
	{"size unbounded", "V022", "", found + "r2 = *(u64 *)(r0 + 0)\n*(u64 *)(r10 - 16) = 0\nr1 = r10\nr1 += -16\nr3 = 0\nr4 = 0\nr5 = 0\ncall csum_diff\nexit"},
	{"size may be negative", "V022", "", found + "r2 = *(s32 *)(r0 + 0)\nif r2 s> 8 goto l\n*(u64 *)(r10 - 16) = 0\nr1 = r10\nr1 += -16\nr3 = 0\nr4 = 0\nr5 = 0\ncall csum_diff\nl:\nr0 = 0\nexit"},
	{"packet kept over helper", "", "", packet + "r6 = r2\nr4 = r2\nr4 += 14\nr0 = 0\nif r4 > r3 goto l\ncall ktime_get_ns\nr0 = *(u8 *)(r6 + 13)\nl:\nexit"},

	// Calls.
	{"call", "", "", "r1 = 5\ncall f\nexit\nfunc f\nr0 = r1\nexit"},
	{"call argument missing", "V010", "", "r1 = 5\ncall f\nexit\nfunc f\nr0 = r2\nr0 = r6\nexit"},
	{"call keeps r6", "", "", "r6 = 1\nr1 = 5\ncall f\nr0 = r6\nexit\nfunc f\nr6 = 2\nr0 = 0\nexit"},
	{"call clobbers r1", "V010", "", "r1 = 5\ncall f\nr0 = r1\nexit\nfunc f\nr0 = 0\nexit"},
	{"call out-parameter", "", "", "r1 = r10\nr1 += -8\ncall f\nr0 = *(u64 *)(r10 - 8)\nexit\nfunc f\n*(u64 *)(r1 + 0) = 5\nr0 = 0\nexit"},
	{"call out-parameter beyond", "V014", "", "r1 = r10\nr1 += -4\ncall f\nr0 = 0\nexit\nfunc f\n*(u64 *)(r1 + 0) = 5\nr0 = 0\nexit"},
	{"call returns own stack", "V025", "", "r1 = 5\ncall f\nr0 = 0\nexit\nfunc f\nr0 = r10\nexit"},
	{"call stores own stack", "V025", "", "r1 = r10\nr1 += -8\ncall f\nr0 = 0\nexit\nfunc f\n*(u64 *)(r1 + 0) = r10\nr0 = 0\nexit"},
	{"call recursive", "V006", "", "r1 = 5\ncall f\nexit\nfunc f\nif r1 == 0 goto l\ncall f\nl:\nr0 = 0\nexit"},
	{"call with packet", "", "", packet + "r4 = r2\nr4 += 14\nr0 = 0\nif r4 > r3 goto l\nr1 = r2\ncall f\nl:\nexit\nfunc f\nr0 = *(u8 *)(r1 + 13)\nexit"},
	{"call proves packet", "", "", packet + "r6 = r2\nr1 = r2\nr2 = r3\ncall f\nif r0 == 0 goto l\nr0 = *(u8 *)(r6 + 13)\nl:\nr0 = 0\nexit\nfunc f\nr0 = 0\nr1 += 14\nif r1 > r2 goto m\nr0 = 1\nm:\nexit"},
	{"call result null checked by callee", "", "", lookup + "r6 = r0\nr1 = r0\ncall f\nif r0 == 0 goto l\nr0 = *(u64 *)(r6 + 0)\nl:\nr0 = 0\nexit\nfunc f\nr0 = 0\nif r1 == 0 goto m\nr0 = 1\nm:\nexit"},

	// Loops.
	{"loop", "", "", "r0 = 0\nr1 = 0\nl:\nr0 += r1\nr1 += 1\nif r1 < 100 goto l\nexit"},
	{"loop forever", "V030", "", "r0 = 0\nl:\nif r0 == 0 goto l\nexit"},
	{"loop without exit", "V030", "", "r0 = 0\nl:\nr0 = 1\ngoto l"},
	{"loop on unknown", "V030", "", "r1 = value data\nl:\nr0 = *(u64 *)(r1 + 0)\nif r0 != 5 goto l\nexit"},
	{"loop over map value", "", "", found + "r1 = 0\nr2 = 0\nl:\nr3 = r0\nr3 += r1\nr4 = *(u8 *)(r3 + 0)\nr2 += r4\nr1 += 1\nif r1 < 48 goto l\nr0 = r2\nexit"},
	{"loop over map value one more", "V015", "", found + "r1 = 0\nl:\nr3 = r0\nr3 += r1\nr4 = *(u8 *)(r3 + 0)\nr1 += 1\nif r1 <= 48 goto l\nr0 = 0\nexit"},
	{"loop over packet", "", "", packet + "r0 = 0\nr5 = 0\nl:\nr4 = r2\nr4 += 1\nif r4 > r3 goto x\nr6 = *(u8 *)(r2 + 0)\nr0 += r6\nr2 = r4\nr5 += 1\nif r5 < 64 goto l\nx:\nexit"},
	{"loop with unknown bound", "", "", found + "r1 = *(u64 *)(r0 + 0)\nr1 &= 31\nr2 = 0\nl:\nr3 = r0\nr3 += r2\nr4 = *(u8 *)(r3 + 0)\nr2 += 1\nif r2 < r1 goto l\nr0 = 0\nexit"},

	// Bounds from arithmetic.
	{"negated comparison", "", "", found + "r1 = *(u64 *)(r0 + 0)\nif r1 < 41 goto l\nr0 = 0\nexit\nl:\nr0 += r1\nr0 = *(u64 *)(r0 + 0)\nexit"},
	{"equality", "", "", found + "r1 = *(u64 *)(r0 + 0)\nif r1 == 8 goto l\nr0 = 0\nexit\nl:\nr0 += r1\nr0 = *(u64 *)(r0 + 32)\nexit"},
	{"bit test", "", "", found + "r1 = *(u64 *)(r0 + 0)\nif r1 & -32 goto l\nw1 = w1\nr0 += r1\nr0 = *(u64 *)(r0 + 0)\nexit\nl:\nr0 = 0\nexit"},
	{"sum of bounded", "", "", found + "r1 = *(u8 *)(r0 + 0)\nr2 = *(u8 *)(r0 + 1)\nr1 &= 15\nr2 &= 15\nr1 += r2\nr0 += r1\nr0 = *(u64 *)(r0 + 8)\nexit"},
	{"product of bounded", "V015", "", found + "r1 = *(u8 *)(r0 + 0)\nr1 &= 15\nr1 *= 4\nr0 += r1\nr0 = *(u8 *)(r0 + 0)\nexit"},
	{"overflow by shift", "V015", "", found + "r1 = *(u8 *)(r0 + 0)\nr1 <<= 60\nr1 >>= 58\nr0 += r1\nr0 = *(u8 *)(r0 + 0)\nexit"},
	{"sign extension", "V015", "", found + "r1 = *(u8 *)(r0 + 0)\nr1 = (s8)r1\nif r1 s> 40 goto l\nr0 += r1\nr0 = *(u8 *)(r0 + 0)\nexit\nl:\nr0 = 0\nexit"},
	{"division", "", "kernel: a quotient has no bounds", found + "r1 = *(u8 *)(r0 + 0)\nr1 /= 6\nr0 += r1\nr0 = *(u8 *)(r0 + 0)\nexit"},
	{"division by unknown", "", "kernel: a quotient has no bounds", found + "r1 = *(u8 *)(r0 + 0)\nr1 &= 31\nr2 = *(u8 *)(r0 + 1)\nr1 /= r2\nr0 += r1\nr0 = *(u8 *)(r0 + 0)\nexit"},
}
