package calls

// tails are tail calls.
var tails = []source{
	{"tail call", "xdp", packet + `
		mov %r7, 0x1234
		mov %r1, %r6
		lddw %r2, map progs
		call tail_call
		mov %r0, %r7
		exit
	-- one
		ldxw %r0, [%r1+4]
		ldxw %r1, [%r1]
		sub %r0, %r1
		exit
	-- two
		stdw [%r10-8], 2
		ldxdw %r0, [%r10-8]
		exit
	-- three
		mov %r0, 3
		exit`},
	{"tail call of a large index", "xdp", packet + `
		mov %r1, 1
		lsh %r1, 32
		or %r3, %r1
		mov %r1, %r6
		lddw %r2, map progs
		call tail_call
		mov %r0, 9
		exit
	-- one
		mov %r0, 1
		exit`},
	{"tail call in a function", "xdp", packet + `
		mov %r1, %r6
		mov %r2, %r3
		mov %r8, %r3
		mov %r7, 0x55
		call local f
		add %r0, %r7
		add %r0, %r8
		exit
	f:
		mov %r3, %r2
		lddw %r2, map progs
		call tail_call
		mov %r0, 77
		exit
	-- one
		mov %r0, 1
		exit
	-- two
		mov %r0, 2
		exit`},
	{"tail call in a function of two callers", "xdp", packet + `
		mov %r8, %r3
		mov %r1, %r6
		mov %r2, 0
		call local f
		mov %r7, %r0
		mov %r1, %r6
		mov %r2, %r8
		call local f
		add %r0, %r7
		add %r0, %r8
		exit
	f:
		mov %r6, %r2
		.rep 42 add %r6, 1
		call local g
		add %r0, %r6
		exit
	g:
		mov %r3, %r2
		.rep 42 add %r2, 1
		lddw %r2, map progs
		mov %r6, %r3
		call tail_call
		mov %r0, 77
		add %r0, %r6
		exit
	-- one
		mov %r0, 1
		exit
	-- two
		mov %r0, 2
		exit`},
	{"tail call below functions of two callers", "xdp", packet + `
		stxdw [%r10-8], %r3
		mov %r1, %r6
		mov %r2, 0
		call local f
		mov %r7, %r0
		mov %r1, %r6
		mov %r2, 5
		call local g
		add %r7, %r0
		mov %r1, %r6
		ldxdw %r2, [%r10-8]
		call local f
		add %r0, %r7
		ldxdw %r2, [%r10-8]
		add %r0, %r2
		exit
	f:
		mov %r6, %r2
		mov %r7, %r1
		.rep 42 add %r6, 1
		call local g
		mov %r8, %r0
		mov %r1, %r7
		mov %r2, %r6
		sub %r2, 42
		sub %r2, 1
		call local g
		add %r0, %r6
		mul %r0, %r8
		exit
	g:
		stxdw [%r10-8], %r2
		mov %r3, %r2
		.rep 42 add %r2, 1
		lddw %r2, map progs
		call tail_call
		ldxdw %r0, [%r10-8]
		add %r0, 77
		exit
	-- one
		stdw [%r10-8], 99
		mov %r0, 1
		exit
	-- two
		mov %r0, 2
		exit`},
	{"tail calls in a loop", "xdp", packet + `
		mov %r7, %r3
		stdw [%r10-8], 1
		add %r7, 5
	again:
		ldxdw %r8, [%r10-8]
		mul %r8, 3
		add %r8, %r7
		stxdw [%r10-8], %r8
		mov %r1, %r6
		lddw %r2, map progs
		mov %r3, %r7
		call tail_call
		sub %r7, 1
		jsgt %r7, 2, again
		mov %r1, %r6
		ldxdw %r2, [%r10-8]
		mov %r3, 9
		call local f
		mov %r9, %r0
		mov %r1, %r6
		mov %r2, %r9
		mov %r3, %r7
		call local f
		add %r0, %r9
		exit
	f:
		mov %r6, %r1
		mov %r8, %r2
		mov %r9, %r3
		mov %r7, 3
		.rep 42 add %r8, 1
	more:
		mov %r1, %r6
		lddw %r2, map progs
		mov %r3, %r9
		call tail_call
		add %r8, %r7
		sub %r7, 1
		jne %r7, 0, more
		mov %r0, %r8
		exit
	-- one
		mov %r0, 1
		exit
	-- two
		mov %r0, 2
		exit`},
	{"tail call of itself", "xdp", packet + `
		mov %r1, %r6
		lddw %r2, map progs
		mov %r3, 1
		call tail_call
		mov %r0, 9
		exit
	-- one
		mov %r6, %r1
		mov %r7, 0
		stw [%r10-4], 1
		lddw %r1, map array
		mov %r2, %r10
		add %r2, -4
		call map_lookup_elem
		jeq %r0, 0, on
		mov %r1, 1
		lock fetch add [%r0+8], %r1
		mov %r7, %r1
	on:
		mov %r1, %r6
		lddw %r2, map progs
		mov %r3, 1
		call tail_call
		mov %r0, %r7
		exit`},
	{"tail calls in turn", "xdp", packet + `
		mov %r7, %r3
		mov %r1, %r6
		lddw %r2, map progs
		call tail_call
		mov %r1, %r6
		lddw %r2, map progs
		mov %r3, %r7
		sub %r3, 3
		call tail_call
		mov %r0, 50
		exit
	-- one
		lddw %r2, map progs
		mov %r3, 2
		call tail_call
		mov %r0, 51
		exit
	-- two
		call local f
		add %r0, 1000
		exit
	f:
		lddw %r2, map progs
		mov %r3, 3
		call tail_call
		mov %r0, 52
		exit
	-- three
		mov %r0, 3
		exit`},
}

// packet leaves the context in r6 and the first byte in r3, 0 of a short one.
const packet = `
		mov %r6, %r1
		mov %r3, 0
		ldxw %r4, [%r1]
		ldxw %r5, [%r1+4]
		mov %r2, %r4
		add %r2, 1
		jgt %r2, %r5, short
		ldxb %r3, [%r4]
	short:`
