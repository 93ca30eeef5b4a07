package verifier_test

// tcPacket is the start of tc programs: r6 = context, r2 = data, r3 = end.
const tcPacket = `
	r6 = r1
	r2 = *(u32 *)(r1 + 76)
	r3 = *(u32 *)(r1 + 80)
`

// have14 ends the program unless the packet has 14 bytes at r2.
const have14 = `
	r4 = r2
	r4 += 14
	if r4 <= r3 goto have14
	r0 = 0
	exit
have14:
`

// packetCases are about packet pointers, direct access and legacy loads.
var packetCases = []objectCase{
	{"sched_cls", "write", "", "", tcPacket + have14 + "*(u8 *)(r2 + 0) = 1\nr0 = 0\nexit"},
	{"lwt_in", "write", "V018", "", tcPacket + have14 + "*(u8 *)(r2 + 0) = 1\nr0 = 0\nexit"},
	{"lwt_in", "read", "", "", tcPacket + have14 + "r0 = *(u8 *)(r2 + 0)\nexit"},
	{"cgroup_skb", "write", "V018", "", tcPacket + have14 + "*(u8 *)(r2 + 0) = 1\nr0 = 0\nexit"},
	{"lwt_xmit", "write", "", "", tcPacket + have14 + "*(u8 *)(r2 + 0) = 1\nr0 = 0\nexit"},
	{"sched_cls", "metadata", "", "", "r2 = *(u32 *)(r1 + 140)\nr3 = *(u32 *)(r1 + 76)\nr4 = r2\nr4 += 4\nr0 = 0\nif r4 > r3 goto l\n*(u32 *)(r2 + 0) = 1\nl:\nexit"},
	{"sched_cls", "pull kills", "V017", "", tcPacket + have14 + "r7 = r2\nr1 = r6\nr2 = 14\ncall skb_pull_data\nr0 = *(u8 *)(r7 + 0)\nexit"},
	{"sched_cls", "pull kills spill", "V017", "", tcPacket + have14 + "*(u64 *)(r10 - 8) = r2\nr1 = r6\nr2 = 14\ncall skb_pull_data\nr7 = *(u64 *)(r10 - 8)\nr0 = *(u8 *)(r7 + 0)\nexit"},
	{"sched_cls", "pull and load again", "", "", "r6 = r1\nr2 = 14\ncall skb_pull_data\nr1 = r6\n" + tcPacket + have14 + "r0 = *(u8 *)(r2 + 13)\nexit"},
	{"sched_cls", "pull kills the end", "V013", "", tcPacket + "r7 = r3\nr1 = r6\nr2 = 14\ncall skb_pull_data\nr2 = *(u32 *)(r6 + 76)\nr4 = r2\nr4 += 14\nr0 = 0\nif r4 > r7 goto l\nr0 = *(u8 *)(r2 + 0)\nl:\nexit"},
	{"sched_cls", "pull in a function kills", "V017", "", tcPacket + have14 + "r7 = r2\nr1 = r6\ncall f\nr0 = *(u8 *)(r7 + 0)\nexit\nfunc f\nr2 = 14\ncall skb_pull_data\nr0 = 0\nexit"},
	{"sched_cls", "load bytes keeps", "", "", tcPacket + have14 + "r7 = r2\nr1 = r6\nr2 = 0\nr3 = r10\nr3 += -8\nr4 = 8\ncall skb_load_bytes\nr0 = *(u8 *)(r7 + 0)\nexit"},
	{"xdp", "adjust head kills", "V017", "", "r6 = r1\n" + packet + "r4 = r2\nr4 += 14\nif r4 > r3 goto l\nr7 = r2\nr1 = r6\nr2 = -20\ncall xdp_adjust_head\nr0 = *(u8 *)(r7 + 0)\nexit\nl:\nr0 = 0\nexit"},
	{"xdp", "adjust tail kills", "V017", "", "r6 = r1\n" + packet + "r4 = r2\nr4 += 14\nif r4 > r3 goto l\nr7 = r2\nr1 = r6\nr2 = -1\ncall xdp_adjust_tail\nr0 = *(u8 *)(r7 + 0)\nexit\nl:\nr0 = 0\nexit"},
	{"xdp", "adjust meta kills", "V017", "", "r6 = r1\n" + packet + "r4 = r2\nr4 += 14\nif r4 > r3 goto l\nr7 = r2\nr1 = r6\nr2 = -4\ncall xdp_adjust_meta\nr0 = *(u8 *)(r7 + 0)\nexit\nl:\nr0 = 0\nexit"},
	{"xdp", "variable offset", "", "", packet + "r5 = *(u32 *)(r1 + 16)\nr5 &= 0x7ff\nr2 += r5\nr4 = r2\nr4 += 4\nr0 = 0\nif r4 > r3 goto l\nr0 = *(u32 *)(r2 + 0)\nl:\nexit"},
	{"xdp", "variable offset of 16 bits", "", "", packet + "r5 = *(u32 *)(r1 + 16)\nr5 &= 0xfff0\nr2 += r5\nr4 = r2\nr4 += 4\nr0 = 0\nif r4 > r3 goto l\nr0 = *(u32 *)(r2 + 0)\nl:\nexit"},
	{"xdp", "variable offset beyond 16 bits", "V013", "", packet + "r5 = *(u32 *)(r1 + 16)\nr5 &= 0xffff\nr2 += r5\nr4 = r2\nr4 += 4\nr0 = 0\nif r4 > r3 goto l\nr0 = *(u32 *)(r2 + 0)\nl:\nexit"},
	{"xdp", "variable offset by shift", "", "", packet + have14 + "r5 = *(u8 *)(r2 + 0)\nr5 &= 15\nr5 <<= 2\nr2 += r5\nr4 = r2\nr4 += 20\nr0 = 0\nif r4 > r3 goto l\nr0 = *(u8 *)(r2 + 19)\nl:\nexit"},
	{"xdp", "two variable offsets", "", "", packet + have14 + "r5 = *(u8 *)(r2 + 0)\nr2 += r5\nr4 = r2\nr4 += 20\nr0 = 0\nif r4 > r3 goto l\nr5 = *(u8 *)(r2 + 1)\nr2 += r5\nr4 = r2\nr4 += 8\nif r4 > r3 goto l\nr0 = *(u64 *)(r2 + 0)\nl:\nexit"},
	{"xdp", "tested pointer minus", "", "", packet + "r2 += 14\nr0 = 0\nif r2 > r3 goto l\nr0 = *(u8 *)(r2 - 1)\nr0 = *(u8 *)(r2 - 14)\nl:\nexit"},
	{"xdp", "tested pointer itself", "V013", "", packet + "r2 += 14\nr0 = 0\nif r2 > r3 goto l\nr0 = *(u8 *)(r2 + 0)\nl:\nexit"},

	{"socket_filter", "abs", "", "", "r6 = r1\nr0 = ld_abs u8 23\nexit"},
	{"socket_filter", "ind", "", "", "r6 = r1\nr7 = 5\nr0 = ld_ind u16 r7 12\nexit"},
	{"socket_filter", "abs without context", "V010", "", "r0 = ld_abs u8 23\nexit"},
	{"socket_filter", "abs with stack in r6", "V021", "", "r6 = r10\nr0 = ld_abs u8 23\nexit"},
	{"socket_filter", "abs clobbers r1", "V010", "", "r6 = r1\nr0 = ld_abs u8 23\nr0 = r1\nexit"},
	{"socket_filter", "abs keeps r7", "", "", "r6 = r1\nr7 = 1\nr0 = ld_abs u8 23\nr0 = r7\nexit"},
	{"sched_cls", "abs", "", "", "r6 = r1\nr0 = ld_abs u32 0\nexit"},
	{"xdp", "abs", "V005", "", "r6 = r1\nr0 = ld_abs u8 0\nr0 = 0\nexit"},
	{"socket_filter", "byte as index", "", "", "r6 = r1\nr0 = ld_abs u8 23\nr1 = value data\nr0 &= 15\nr1 += r0\nr0 = *(u8 *)(r1 + 0)\nexit"},
}

// tailCases are about calls of other programs.
var tailCases = []objectCase{
	{"sched_cls", "tail call", "", "", "r2 = map progs\nr3 = 1\ncall tail_call\nr0 = 0\nexit"},
	{"sched_cls", "no result", "V010", "", "r2 = map progs\nr3 = 1\ncall tail_call\nexit"},
	{"sched_cls", "of an array", "V021", "", "r2 = map array\nr3 = 1\ncall tail_call\nr0 = 0\nexit"},
	{"sched_cls", "without context", "V021", "", "r1 = r10\nr2 = map progs\nr3 = 1\ncall tail_call\nr0 = 0\nexit"},
	{"sched_cls", "index unknown", "", "", "r3 = *(u32 *)(r1 + 0)\nr2 = map progs\ncall tail_call\nr0 = 0\nexit"},
	{"sched_cls", "in a function", "", notAsked, "call f\nexit\nfunc f\nr2 = map progs\nr3 = 1\ncall tail_call\nr0 = 0\nexit"},
	{"sched_cls", "in a function, packet used behind", "V017", notAsked, tcPacket + have14 + "r7 = r2\nr1 = r6\ncall f\nr0 = *(u8 *)(r7 + 0)\nexit\nfunc f\nr2 = map progs\nr3 = 1\ncall tail_call\nr0 = 0\nexit"},
	{"sched_cls", "in a function, result used", "V017", notAsked, "call f\nr1 = value data\nr1 += r0\nr0 = *(u8 *)(r0 + 0)\nexit\nfunc f\nr2 = map progs\nr3 = 1\ncall tail_call\nr0 = 0\nexit"},
}

// lookupOuter is the start of programs with r0 = inner map of outer or NULL.
const lookupOuter = `
	*(u32 *)(r10 - 4) = 1
	r2 = r10
	r2 += -4
	r1 = map outer
	call map_lookup_elem
`

// innerCases are about maps of maps.
var innerCases = []objectCase{
	{"xdp", "inner lookup", "", "", lookupOuter + "if r0 == 0 goto l\nr1 = r0\nr2 = r10\nr2 += -4\ncall map_lookup_elem\nif r0 == 0 goto l\nr0 = *(u64 *)(r0 + 16)\nl:\nr0 = 0\nexit"},
	{"xdp", "inner lookup untested", "V012", "", lookupOuter + "r1 = r0\nr2 = r10\nr2 += -4\ncall map_lookup_elem\nr0 = 0\nexit"},
	{"xdp", "inner value untested", "V012", "", lookupOuter + "if r0 == 0 goto l\nr1 = r0\nr2 = r10\nr2 += -4\ncall map_lookup_elem\nr0 = *(u64 *)(r0 + 16)\nl:\nr0 = 0\nexit"},
	{"xdp", "inner value beyond", "V015", "", lookupOuter + "if r0 == 0 goto l\nr1 = r0\nr2 = r10\nr2 += -4\ncall map_lookup_elem\nif r0 == 0 goto l\nr0 = *(u64 *)(r0 + 17)\nl:\nr0 = 0\nexit"},
	{"xdp", "inner map as memory", "V017", "kernel: struct bpf_map may be read", lookupOuter + "if r0 == 0 goto l\nr0 = *(u64 *)(r0 + 0)\nl:\nr0 = 0\nexit"},
	{"xdp", "inner map as key", "V021", "", lookupOuter + "if r0 == 0 goto l\nr1 = r0\nr2 = r0\ncall map_lookup_elem\nl:\nr0 = 0\nexit"},
	{"xdp", "inner map arithmetic", "V011", "", lookupOuter + "if r0 == 0 goto l\nr0 += 8\nl:\nr0 = 0\nexit"},
	{"xdp", "inner update", "", "", lookupOuter + "if r0 == 0 goto l\nr1 = r0\nr2 = r10\nr2 += -4\nr3 = r10\nr3 += -32\n*(u64 *)(r10 - 32) = 0\n*(u64 *)(r10 - 24) = 0\n*(u64 *)(r10 - 16) = 0\nr4 = 0\ncall map_update_elem\nl:\nr0 = 0\nexit"},
	{"xdp", "outer update", "V021", "", "*(u32 *)(r10 - 4) = 1\nr2 = r10\nr2 += -4\nr1 = map outer\nr3 = r2\nr4 = 0\ncall map_update_elem\nr0 = 0\nexit"},
	{"xdp", "outer delete", "V021", "", "*(u32 *)(r10 - 4) = 1\nr2 = r10\nr2 += -4\nr1 = map hashes\ncall map_delete_elem\nr0 = 0\nexit"},
	{"xdp", "inner of hash", "", "", "*(u64 *)(r10 - 8) = 1\nr2 = r10\nr2 += -8\nr1 = map hashes\ncall map_lookup_elem\nif r0 == 0 goto l\nr1 = r0\nr2 = r10\nr2 += -8\ncall map_lookup_elem\nif r0 == 0 goto l\nr0 = *(u64 *)(r0 + 8)\nl:\nr0 = 0\nexit"},
	{"xdp", "inner of hash short key", "V014", "", "*(u64 *)(r10 - 8) = 1\nr2 = r10\nr2 += -8\nr1 = map hashes\ncall map_lookup_elem\nif r0 == 0 goto l\nr1 = r0\nr2 = r10\nr2 += -4\ncall map_lookup_elem\nl:\nr0 = 0\nexit"},
	{"xdp", "inner copies tested together", "", "", lookupOuter + "r6 = r0\n*(u64 *)(r10 - 16) = r0\nif r6 == 0 goto l\nr1 = *(u64 *)(r10 - 16)\nr2 = r10\nr2 += -4\ncall map_lookup_elem\nl:\nr0 = 0\nexit"},
}

// pointerCases are about arithmetic, comparison and storage of pointers.
var pointerCases = []objectCase{
	{"xdp", "minus from stack", "V011", "", "r2 = r10\nr2 -= 8\n*(u64 *)(r2 + 0) = 1\nr0 = 0\nexit"},
	{"xdp", "map plus zero", "", "", "r1 = map array\nr2 = 0\nr1 += r2\nr2 = r10\nr2 += -4\n*(u32 *)(r10 - 4) = 0\ncall map_lookup_elem\nr0 = 0\nexit"},
	{"xdp", "map plus one", "V011", "", "r1 = map array\nr1 += 1\nr0 = 0\nexit"},
	{"xdp", "end plus zero", "V011", "", packet + "r3 += 0\nr0 = 0\nexit"},
	{"xdp", "part of pointer", "V017", "", "*(u64 *)(r10 - 8) = r1\nr0 = *(u32 *)(r10 - 8)\nexit"},
	{"xdp", "byte of pointer", "V017", "", "*(u64 *)(r10 - 8) = r1\nr0 = *(u8 *)(r10 - 1)\nexit"},
	{"xdp", "pointer at variable place", "", "", "*(u64 *)(r10 - 8) = r1\n*(u64 *)(r10 - 16) = 0\nr2 = *(u32 *)(r1 + 16)\nr2 &= 15\nr3 = r10\nr3 += -16\nr3 += r2\nr0 = *(u8 *)(r3 + 0)\nexit"},
	{"xdp", "pointer equal to one that is not NULL", "", "", lookup + "r6 = r0\nr7 = value data\nif r6 != r7 goto l\nr0 = *(u64 *)(r6 + 0)\nl:\nr0 = 0\nexit"},
	{"xdp", "pointer unequal to one that is not NULL", "V012", "", lookup + "r6 = r0\nr7 = value data\nif r6 == r7 goto l\nr0 = *(u64 *)(r6 + 0)\nl:\nr0 = 0\nexit"},
	{"xdp", "value tested by 32 bits", "V012", "", lookup + "if w0 == 0 goto l\nr0 = *(u64 *)(r0 + 0)\nl:\nr0 = 0\nexit"},
	{"xdp", "value tested with one", "V012", "", lookup + "if r0 == 1 goto l\nr0 = *(u64 *)(r0 + 0)\nl:\nr0 = 0\nexit"},
	{"xdp", "value tested by greater", "V012", "", lookup + "r2 = 0\nif r0 > r2 goto l\nr0 = 0\nexit\nl:\nr0 = *(u64 *)(r0 + 0)\nexit"},
	{"xdp", "value never NULL", "", "", found + "if r0 != 0 goto l\nr0 = *(u64 *)(r9 + 0)\nl:\nr0 = 0\nexit"},
	{"xdp", "narrow fill keeps what is known", "", "", "call get_prandom_u32\nw0 &= 0xffff\n*(u64 *)(r10 - 8) = r0\nr1 = *(u32 *)(r10 - 8)\nr2 = 0\nif r1 != r2 goto l\nif r0 == r2 goto l\nr0 = *(u64 *)(r9 + 0)\nl:\nr0 = 0\nexit"},
	{"xdp", "pointer by byte swap", "V017", "", "r1 = be64 r1\nr0 = *(u32 *)(r1 + 0)\nexit"},
	{"xdp", "pointer sign extended", "V017", "", "r2 = (s32)r1\nr0 = *(u32 *)(r2 + 0)\nexit"},
	{"xdp", "atomic with pointer", "", "", "*(u64 *)(r10 - 8) = 0\nlock *(u64 *)(r10 - 8) += r1\nr0 = 0\nexit"},
	{"xdp", "atomic on pointer", "V017", "", "*(u64 *)(r10 - 8) = r1\nr2 = 1\nlock *(u64 *)(r10 - 8) += r2\nr1 = *(u64 *)(r10 - 8)\nr0 = *(u32 *)(r1 + 0)\nexit"},
	{"xdp", "atomic gives a number", "", "", found + "*(u64 *)(r10 - 16) = 8\nr1 = 1\nlock *(u64 *)(r10 - 16) f+= r1\nr0 += r1\nr0 = *(u64 *)(r0 + 32)\nexit"},
	{"xdp", "atomic gives a pointer", "", "", "*(u64 *)(r10 - 8) = r10\nr2 = r10\nr0 = r10\nlock *(u64 *)(r10 - 8) cmpxchg r2\n*(u64 *)(r0 - 16) = 1\nr0 = 0\nexit"},
	{"xdp", "atomic leaves a number", "V017", "", "*(u64 *)(r10 - 8) = r10\nr2 = r10\nlock *(u64 *)(r10 - 8) xchg r2\nr2 = *(u64 *)(r10 - 8)\n*(u64 *)(r2 - 16) = 1\nr0 = 0\nexit"},
	{"xdp", "atomic on half a pointer", "V017", "", "*(u64 *)(r10 - 8) = r10\nr2 = 1\nlock *(u32 *)(r10 - 8) += r2\nr0 = 0\nexit"},
	{"xdp", "stack address into a caller's stack", "V025", "", "r1 = r10\nr1 += -8\ncall f\nr0 = 0\nexit\nfunc f\n*(u64 *)(r1 + 0) = r1\nr0 = 0\nexit"},
	{"xdp", "packet pointer into a caller's stack", "", "", packet + "r1 = r10\nr1 += -8\ncall f\nr0 = 0\nexit\nfunc f\n*(u64 *)(r1 + 0) = r2\nr0 = 0\nexit"},
	{"xdp", "spill of 2 bytes", "", "", found + "r1 = *(u16 *)(r0 + 0)\nr1 &= 31\n*(u16 *)(r10 - 16) = r1\nr2 = *(u16 *)(r10 - 16)\nr0 += r2\nr0 = *(u64 *)(r0 + 0)\nexit"},
	{"xdp", "write to r10 that is dead", "", "", "r0 = 1\nif r0 == 1 goto l\nr10 = 0\nl:\nexit"},
}
