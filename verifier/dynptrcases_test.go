package verifier_test

// fromMem is the start of programs with a dynptr at r10 - 16 that leads to the
// 48 bytes of a map value, in r6.
const fromMem = found + `
	r6 = r0
	r1 = r0
	r2 = 48
	r3 = 0
	r4 = r10
	r4 += -16
	call dynptr_from_mem
`

// reserveDynptr is the start of programs with a reserved record of 16 bytes as a
// dynptr at r10 - 16.
const reserveDynptr = `
	r1 = map ring
	r2 = 16
	r3 = 0
	r4 = r10
	r4 += -16
	call ringbuf_reserve_dynptr
`

// submitDynptr gives the dynptr at r10 - 16 back and ends.
const submitDynptr = `
	r1 = r10
	r1 += -16
	r2 = 0
	call ringbuf_submit_dynptr
	r0 = 0
	exit
`

// dynptrData has in r7 a slice of 8 bytes of the dynptr at r10 - 16.
const dynptrData = `
	r1 = r10
	r1 += -16
	r2 = 0
	r3 = 8
	call dynptr_data
	r7 = r0
`

// dynptrCases are about dynptrs.
var dynptrCases = []objectCase{
	{"xdp", "from a map value", "", "", fromMem + "r0 = 0\nexit"},
	{"xdp", "data", "", "", fromMem + dynptrData + "if r0 == 0 goto l\n*(u64 *)(r0 + 0) = 1\nl:\nr0 = 0\nexit"},
	{"xdp", "data or NULL", "V012", "", fromMem + dynptrData + "*(u64 *)(r0 + 0) = 1\nr0 = 0\nexit"},
	{"xdp", "data beyond", "V035", "", fromMem + dynptrData + "if r0 == 0 goto l\n*(u64 *)(r0 + 1) = 1\nl:\nr0 = 0\nexit"},
	{"xdp", "data of unknown size", "V022", "", fromMem + "r3 = *(u64 *)(r6 + 0)\nr3 &= 15\nr1 = r10\nr1 += -16\nr2 = 0\ncall dynptr_data\nr0 = 0\nexit"},
	{"xdp", "data at an unknown offset", "", "", fromMem + "r2 = *(u64 *)(r6 + 0)\nr1 = r10\nr1 += -16\nr3 = 4\ncall dynptr_data\nr0 = 0\nexit"},
	{"xdp", "from the stack", "V021", "", "*(u64 *)(r10 - 24) = 0\nr1 = r10\nr1 += -24\nr2 = 8\nr3 = 0\nr4 = r10\nr4 += -16\ncall dynptr_from_mem\nr0 = 0\nexit"},
	{"xdp", "from more than there is", "V015", "", found + "r1 = r0\nr2 = 49\nr3 = 0\nr4 = r10\nr4 += -16\ncall dynptr_from_mem\nr0 = 0\nexit"},
	{"xdp", "from a variable size", "", "", found + "r2 = *(u64 *)(r0 + 0)\nr2 &= 31\nr1 = r0\nr3 = 0\nr4 = r10\nr4 += -16\ncall dynptr_from_mem\nr0 = 0\nexit"},
	{"xdp", "made at an odd place", "V021", "", found + "r1 = r0\nr2 = 8\nr3 = 0\nr4 = r10\nr4 += -20\ncall dynptr_from_mem\nr0 = 0\nexit"},
	{"xdp", "made beyond the stack", "V021", "", found + "r1 = r0\nr2 = 8\nr3 = 0\nr4 = r10\nr4 += -8\ncall dynptr_from_mem\nr0 = 0\nexit"},
	{"xdp", "made in a map value", "V021", "", found + "r1 = r0\nr2 = 8\nr3 = 0\nr4 = r0\nr4 += 16\ncall dynptr_from_mem\nr0 = 0\nexit"},
	{"xdp", "made at a variable place", "V021", "", found + "r5 = *(u64 *)(r0 + 0)\nr5 &= 8\nr1 = r0\nr2 = 8\nr3 = 0\nr4 = r10\nr4 += -32\nr4 += r5\ncall dynptr_from_mem\nr0 = 0\nexit"},
	{"xdp", "never made", "V029", "", dynptrData + "r0 = 0\nexit"},
	{"xdp", "never made, bytes written", "V029", "", "*(u64 *)(r10 - 16) = 0\n*(u64 *)(r10 - 8) = 0\n" + dynptrData + "r0 = 0\nexit"},
	{"xdp", "made on one path", "V029", "", "r7 = *(u32 *)(r1 + 16)\n" + found + "if r7 == 0 goto l\nr1 = r0\nr2 = 8\nr3 = 0\nr4 = r10\nr4 += -16\ncall dynptr_from_mem\nl:\n" + dynptrData + "r0 = 0\nexit"},
	{"xdp", "made on both paths", "", "", "r7 = *(u32 *)(r1 + 16)\n" + found + "if r7 == 0 goto l\nr1 = r0\nr2 = 8\nr3 = 0\nr4 = r10\nr4 += -16\ncall dynptr_from_mem\ngoto j\nl:\nr1 = r0\nr2 = 16\nr3 = 0\nr4 = r10\nr4 += -16\ncall dynptr_from_mem\nj:\n" + dynptrData + "r0 = 0\nexit"},
	{"xdp", "upper half passed", "V029", "", fromMem + "r1 = r10\nr1 += -8\nr2 = 0\nr3 = 8\ncall dynptr_data\nr0 = 0\nexit"},
	{"xdp", "passed with an odd address", "V029", "", fromMem + "r1 = r10\nr1 += -15\nr2 = 0\nr3 = 8\ncall dynptr_data\nr0 = 0\nexit"},
	{"xdp", "passed at a variable place", "V029", "", fromMem + "r5 = *(u64 *)(r6 + 0)\nr5 &= 8\nr1 = r10\nr1 += -24\nr1 += r5\nr2 = 0\nr3 = 8\ncall dynptr_data\nr0 = 0\nexit"},
	{"xdp", "map value passed as one", "V021", "", fromMem + "r1 = r6\nr2 = 0\nr3 = 8\ncall dynptr_data\nr0 = 0\nexit"},
	{"xdp", "bytes read", "V029", "", fromMem + "r0 = *(u64 *)(r10 - 16)\nexit"},
	{"xdp", "upper bytes read", "V029", "", fromMem + "r0 = *(u8 *)(r10 - 1)\nexit"},
	{"xdp", "bytes read by a helper", "V029", "", fromMem + "r1 = map hash\nr2 = r10\nr2 += -16\ncall map_lookup_elem\nr0 = 0\nexit"},
	{"xdp", "bytes written by a helper", "V029", "", fromMem + "r1 = r10\nr1 += -12\nr2 = 4\nr3 = r10\nr3 += -16\nr4 = 0\nr5 = 0\ncall dynptr_read\nr0 = 0\nexit"},
	{"xdp", "bytes updated", "V029", "", fromMem + "r1 = 1\nlock *(u64 *)(r10 - 16) += r1\nr0 = 0\nexit"},
	{"xdp", "overwritten and used", "V029", "", fromMem + "*(u64 *)(r10 - 16) = 0\n" + dynptrData + "r0 = 0\nexit"},
	{"xdp", "one byte overwritten and used", "V029", "", fromMem + "*(u8 *)(r10 - 1) = 0\n" + dynptrData + "r0 = 0\nexit"},
	{"xdp", "overwritten", "", "", fromMem + "*(u64 *)(r10 - 16) = 0\nr0 = *(u64 *)(r10 - 16)\nr0 = 0\nexit"},
	{"xdp", "overwritten at a variable place", "", "", fromMem + "r5 = *(u64 *)(r6 + 0)\nr5 &= 15\nr1 = r10\nr1 += r5\n*(u8 *)(r1 - 16) = 0\nr0 = 0\nexit"},
	{"xdp", "overwritten at a variable place and used", "V029", "", fromMem + "r5 = *(u64 *)(r6 + 0)\nr5 &= 15\nr1 = r10\nr1 += r5\n*(u8 *)(r1 - 16) = 0\n" + dynptrData + "r0 = 0\nexit"},
	{"xdp", "slice of an overwritten one", "V036", "", fromMem + dynptrData + "if r0 == 0 goto l\n*(u64 *)(r10 - 16) = 0\n*(u64 *)(r7 + 0) = 1\nl:\nr0 = 0\nexit"},
	{"xdp", "spilled slice of an overwritten one", "V036", "", fromMem + dynptrData + "if r0 == 0 goto l\n*(u64 *)(r10 - 24) = r7\n*(u64 *)(r10 - 8) = 0\nr1 = *(u64 *)(r10 - 24)\n*(u64 *)(r1 + 0) = 1\nl:\nr0 = 0\nexit"},
	{"xdp", "made again", "", "", fromMem + "r1 = r6\nr2 = 16\nr3 = 0\nr4 = r10\nr4 += -16\ncall dynptr_from_mem\n" + dynptrData + "r0 = 0\nexit"},
	{"xdp", "made again, slice of the first", "V036", "", fromMem + dynptrData + "if r0 == 0 goto l\nr1 = r6\nr2 = 16\nr3 = 0\nr4 = r10\nr4 += -16\ncall dynptr_from_mem\n*(u64 *)(r7 + 0) = 1\nl:\nr0 = 0\nexit"},
	{"xdp", "made again, one slot further", "", "", fromMem + "r1 = r6\nr2 = 16\nr3 = 0\nr4 = r10\nr4 += -24\ncall dynptr_from_mem\nr1 = r10\nr1 += -24\nr2 = 0\nr3 = 8\ncall dynptr_data\nr0 = 0\nexit"},
	{"xdp", "made again, one slot further, the first used", "V029", "", fromMem + "r1 = r6\nr2 = 16\nr3 = 0\nr4 = r10\nr4 += -24\ncall dynptr_from_mem\n" + dynptrData + "r0 = 0\nexit"},
	{"xdp", "two, slice of the other", "", "", fromMem + dynptrData + "if r0 == 0 goto l\nr1 = r6\nr2 = 16\nr3 = 0\nr4 = r10\nr4 += -32\ncall dynptr_from_mem\n*(u64 *)(r10 - 32) = 0\n*(u64 *)(r7 + 0) = 1\nl:\nr0 = 0\nexit"},
	{"xdp", "read", "", "", fromMem + "r1 = r10\nr1 += -24\nr2 = 8\nr3 = r10\nr3 += -16\nr4 = 0\nr5 = 0\ncall dynptr_read\nr0 = *(u64 *)(r10 - 24)\nr0 = 0\nexit"},
	{"xdp", "read of none", "V029", "", "r1 = r10\nr1 += -24\nr2 = 8\nr3 = r10\nr3 += -16\nr4 = 0\nr5 = 0\ncall dynptr_read\nr0 = 0\nexit"},
	{"xdp", "write", "", "", "*(u64 *)(r10 - 24) = 1\n" + fromMem + "r1 = r10\nr1 += -16\nr2 = 0\nr3 = r10\nr3 += -24\nr4 = 8\nr5 = 0\ncall dynptr_write\nr0 = 0\nexit"},
	{"xdp", "write of its own bytes", "V029", "", "*(u64 *)(r10 - 24) = 1\n" + fromMem + "r1 = r10\nr1 += -16\nr2 = 0\nr3 = r10\nr3 += -24\nr4 = 16\nr5 = 0\ncall dynptr_write\nr0 = 0\nexit"},
	{"xdp", "in a function", "", "", fromMem + "r1 = r10\nr1 += -16\ncall f\nr0 = 0\nexit\nfunc f\nr2 = 0\nr3 = 8\ncall dynptr_data\nr0 = 0\nexit"},
	{"xdp", "made by a function", "", "", found + "r1 = r0\nr2 = r10\nr2 += -16\ncall f\n" + dynptrData + "r0 = 0\nexit\nfunc f\nr4 = r2\nr2 = 8\nr3 = 0\ncall dynptr_from_mem\nr0 = 0\nexit"},
	{"xdp", "slice outlives the function of its dynptr", "", "", found + "r1 = r0\ncall f\nif r0 == 0 goto l\n*(u8 *)(r0 + 0) = 1\nl:\nr0 = 0\nexit\nfunc f\nr2 = 8\nr3 = 0\nr4 = r10\nr4 += -16\ncall dynptr_from_mem\n" + dynptrData + "exit"},

	{"xdp", "reserve and submit", "", "", reserveDynptr + submitDynptr},
	{"xdp", "reserve and discard", "", "", reserveDynptr + "r1 = r10\nr1 += -16\nr2 = 0\ncall ringbuf_discard_dynptr\nr0 = 0\nexit"},
	{"xdp", "reserve a variable size", "", "", "r2 = *(u32 *)(r1 + 16)\nr1 = map ring\nr3 = 0\nr4 = r10\nr4 += -16\ncall ringbuf_reserve_dynptr\n" + submitDynptr},
	{"xdp", "reservation not given back", "V027", "", reserveDynptr + "r0 = 0\nexit"},
	{"xdp", "reservation that failed not given back", "V027", "", reserveDynptr + "if r0 != 0 goto x\n" + submitDynptr + "x:\nr0 = 0\nexit"},
	{"xdp", "reservation given back twice", "V029", "", reserveDynptr + "r1 = r10\nr1 += -16\nr2 = 0\ncall ringbuf_submit_dynptr\n" + submitDynptr},
	{"xdp", "submit of a local one", "V029", "", fromMem + submitDynptr},
	{"xdp", "submit of none", "V029", "", submitDynptr},
	{"xdp", "submit of a record", "V021", "", reserved + "r1 = r6\nr2 = 0\ncall ringbuf_submit_dynptr\nr0 = 0\nexit"},
	{"xdp", "submit of a dynptr as a record", "V021", "", reserveDynptr + "r1 = r10\nr1 += -16\nr2 = 0\ncall ringbuf_submit\nr0 = 0\nexit"},
	{"xdp", "reservation overwritten", "V029", "", reserveDynptr + "*(u64 *)(r10 - 16) = 0\n" + submitDynptr},
	{"xdp", "reservation overwritten in part", "V029", "", reserveDynptr + "*(u8 *)(r10 - 4) = 0\n" + submitDynptr},
	{"xdp", "reservation overwritten at a variable place", "V029", "", "r6 = *(u32 *)(r1 + 16)\n" + reserveDynptr + "r6 &= 15\nr1 = r10\nr1 += r6\n*(u8 *)(r1 - 24) = 0\n" + submitDynptr},
	{"xdp", "reservation made again", "V029", "", reserveDynptr + reserveDynptr + submitDynptr},
	{"xdp", "reservation made again one slot further", "V029", "", reserveDynptr + "r1 = map ring\nr2 = 16\nr3 = 0\nr4 = r10\nr4 += -24\ncall ringbuf_reserve_dynptr\n" + submitDynptr},
	{"xdp", "bytes of a reservation read", "V029", "", reserveDynptr + "r7 = *(u64 *)(r10 - 8)\n" + submitDynptr},
	{"xdp", "bytes read after submit", "", "", reserveDynptr + "r1 = r10\nr1 += -16\nr2 = 0\ncall ringbuf_submit_dynptr\nr0 = *(u64 *)(r10 - 8)\nexit"},
	{"xdp", "bytes written after submit", "", "", reserveDynptr + "r1 = r10\nr1 += -16\nr2 = 0\ncall ringbuf_submit_dynptr\n*(u64 *)(r10 - 8) = 1\nr0 = *(u64 *)(r10 - 8)\nexit"},
	{"xdp", "slice of a reservation", "", "", reserveDynptr + dynptrData + "if r7 == 0 goto l\n*(u64 *)(r7 + 0) = 1\nl:\n" + submitDynptr},
	{"xdp", "slice after submit", "V036", "", reserveDynptr + dynptrData + "if r7 == 0 goto l\nr1 = r10\nr1 += -16\nr2 = 0\ncall ringbuf_submit_dynptr\n*(u64 *)(r7 + 0) = 1\nr0 = 0\nexit\nl:\n" + submitDynptr},
	{"xdp", "slice that may be NULL after submit", "", "", reserveDynptr + dynptrData + "r1 = r10\nr1 += -16\nr2 = 0\ncall ringbuf_submit_dynptr\nif r7 == 0 goto l\nr0 = 0\nl:\nr0 = 0\nexit"},
	{"xdp", "slice given back as a record", "V021", "", reserveDynptr + dynptrData + "if r7 == 0 goto l\nr1 = r7\nr2 = 0\ncall ringbuf_submit\nl:\n" + submitDynptr},
	{"xdp", "NULL slice keeps the reservation", "V027", "", reserveDynptr + dynptrData + "if r7 != 0 goto l\nr0 = 0\nexit\nl:\n" + submitDynptr},
	{"xdp", "reservation in a function that ends", "V027", "", "call f\nr0 = 0\nexit\nfunc f\n" + reserveDynptr + "r0 = 0\nexit"},
	{"xdp", "reservation for the caller", "", "", "r4 = r10\nr4 += -16\ncall f\n" + submitDynptr + "func f\nr1 = map ring\nr2 = 16\nr3 = 0\ncall ringbuf_reserve_dynptr\nr0 = 0\nexit"},
	{"xdp", "tail call with a reservation", "V027", "", "r6 = r1\n" + reserveDynptr + "r1 = r6\nr2 = map progs\nr3 = 0\ncall tail_call\n" + submitDynptr},
	{"xdp", "tail call of a function with the caller's reservation", "", notAsked, "r6 = r1\n" + reserveDynptr + "r1 = r6\ncall f\n" + submitDynptr + "func f\nr2 = map progs\nr3 = 0\ncall tail_call\nr0 = 0\nexit"},
	{"xdp", "tail call of a function with its own record", "V027", notAsked, "call f\nr0 = 0\nexit\nfunc f\nr7 = r1\n" + reserved + "r1 = r7\nr2 = map progs\nr3 = 0\ncall tail_call\n" + submit},
	{"xdp", "loop of reservations", "", "", "r7 = 0\nl:\n" + reserveDynptr + "r1 = r10\nr1 += -16\nr2 = 0\ncall ringbuf_submit_dynptr\nr7 += 1\nif r7 < 20 goto l\nr0 = 0\nexit"},
	{"xdp", "record spilled over a reservation", "V029", "", reserveDynptr + reserve + "*(u64 *)(r10 - 8) = r0\n" + submitDynptr},
}
