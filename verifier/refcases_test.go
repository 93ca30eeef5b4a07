package verifier_test

// objectCase is a program of a hook with the verdict that it must get.
type objectCase struct {
	hook, name string
	code       string // reason code of the refusal, "" for accepted
	// kernel is set where the kernel's verdict differs or cannot be asked.
	kernel string
	text   string
}

// reserve is the start of programs with r0 = a record of 16 bytes or NULL.
const reserve = `
	r1 = map ring
	r2 = 16
	r3 = 0
	call ringbuf_reserve
`

// reserved is reserve with the test for NULL; r0 and r6 are the record.
const reserved = reserve + `
	if r0 != 0 goto reserved
	exit
reserved:
	r6 = r0
`

// submit gives back the record in r6 and ends.
const submit = `
	r1 = r6
	r2 = 0
	call ringbuf_submit
	r0 = 0
	exit
`

// recordCases are about ring buffer records.
var recordCases = []objectCase{
	{"xdp", "submit", "", "", reserved + submit},
	{"xdp", "discard", "", "", reserved + "r1 = r6\nr2 = 0\ncall ringbuf_discard\nr0 = 0\nexit"},
	{"xdp", "not released", "V027", "", reserved + "r0 = 0\nexit"},
	{"xdp", "not released on one path", "V027", "", reserved + "r1 = *(u64 *)(r6 + 0)\nif r1 == 5 goto l\nr1 = r6\nr2 = 0\ncall ringbuf_submit\nl:\nr0 = 0\nexit"},
	{"xdp", "not tested for NULL and lost", "V027", "", reserve + "r0 = 0\nexit"},
	{"xdp", "submit twice", "V036", "", reserved + "r1 = r6\nr2 = 0\ncall ringbuf_submit\n" + submit},
	{"xdp", "submit what may be NULL", "V012", "", reserve + "r1 = r0\nr2 = 0\ncall ringbuf_submit\nr0 = 0\nexit"},
	{"xdp", "submit NULL", "V021", "", reserve + "if r0 != 0 goto l\nr1 = r0\nr2 = 0\ncall ringbuf_submit\nr0 = 0\nexit\nl:\nr1 = r0\nr2 = 0\ncall ringbuf_submit\nr0 = 0\nexit"},
	{"xdp", "submit a map value", "V021", "", found + "r1 = r0\nr2 = 0\ncall ringbuf_submit\nr0 = 0\nexit"},
	{"xdp", "submit the middle", "V021", "", reserved + "r1 = r6\nr1 += 8\nr2 = 0\ncall ringbuf_submit\nr0 = 0\nexit"},
	{"xdp", "submit the middle at a variable offset", "V021", "", reserved + "r1 = *(u64 *)(r6 + 0)\nr1 &= 7\nr1 += r6\nr2 = 0\ncall ringbuf_submit\nr0 = 0\nexit"},
	{"xdp", "submit there and back", "", "", reserved + "r1 = r6\nr1 += 8\nr1 += -8\nr2 = 0\ncall ringbuf_submit\nr0 = 0\nexit"},
	{"xdp", "submit by copy of the stack", "", "", reserved + "*(u64 *)(r10 - 8) = r6\nr1 = *(u64 *)(r10 - 8)\nr2 = 0\ncall ringbuf_submit\nr0 = 0\nexit"},
	{"xdp", "use after submit", "V036", "", reserved + "r1 = r6\nr2 = 0\ncall ringbuf_submit\nr0 = *(u8 *)(r6 + 0)\nexit"},
	{"xdp", "write after discard", "V036", "", reserved + "r1 = r6\nr2 = 0\ncall ringbuf_discard\n*(u8 *)(r6 + 0) = 1\nr0 = 0\nexit"},
	{"xdp", "use of a spilled copy after submit", "V036", "", reserved + "*(u64 *)(r10 - 8) = r6\nr1 = r6\nr2 = 0\ncall ringbuf_submit\nr1 = *(u64 *)(r10 - 8)\nr0 = *(u8 *)(r1 + 0)\nexit"},
	{"xdp", "use of the caller's copy after submit", "V036", "", reserved + "r1 = r6\ncall f\nr0 = *(u8 *)(r6 + 0)\nexit\nfunc f\nr2 = 0\ncall ringbuf_submit\nr0 = 0\nexit"},
	{"xdp", "submit in a function", "", "", reserved + "r1 = r6\ncall f\nr0 = 0\nexit\nfunc f\nr2 = 0\ncall ringbuf_submit\nr0 = 0\nexit"},
	{"xdp", "reserve in a function", "", "", "call f\nif r0 == 0 goto l\nr6 = r0\n" + submit + "l:\nexit\nfunc f\n" + reserve + "exit"},
	{"xdp", "number of a released record", "", "", reserved + "r1 = r6\nr2 = 0\ncall ringbuf_submit\nr0 = r6\nexit"},
	{"xdp", "write and read", "", "", reserved + "*(u64 *)(r6 + 8) = 5\nr7 = *(u64 *)(r6 + 8)\n" + submit},
	{"xdp", "write beyond", "V035", "", reserved + "*(u64 *)(r6 + 9) = 5\n" + submit},
	{"xdp", "write before", "V035", "", reserved + "*(u64 *)(r6 - 1) = 5\n" + submit},
	{"xdp", "variable offset", "", "", reserved + "r1 = *(u64 *)(r6 + 0)\nr1 &= 15\nr1 += r6\n*(u8 *)(r1 + 0) = 5\n" + submit},
	{"xdp", "variable offset beyond", "V035", "", reserved + "r1 = *(u64 *)(r6 + 0)\nr1 &= 15\nr1 += r6\n*(u16 *)(r1 + 0) = 5\n" + submit},
	{"xdp", "unread before write", "", "", reserved + "r7 = *(u64 *)(r6 + 0)\n" + submit},
	{"xdp", "write before NULL test", "V012", "", reserve + "*(u64 *)(r0 + 0) = 5\nr0 = 0\nexit"},
	{"xdp", "arithmetic before NULL test", "V012", "", reserve + "r0 += 8\nr0 = 0\nexit"},
	{"xdp", "NULL branch uses it", "V017", "", reserve + "if r0 == 0 goto l\nr6 = r0\n" + submit + "l:\n*(u64 *)(r0 + 0) = 5\nexit"},
	{"xdp", "copy tested", "", "", reserve + "r6 = r0\nif r0 == 0 goto l\n" + submit + "l:\nr0 = 0\nexit"},
	{"xdp", "tested twice", "", "", reserved + "if r6 == 0 goto l\n" + submit + "l:\nr0 = *(u8 *)(r9 + 0)\nexit"},
	{"xdp", "two records", "", "", reserved + "r7 = r6\n" + reserve + "if r0 == 0 goto l\nr1 = r0\nr2 = 0\ncall ringbuf_submit\nl:\nr1 = r7\nr2 = 0\ncall ringbuf_submit\nr0 = 0\nexit"},
	{"xdp", "two records, one is lost", "V027", "", reserved + "r7 = r6\n" + reserve + "if r0 == 0 goto l\nr1 = r0\nr2 = 0\ncall ringbuf_submit\nl:\nr0 = 0\nexit"},
	{"xdp", "two records, the other is tested", "V012", "", reserve + "r7 = r0\n" + reserve + "if r0 == 0 goto l\nr1 = r7\nr2 = 0\ncall ringbuf_submit\nl:\nr0 = 0\nexit"},
	{"xdp", "one record or another", "", "", "r7 = *(u32 *)(r1 + 16)\nif r7 == 0 goto b\n" + reserve + "goto j\nb:\n" + reserve + "j:\nif r0 == 0 goto x\nr6 = r0\n" + submit + "x:\nexit"},
	{"xdp", "size unknown", "V022", "", "r2 = *(u32 *)(r1 + 16)\nr2 &= 15\nr1 = map ring\nr3 = 0\ncall ringbuf_reserve\nif r0 == 0 goto l\nr1 = r0\nr2 = 0\ncall ringbuf_submit\nl:\nr0 = 0\nexit"},
	{"xdp", "size that nobody has", "", "", "r1 = map ring\nr2 = -8\nr3 = 0\ncall ringbuf_reserve\nif r0 == 0 goto l\nr1 = r0\nr2 = 0\ncall ringbuf_submit\nl:\nr0 = 0\nexit"},
	{"xdp", "size that nobody has, written", "V035", "kernel: believes the size, which cannot be had", "r1 = map ring\nr2 = -8\nr3 = 0\ncall ringbuf_reserve\nif r0 == 0 goto l\n*(u8 *)(r0 + 0) = 1\nr1 = r0\nr2 = 0\ncall ringbuf_submit\nl:\nr0 = 0\nexit"},
	{"xdp", "size by path", "", "", "r7 = *(u32 *)(r1 + 16)\nr2 = 8\nif r7 == 0 goto b\nr2 = 16\nb:\nr1 = map ring\nr3 = 0\ncall ringbuf_reserve\nif r0 == 0 goto l\n*(u64 *)(r0 + 0) = 1\nr1 = r0\nr2 = 0\ncall ringbuf_submit\nl:\nr0 = 0\nexit"},
	{"xdp", "size by path too small", "V035", "", "r7 = *(u32 *)(r1 + 16)\nr2 = 8\nif r7 == 0 goto b\nr2 = 16\nb:\nr1 = map ring\nr3 = 0\ncall ringbuf_reserve\nif r0 == 0 goto l\n*(u64 *)(r0 + 8) = 1\nr1 = r0\nr2 = 0\ncall ringbuf_submit\nl:\nr0 = 0\nexit"},
	{"xdp", "reserve in another map", "V021", "", "r1 = map array\nr2 = 8\nr3 = 0\ncall ringbuf_reserve\nr0 = 0\nexit"},
	{"xdp", "lookup in the ring buffer", "V021", "", "*(u32 *)(r10 - 4) = 0\nr2 = r10\nr2 += -4\nr1 = map ring\ncall map_lookup_elem\nr0 = 0\nexit"},
	{"xdp", "output", "", "", "*(u64 *)(r10 - 8) = 1\nr2 = r10\nr2 += -8\nr1 = map ring\nr3 = 8\nr4 = 0\ncall ringbuf_output\nr0 = 0\nexit"},
	{"xdp", "output from a record", "", "", reserved + "r1 = map ring\nr2 = r6\nr3 = 16\nr4 = 0\ncall ringbuf_output\n" + submit},
	{"xdp", "output from a record beyond", "V035", "", reserved + "r1 = map ring\nr2 = r6\nr3 = 17\nr4 = 0\ncall ringbuf_output\n" + submit},
	{"xdp", "query", "", "", "r1 = map ring\nr2 = 0\ncall ringbuf_query\nr0 = 0\nexit"},
	{"xdp", "record as key", "", "", reserved + "*(u64 *)(r6 + 0) = 1\nr1 = map hash\nr2 = r6\ncall map_lookup_elem\n" + submit},
	{"xdp", "record as key beyond", "V035", "", reserved + "r1 = map hash\nr2 = r6\nr2 += 9\ncall map_lookup_elem\n" + submit},
	{"xdp", "record as value", "", "", reserved + "*(u64 *)(r10 - 8) = 1\nr1 = map hash\nr2 = r10\nr2 += -8\nr3 = r6\nr4 = 0\ncall map_update_elem\n" + submit},
	{"xdp", "atomic", "", "", reserved + "r1 = 1\nlock *(u64 *)(r6 + 8) += r1\n" + submit},
	{"xdp", "pointer stored in a record", "", "", reserved + "*(u64 *)(r6 + 0) = r10\n" + submit},
	{"xdp", "record of another size joins", "", "", "r7 = *(u32 *)(r1 + 16)\nif r7 == 0 goto b\nr1 = map ring\nr2 = 8\nr3 = 0\ncall ringbuf_reserve\ngoto j\nb:\n" + reserve + "j:\nif r0 == 0 goto x\nr6 = r0\n" + submit + "x:\nexit"},
	{"xdp", "loop of records", "", "", "r7 = 0\nl:\n" + reserve + "if r0 == 0 goto n\nr1 = r0\nr2 = 0\ncall ringbuf_submit\nn:\nr7 += 1\nif r7 < 100 goto l\nr0 = 0\nexit"},
	{"xdp", "loop keeps records", "V027", "", "r7 = 0\nl:\n" + reserve + "r7 += 1\nif r7 < 10 goto l\nr0 = 0\nexit"},
	{"xdp", "record over a long loop", "", notAsked, "r8 = *(u32 *)(r1 + 16)\nr8 &= 0xfffff\n" + reserved + "r7 = 0\nl:\nif r7 >= r8 goto x\nr1 = r7\nr1 &= 15\nr1 += r6\n*(u8 *)(r1 + 0) = 1\nr7 += 1\ngoto l\nx:\n" + submit},
	{"xdp", "records in a loop with an unknown bound", "", "", "r8 = *(u32 *)(r1 + 16)\nr8 &= 0x1f\nr7 = 0\nl:\nif r7 >= r8 goto x\n" + reserve + "if r0 == 0 goto n\n*(u64 *)(r0 + 0) = 1\nr1 = r0\nr2 = 0\ncall ringbuf_submit\nn:\nr7 += 1\ngoto l\nx:\nr0 = 0\nexit"},
	{"xdp", "records kept in a long loop", "V027", notAsked, "r8 = *(u32 *)(r1 + 16)\nr8 &= 0xfffff\nr7 = 0\nl:\nif r7 >= r8 goto x\n" + reserve + "r7 += 1\ngoto l\nx:\nr0 = 0\nexit"},
	{"xdp", "record submitted in a long loop", "V036", notAsked, "r8 = *(u32 *)(r1 + 16)\nr8 &= 0xfffff\n" + reserved + "r7 = 0\nl:\nif r7 >= r8 goto x\nr1 = r6\nr2 = 0\ncall ringbuf_submit\nr7 += 1\ngoto l\nx:\nr0 = 0\nexit"},
	{"xdp", "tail call with a record", "V027", "", "r7 = r1\n" + reserved + "r1 = r7\nr2 = map progs\nr3 = 0\ncall tail_call\n" + submit},
	{"xdp", "tail call behind a record", "", "", "r7 = r1\n" + reserved + "r1 = r6\nr2 = 0\ncall ringbuf_submit\nr1 = r7\nr2 = map progs\nr3 = 0\ncall tail_call\nr0 = 0\nexit"},
	{"xdp", "tail call where it is NULL", "", "", "r7 = r1\n" + reserve + "if r0 == 0 goto l\nr6 = r0\n" + submit + "l:\nr1 = r7\nr2 = map progs\nr3 = 0\ncall tail_call\nr0 = 0\nexit"},
	{"socket_filter", "legacy load with a record", "V027", "", "r6 = r1\nr7 = r1\n" + reserve + "if r0 == 0 goto x\nr8 = r0\nr6 = r7\nr0 = ld_abs u8 0\nr6 = r8\n" + submit + "x:\nexit"},
	{"xdp", "reads a record through the context of a loop", "", "", reserved + "r7 = 0\nl:\nr1 = *(u8 *)(r6 + 0)\nr7 += 1\nif r7 < 50 goto l\n" + submit},
	{"tracepoint", "submit", "", "", reserved + submit},
	{"tracepoint", "not released", "V027", "", reserved + "r0 = 0\nexit"},
	{"kprobe", "submit", "", "", reserved + submit},
}
