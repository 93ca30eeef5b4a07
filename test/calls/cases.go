package calls

// sources are the cases. Names of registers that a callee must not lose are in
// r6 to r9; results mix all of them.
var sources = []source{
	{"all arguments", "raw", `
		ldxb %r6, [%r1]
		ldxh %r7, [%r1+1]
		ldxw %r8, [%r1+3]
		ldxdw %r9, [%r1+8]
		mov %r1, %r6
		mov %r2, %r7
		mov %r3, %r8
		mov %r4, %r9
		mov %r5, 77
		call local f
		mov %r1, %r0
		mov %r2, %r9
		mov %r3, %r8
		mov %r4, %r7
		mov %r5, %r6
		call local f
		xor %r0, %r6
		mul %r0, 31
		xor %r0, %r7
		mul %r0, 31
		xor %r0, %r8
		mul %r0, 31
		xor %r0, %r9
		exit
	f:
		mov %r6, 3
		mul %r1, %r6
		add %r6, 2
		mul %r2, %r6
		add %r6, 2
		mul %r3, %r6
		mov %r7, %r4
		mov %r8, %r5
		mov %r9, %r3
		mov %r0, %r1
		xor %r0, %r2
		add %r0, %r9
		xor %r0, %r7
		sub %r0, %r8
		.rep 40 add %r0, 3
		exit`},
	{"depth of eight", "raw", `
		ldxb %r1, [%r1]
		stxdw [%r10-8], %r1
		mov %r6, %r1
		call local a
		ldxdw %r1, [%r10-8]
		mul %r0, %r1
		add %r0, %r6
		exit
	a:
		stxdw [%r10-8], %r1
		add %r1, 1
		mov %r6, %r1
		call local b
		ldxdw %r1, [%r10-8]
		xor %r0, %r1
		mul %r0, %r6
		exit
	b:
		stxdw [%r10-8], %r1
		add %r1, 1
		mov %r6, %r1
		call local c
		ldxdw %r1, [%r10-8]
		xor %r0, %r1
		mul %r0, %r6
		exit
	c:
		stxdw [%r10-8], %r1
		add %r1, 1
		mov %r6, %r1
		call local d
		ldxdw %r1, [%r10-8]
		xor %r0, %r1
		mul %r0, %r6
		exit
	d:
		mov %r6, %r1
		stxdw [%r10-8], %r1
		call local e
		ldxdw %r1, [%r10-8]
		add %r0, %r1
		exit
	e:
		mov %r6, %r1
		call local f
		sub %r0, %r6
		exit
	f:
		mov %r6, %r1
		call local g
		xor %r0, %r6
		exit
	g:
		stxdw [%r10-8], %r1
		ldxdw %r0, [%r10-8]
		lsh %r0, 3
		exit`},
	{"callee writes the caller's stack", "raw", `
		mov %r6, %r1
		stdw [%r10-8], 5
		stdw [%r10-16], 6
		ldxb %r2, [%r1]
		mov %r1, %r10
		add %r1, -16
		call local put
		ldxdw %r7, [%r10-8]
		mov %r1, %r10
		add %r1, -24
		ldxb %r2, [%r6+1]
		call local put
		ldxdw %r0, [%r10-8]
		lsh %r0, 8
		ldxdw %r1, [%r10-16]
		xor %r0, %r1
		xor %r0, %r7
		exit
	put:
		stdw [%r10-8], 9
		stdw [%r10-16], 10
		stxdw [%r1+8], %r2
		ldxdw %r0, [%r10-8]
		.rep 40 add %r0, 1
		exit`},
	{"pointer to the stack in the stack", "raw", `
		stdw [%r10-8], 5
		mov %r2, %r10
		add %r2, -8
		stxdw [%r10-16], %r2
		mov %r1, %r10
		add %r1, -16
		call local f
		ldxdw %r0, [%r10-8]
		exit
	f:
		ldxdw %r2, [%r1]
		stdw [%r2], 6
		mov %r0, 0
		exit`},
	{"callx", "raw", `
		ldxb %r6, [%r1]
		lddw %r2, func f
		mov %r1, %r6
		callx %r2
		add %r0, %r6
		exit
	f:
		mov %r6, 7
		mul %r1, %r6
		mov %r0, %r1
		exit`},
	{"callx of one of three", "raw", `
		ldxb %r6, [%r1]
		ldxb %r7, [%r1+5]
		lddw %r8, func f
		jeq %r6, 1, go
		lddw %r8, func g
		jeq %r6, 2, go
		lddw %r8, func h
	go:
		stxdw [%r10-8], %r8
		mov %r1, %r7
		mov %r2, %r6
		ldxdw %r4, [%r10-8]
		callx %r4
		mov %r9, %r0
		ldxdw %r4, [%r10-8]
		mov %r1, %r9
		mov %r2, 3
		callx %r4
		mul %r0, %r9
		add %r0, %r7
		exit
	f:
		mov %r0, %r1
		xor %r0, %r2
		exit
	g:
		mov %r0, %r1
		.rep 45 add %r0, %r2
		exit
	h:
		mov %r7, 6
		mov %r0, %r7
		exit`},
	{"callx in a loop", "raw", `
		mov %r9, %r1
		mov %r6, 5
		mov %r7, 0
	again:
		lddw %r4, func f
		mov %r1, %r6
		and %r1, 1
		jeq %r1, 0, even
		lddw %r4, func g
	even:
		mov %r1, %r7
		mov %r2, %r6
		callx %r4
		mov %r7, %r0
		sub %r6, 1
		jne %r6, 0, again
		mov %r0, %r7
		exit
	f:
		mov %r0, %r1
		add %r0, %r2
		exit
	g:
		mov %r0, %r1
		mul %r0, 10
		exit`},
	{"callx of a number", "raw", `
		ldxb %r6, [%r1]
		mov %r7, 8
		callx %r7
		add %r0, %r6
		exit`},
	{"may_goto", "raw", `
		ldxb %r3, [%r1]
		mov %r0, 0
		jeq %r3, 0, out
	again:
		may_goto out
		add %r0, 3
		sub %r3, 1
		jne %r3, 0, again
	out:
		exit`},
	{"may_goto in a callee in a loop", "raw", `
		mov %r6, %r1
		mov %r7, 0
		mov %r8, 3
	outer:
		ldxb %r1, [%r6]
		call local f
		add %r7, %r0
		sub %r8, 1
		jne %r8, 0, outer
		mov %r0, %r7
		exit
	f:
		mov %r0, 0
	again:
		may_goto out
		jeq %r1, 0, out
		add %r0, 3
		sub %r1, 1
		ja again
	out:
		exit`},
	{"two may_gotos in turn", "raw", `
		ldxb %r3, [%r1]
		mov %r0, 0
	again:
		may_goto out
		jeq %r3, 0, out
		sub %r3, 1
		mov %r4, 2
	inner:
		may_goto again
		add %r0, %r4
		jeq %r4, 0, again
		sub %r4, 1
		ja inner
	out:
		exit`},
	{"loop", "raw", `
		mov %r6, %r1
		ldxb %r7, [%r1+3]
		stdw [%r10-8], 0
		stxdw [%r10-16], %r7
		ldxb %r1, [%r6]
		lddw %r2, func f
		mov %r3, %r10
		add %r3, -16
		mov %r4, 0
		call loop
		ldxdw %r1, [%r10-8]
		lsh %r0, 8
		xor %r0, %r1
		add %r0, %r7
		exit
	f:
		ldxdw %r3, [%r2+8]
		add %r3, 5
		add %r3, %r1
		stxdw [%r2+8], %r3
		ldxdw %r4, [%r2]
		add %r4, 1
		stxdw [%r2], %r4
		mov %r0, 0
		exit`},
	{"loop that stops", "raw", `
		mov %r6, %r1
		stdw [%r10-8], 3
		mov %r1, 100
		lddw %r2, func f
		mov %r3, %r10
		add %r3, -8
		ldxb %r4, [%r6]
		stxdw [%r3], %r4
		mov %r4, 0
		call loop
		exit
	f:
		mov %r0, 0
		ldxdw %r3, [%r2]
		jne %r1, %r3, on
		mov %r0, 1
	on:
		exit`},
	{"loop of no turns", "raw", `
		mov %r1, 0
		lddw %r2, func f
		mov %r3, 0
		mov %r4, 0
		call loop
		exit
	f:
		mov %r0, 1
		exit`},
	{"loop of one turn", "raw", `
		stdw [%r10-8], 3
		mov %r1, 1
		lddw %r2, func f
		mov %r3, %r10
		add %r3, -8
		mov %r4, 0
		call loop
		ldxdw %r1, [%r10-8]
		add %r0, %r1
		exit
	f:
		add %r1, 4
		stxdw [%r2], %r1
		mov %r0, 0
		exit`},
	{"loop without context", "raw", `
		ldxb %r1, [%r1]
		lddw %r2, func f
		mov %r3, 0
		mov %r4, 0
		call loop
		mov %r6, %r0
		mov %r1, 9
		lddw %r2, func f
		mov %r3, 0
		mov %r4, 0
		call loop
		lsh %r6, 8
		or %r0, %r6
		exit
	f:
		mov %r0, 0
		jlt %r1, 4, on
		mov %r0, 1
	on:
		exit`},
	{"loop with flags", "raw", `
		ldxb %r4, [%r1]
		mov %r1, 3
		lddw %r2, func f
		mov %r3, 0
		call loop
		exit
	f:
		mov %r0, 0
		exit`},
	{"loop of too many turns", "raw", `
		ldxb %r6, [%r1]
		mov %r1, 0x800000
		add %r1, %r6
		and %r6, 1
		lsh %r6, 63
		or %r1, %r6
		lddw %r2, func f
		mov %r3, 0
		mov %r4, 0
		call loop
		exit
	f:
		mov %r0, 0
		jlt %r1, 3, on
		mov %r0, 1
	on:
		exit`},
	{"loop of two callers", "raw", `
		mov %r9, %r1
		ldxb %r8, [%r1]
		stdw [%r10-8], 0
		mov %r1, %r8
		lddw %r2, func f
		mov %r3, %r10
		add %r3, -8
		mov %r4, 0
		call loop
		mov %r7, %r0
		ldxb %r1, [%r9+1]
		lddw %r2, func f
		mov %r3, %r10
		add %r3, -8
		mov %r4, 0
		call loop
		ldxdw %r1, [%r10-8]
		xor %r0, %r1
		lsh %r0, 4
		xor %r0, %r7
		lsh %r0, 4
		xor %r0, %r8
		exit
	f:
		mov %r6, 11
		mov %r7, 12
		mov %r8, 13
		mov %r9, 14
		ldxdw %r3, [%r2]
		.rep 42 add %r3, %r1
		stxdw [%r2], %r3
		mov %r0, 0
		exit`},
	{"loop in a loop", "raw", `
		ldxb %r1, [%r1]
		stdw [%r10-8], 1
		lddw %r2, func outer
		mov %r3, %r10
		add %r3, -8
		mov %r4, 0
		call loop
		ldxdw %r1, [%r10-8]
		lsh %r0, 32
		xor %r0, %r1
		exit
	outer:
		mov %r6, %r2
		stxdw [%r10-8], %r1
		stxdw [%r10-16], %r2
		add %r1, 1
		lddw %r2, func inner
		mov %r3, %r10
		add %r3, -16
		mov %r4, 0
		call loop
		ldxdw %r1, [%r6]
		add %r1, %r0
		stxdw [%r6], %r1
		mov %r0, 0
		exit
	inner:
		ldxdw %r3, [%r2]
		ldxdw %r4, [%r3]
		ldxdw %r5, [%r2+8]
		mul %r4, 3
		add %r4, %r5
		stxdw [%r3], %r4
		add %r5, 1
		stxdw [%r2+8], %r5
		mov %r0, 0
		jle %r1, 2, on
		mov %r0, 1
	on:
		exit`},
	{"loop over one of two functions", "raw", `
		ldxb %r6, [%r1]
		ldxb %r7, [%r1+4]
		and %r7, 15
		lddw %r2, func f
		jset %r6, 1, go
		lddw %r2, func g
	go:
		mov %r1, %r7
		stdw [%r10-8], 1
		mov %r3, %r10
		add %r3, -8
		mov %r4, 0
		call loop
		ldxdw %r1, [%r10-8]
		xor %r0, %r1
		exit
	f:
		ldxdw %r3, [%r2]
		mul %r3, 5
		add %r3, %r1
		stxdw [%r2], %r3
		mov %r0, 0
		exit
	g:
		ldxdw %r3, [%r2]
		mul %r3, 7
		sub %r3, %r1
		stxdw [%r2], %r3
		mov %r0, 0
		jlt %r1, 3, on
		mov %r0, 1
	on:
		exit`},
	{"loop from a function that is called twice", "raw", `
		ldxb %r6, [%r1]
		mov %r1, %r6
		call local sum
		mov %r7, %r0
		mov %r1, %r7
		and %r1, 31
		call local sum
		lsh %r7, 32
		xor %r0, %r7
		xor %r0, %r6
		exit
	sum:
		.rep 42 add %r1, 1
		stdw [%r10-8], 0
		mov %r6, %r1
		lddw %r2, func add
		mov %r3, %r10
		add %r3, -8
		mov %r4, 0
		call loop
		ldxdw %r1, [%r10-8]
		xor %r0, %r1
		add %r0, %r6
		exit
	add:
		ldxdw %r3, [%r2]
		add %r3, %r1
		stxdw [%r2], %r3
		mov %r0, 0
		exit`},
	{"callee's frame in each turn", "raw", `
		mov %r6, %r1
		ldxb %r1, [%r6]
		lddw %r2, func f
		stdw [%r10-8], 0
		mov %r3, %r10
		add %r3, -8
		mov %r4, 0
		call loop
		ldxdw %r0, [%r10-8]
		exit
	f:
		stxb [%r10-3], %r1
		stb [%r10-4], 1
		jset %r1, 1, odd
		stb [%r10-4], 2
	odd:
		ldxb %r3, [%r10-4]
		ldxb %r4, [%r10-3]
		add %r3, %r4
		ldxdw %r4, [%r2]
		mul %r4, 3
		add %r4, %r3
		stxdw [%r2], %r4
		mov %r0, 0
		exit`},
	{"unwritten stack in each turn", "raw", `
		ldxb %r1, [%r1]
		lddw %r2, func f
		stdw [%r10-8], 0
		mov %r3, %r10
		add %r3, -8
		mov %r4, 0
		call loop
		ldxdw %r0, [%r10-8]
		exit
	f:
		ldxdw %r3, [%r10-16]
		stw [%r10-12], 7
		stb [%r10-15], 1
		ldxdw %r4, [%r10-16]
		mul %r4, 3
		add %r4, %r3
		ldxdw %r5, [%r2]
		add %r5, %r4
		stxdw [%r2], %r5
		mov %r0, 0
		exit`},
	{"unwritten stack in each call", "raw", `
		ldxb %r1, [%r1]
		mov %r6, %r1
		lddw %r2, func f
		stdw [%r10-8], 0
		mov %r3, %r10
		add %r3, -8
		mov %r4, 0
		call loop
		stdw [%r10-16], 77
		mov %r1, %r6
		mov %r2, %r10
		add %r2, -8
		call local f
		ldxdw %r0, [%r10-8]
		exit
	f:
		ldxdw %r3, [%r10-16]
		stw [%r10-12], 7
		.rep 42 add %r3, 2
		stxb [%r10-15], %r1
		ldxdw %r4, [%r10-16]
		mul %r4, 3
		add %r4, %r3
		ldxdw %r5, [%r2]
		add %r5, %r4
		stxdw [%r2], %r5
		mov %r0, 0
		exit`},
	{"callback writes parts of slots", "raw", `
		mov %r6, %r1
		ldxb %r1, [%r6]
		and %r1, 7
		lddw %r2, 0x1122334455667788
		stxdw [%r10-8], %r2
		stxdw [%r10-16], %r2
		lddw %r2, func f
		mov %r3, %r10
		add %r3, -16
		mov %r4, 0
		call loop
		ldxdw %r0, [%r10-8]
		ldxw %r1, [%r10-14]
		xor %r0, %r1
		ldxdw %r1, [%r10-16]
		mul %r1, 31
		xor %r0, %r1
		exit
	f:
		stxh [%r2+3], %r1
		ldxw %r3, [%r2+6]
		stxw [%r2+10], %r3
		ldxb %r4, [%r2+12]
		add %r4, 1
		stxb [%r2+7], %r4
		mov %r5, 3
		lock fetch add [%r2+8], %r5
		lock xor [%r2+0], %r5
		mov %r0, 0
		exit`},
	{"callback writes at a computed place", "raw", `
		mov %r6, %r1
		stdw [%r10-8], 1
		stdw [%r10-16], 2
		stdw [%r10-24], 3
		stdw [%r10-32], 4
		ldxb %r7, [%r6+1]
		and %r7, 3
		lsh %r7, 3
		mov %r8, %r10
		add %r8, -32
		add %r8, %r7
		mov %r1, 3
		lddw %r2, func f
		mov %r3, %r10
		add %r3, -32
		mov %r4, 0
		call loop
		ldxdw %r0, [%r8]
		ldxdw %r1, [%r10-8]
		lsh %r0, 8
		add %r0, %r1
		ldxdw %r1, [%r10-16]
		lsh %r0, 8
		add %r0, %r1
		ldxdw %r1, [%r10-24]
		lsh %r0, 8
		add %r0, %r1
		ldxdw %r1, [%r10-32]
		lsh %r0, 8
		add %r0, %r1
		exit
	f:
		and %r1, 3
		mov %r3, %r1
		lsh %r3, 3
		add %r3, %r2
		ldxdw %r4, [%r3]
		add %r4, 16
		add %r4, %r1
		stxdw [%r3], %r4
		mov %r0, 0
		exit`},
	{"context is one of two places", "raw", `
		mov %r6, %r1
		stdw [%r10-8], 1
		stdw [%r10-16], 2
		ldxb %r7, [%r6]
		mov %r3, %r10
		add %r3, -8
		jset %r7, 1, go
		add %r3, -8
	go:
		mov %r8, %r3
		mov %r1, 3
		lddw %r2, func f
		mov %r4, 0
		call loop
		ldxdw %r0, [%r10-8]
		lsh %r0, 8
		ldxdw %r1, [%r10-16]
		xor %r0, %r1
		lsh %r0, 8
		ldxdw %r1, [%r8]
		xor %r0, %r1
		exit
	f:
		ldxdw %r4, [%r2]
		add %r4, 3
		stxdw [%r2], %r4
		mov %r0, 0
		exit`},
	{"callback of a callback writes the first caller's stack", "raw", `
		ldxb %r6, [%r1]
		stdw [%r10-8], 1
		stdw [%r10-16], 1
		mov %r1, 3
		lddw %r2, func outer
		mov %r3, %r10
		add %r3, -16
		mov %r4, 0
		call loop
		ldxdw %r0, [%r10-8]
		lsh %r0, 16
		ldxdw %r1, [%r10-16]
		xor %r0, %r1
		add %r0, %r6
		exit
	outer:
		mov %r6, %r2
		stxdw [%r10-16], %r2
		stxdw [%r10-8], %r1
		mov %r7, %r2
		add %r7, 8
		stxdw [%r10-24], %r7
		add %r1, 1
		lddw %r2, func inner
		mov %r3, %r10
		add %r3, -24
		mov %r4, 0
		call loop
		ldxdw %r1, [%r6]
		mul %r1, 3
		stxdw [%r6], %r1
		ldxdw %r1, [%r10-8]
		ldxdw %r2, [%r7]
		add %r2, %r1
		stxdw [%r7], %r2
		mov %r0, 0
		exit
	inner:
		ldxdw %r3, [%r2]
		ldxdw %r4, [%r3]
		add %r4, %r1
		add %r4, 1
		stxdw [%r3], %r4
		ldxdw %r3, [%r2+8]
		ldxdw %r5, [%r3]
		add %r5, %r4
		stxdw [%r3], %r5
		ldxdw %r5, [%r2+16]
		add %r5, 100
		stxdw [%r2+16], %r5
		mov %r0, 0
		exit`},
	{"callback with helpers and calls", "raw", `
		mov %r6, %r1
		ldxb %r7, [%r6+2]
		stxdw [%r10-8], %r7
		stdw [%r10-16], 0
		stdw [%r10-24], 0
		ldxb %r1, [%r6]
		lddw %r2, func f
		mov %r3, %r10
		add %r3, -24
		mov %r4, 0
		call loop
		ldxdw %r1, [%r10-8]
		lsh %r0, 8
		xor %r0, %r1
		ldxdw %r1, [%r10-16]
		lsh %r0, 8
		xor %r0, %r1
		ldxdw %r1, [%r10-24]
		lsh %r0, 8
		xor %r0, %r1
		exit
	f:
		mov %r6, %r2
		mov %r7, %r1
		stxdw [%r6], %r1
		mov %r3, %r6
		add %r3, 16
		lddw %r1, map hash
		mov %r4, 0
		call map_update_elem
		ldxdw %r1, [%r6+8]
		sub %r1, %r0
		stxdw [%r6+8], %r1
		mov %r2, %r6
		lddw %r1, map hash
		call map_lookup_elem
		jeq %r0, 0, none
		ldxdw %r1, [%r0]
		add %r1, %r7
		stxdw [%r0], %r1
		ldxdw %r2, [%r6+16]
		call local g
		stxdw [%r6+16], %r0
	none:
		mov %r0, 0
		exit
	g:
		mov %r0, %r1
		xor %r0, %r2
		and %r0, 0xff
		exit`},
	{"callx in a callback", "raw", `
		mov %r9, %r1
		lddw %r1, func g
		stxdw [%r10-8], %r1
		lddw %r1, func h
		stxdw [%r10-16], %r1
		stdw [%r10-24], 1
		ldxb %r1, [%r9]
		lddw %r2, func f
		mov %r3, %r10
		add %r3, -24
		mov %r4, 0
		call loop
		ldxdw %r0, [%r10-24]
		exit
	f:
		mov %r6, %r2
		mov %r7, %r1
		ldxdw %r4, [%r6+8]
		jset %r7, 1, go
		ldxdw %r4, [%r6+16]
	go:
		ldxdw %r1, [%r6]
		mov %r2, %r7
		callx %r4
		stxdw [%r6], %r0
		mov %r0, 0
		exit
	g:
		mov %r6, 5
		mov %r0, %r1
		mul %r0, %r6
		exit
	h:
		mov %r7, %r1
		add %r7, %r2
		mov %r0, %r7
		exit`},
	{"loop in a function that callx calls", "raw", `
		mov %r9, %r1
		ldxb %r8, [%r9]
		lddw %r4, func f
		jset %r8, 1, go
		lddw %r4, func g
	go:
		mov %r1, %r8
		callx %r4
		add %r0, %r8
		exit
	f:
		stdw [%r10-8], 0
		lddw %r2, func turn
		mov %r3, %r10
		add %r3, -8
		mov %r4, 0
		call loop
		ldxdw %r1, [%r10-8]
		lsh %r0, 8
		xor %r0, %r1
		exit
	g:
		stdw [%r10-8], 100
		add %r1, 1
		lddw %r2, func turn
		mov %r3, %r10
		add %r3, -8
		mov %r4, 0
		call loop
		ldxdw %r1, [%r10-8]
		xor %r0, %r1
		exit
	turn:
		ldxdw %r3, [%r2]
		add %r3, %r1
		stxdw [%r2], %r3
		mov %r0, 0
		exit`},
	{"each in functions below each", "raw", `
		stdw [%r10-8], 0
		mov %r6, 2
	again:
		lddw %r1, map array
		lddw %r2, func outer
		mov %r3, %r10
		add %r3, -8
		mov %r4, 0
		call for_each_map_elem
		sub %r6, 1
		jne %r6, 0, again
		lddw %r1, map array
		lddw %r2, func outer
		mov %r3, %r10
		add %r3, -8
		mov %r4, 0
		call for_each_map_elem
		ldxdw %r1, [%r10-8]
		lsh %r1, 8
		xor %r0, %r1
		exit
	outer:
		mov %r6, %r4
		mov %r8, %r2
		ldxw %r7, [%r2]
		.rep 42 add %r7, 1
		stxdw [%r10-8], %r7
		lddw %r1, map array
		lddw %r2, func inner
		mov %r3, %r10
		add %r3, -8
		mov %r4, 0
		call for_each_map_elem
		mov %r7, %r0
		mov %r1, %r10
		add %r1, -8
		call local deep
		add %r7, %r0
		ldxdw %r1, [%r10-8]
		ldxw %r2, [%r8]
		add %r1, %r2
		ldxdw %r2, [%r6]
		mul %r2, 3
		add %r2, %r1
		add %r2, %r7
		stxdw [%r6], %r2
		mov %r0, 0
		exit
	deep:
		mov %r3, %r1
		lddw %r1, map array
		lddw %r2, func inner
		mov %r4, 0
		call for_each_map_elem
		exit
	inner:
		ldxw %r1, [%r2]
		ldxdw %r2, [%r4]
		mul %r2, 5
		.rep 42 add %r2, %r1
		stxdw [%r4], %r2
		mov %r0, 0
		jlt %r1, 3, on
		mov %r0, 1
	on:
		exit`},
	{"all registers alive across callbacks", "raw", `
		ldxb %r6, [%r1]
		ldxb %r7, [%r1+1]
		ldxb %r8, [%r1+2]
		ldxb %r9, [%r1+3]
		stxdw [%r10-8], %r9
		stxdw [%r10-16], %r8
		stxdw [%r10-24], %r7
		stxdw [%r10-32], %r6
		mov %r1, 4
		lddw %r2, func f
		mov %r3, %r10
		add %r3, -32
		mov %r4, 0
		call loop
		mov %r5, %r0
		mul %r5, %r6
		add %r5, %r7
		mul %r5, %r8
		add %r5, %r9
		mov %r1, 2
		lddw %r2, func f
		mov %r3, %r10
		add %r3, -32
		mov %r4, 0
		stxdw [%r10-40], %r5
		call loop
		ldxdw %r5, [%r10-40]
		mul %r5, %r6
		add %r5, %r7
		mul %r5, %r8
		add %r5, %r9
		mul %r0, %r5
		ldxdw %r1, [%r10-8]
		xor %r0, %r1
		ldxdw %r1, [%r10-16]
		mul %r0, 3
		xor %r0, %r1
		ldxdw %r1, [%r10-24]
		mul %r0, 3
		xor %r0, %r1
		ldxdw %r1, [%r10-32]
		mul %r0, 3
		xor %r0, %r1
		exit
	f:
		ldxdw %r6, [%r2]
		ldxdw %r7, [%r2+8]
		ldxdw %r8, [%r2+16]
		ldxdw %r9, [%r2+24]
		add %r6, %r7
		add %r7, %r8
		add %r8, %r9
		add %r9, %r1
		.rep 32 add %r6, %r9
		stxdw [%r2], %r6
		stxdw [%r2+8], %r7
		stxdw [%r2+16], %r8
		stxdw [%r2+24], %r9
		mov %r0, 0
		exit`},
	{"callee reads the caller's stack", "raw", `
		mov %r6, %r1
		ldxb %r2, [%r1+1]
		stxdw [%r10-8], %r2
		stw [%r10-12], 6
		stw [%r10-16], 7
		mov %r1, %r10
		add %r1, -16
		call local get
		mov %r7, %r0
		ldxb %r2, [%r6]
		stxb [%r10-13], %r2
		stb [%r10-7], 9
		mov %r1, %r10
		add %r1, -16
		call local get
		lsh %r0, 1
		xor %r0, %r7
		exit
	get:
		stdw [%r10-8], 9
		ldxdw %r0, [%r1]
		ldxdw %r2, [%r1+8]
		.rep 40 add %r0, %r2
		exit`},
	{"loop of a number with more than 32 bits", "raw", `
		ldxdw %r6, [%r1+8]
		ldxb %r1, [%r1]
		lsh %r6, 33
		or %r1, %r6
		lddw %r2, func f
		mov %r3, 0
		mov %r4, 0
		call loop
		exit
	f:
		mov %r0, 0
		exit`},
	{"array, each", "raw", `
		mov %r6, %r1
		stdw [%r10-8], 0
		lddw %r1, map array
		lddw %r2, func f
		mov %r3, %r10
		add %r3, -8
		mov %r4, 0
		call for_each_map_elem
		ldxdw %r1, [%r10-8]
		lsh %r1, 8
		xor %r0, %r1
		exit
	f:
		ldxw %r5, [%r2]
		ldxdw %r6, [%r4]
		mul %r6, 7
		add %r6, %r5
		ldxw %r7, [%r3+4]
		add %r6, %r7
		stxdw [%r4], %r6
		add %r5, 3
		stxw [%r3+4], %r5
		lock add [%r3+8], %r5
		mov %r0, 0
		exit`},
	{"array, each, stops", "raw", `
		ldxb %r6, [%r1]
		stxdw [%r10-8], %r6
		lddw %r1, map array
		lddw %r2, func f
		mov %r3, %r10
		add %r3, -8
		mov %r4, 0
		call for_each_map_elem
		exit
	f:
		ldxw %r5, [%r2]
		ldxdw %r6, [%r4]
		mov %r0, 0
		jlt %r5, %r6, on
		mov %r0, 1
	on:
		exit`},
	{"each with flags", "raw", `
		ldxb %r4, [%r1]
		lddw %r1, map array
		lddw %r2, func f
		mov %r3, 0
		call for_each_map_elem
		exit
	f:
		mov %r0, 0
		exit`},
	{"hash, each", "raw", `
		mov %r6, %r1
		ldxb %r7, [%r1]
		stxdw [%r10-8], %r7
		stxdw [%r10-16], %r7
		lddw %r1, map hash
		mov %r2, %r10
		add %r2, -8
		mov %r3, %r10
		add %r3, -16
		mov %r4, 0
		call map_update_elem
		stdw [%r10-24], 0
		lddw %r1, map hash
		lddw %r2, func f
		mov %r3, %r10
		add %r3, -24
		mov %r4, 0
		call for_each_map_elem
		ldxdw %r1, [%r10-24]
		lsh %r1, 8
		xor %r0, %r1
		exit
	f:
		ldxdw %r5, [%r2]
		ldxdw %r6, [%r3]
		mul %r5, %r6
		ldxdw %r6, [%r4]
		add %r6, %r5
		add %r6, 1
		stxdw [%r4], %r6
		mov %r5, 1
		lock add [%r3], %r5
		mov %r0, 0
		exit`},
	{"hash, each, deletes", "raw", `
		mov %r6, %r1
		ldxb %r7, [%r1]
		stxdw [%r10-8], %r7
		stxdw [%r10-16], %r7
		lddw %r1, map hash
		mov %r2, %r10
		add %r2, -8
		mov %r3, %r10
		add %r3, -16
		mov %r4, 0
		call map_update_elem
		stdw [%r10-24], 0
		lddw %r1, map hash
		lddw %r2, func f
		mov %r3, %r10
		add %r3, -24
		mov %r4, 0
		call for_each_map_elem
		ldxdw %r1, [%r10-24]
		lsh %r1, 8
		xor %r0, %r1
		exit
	f:
		mov %r6, %r4
		ldxdw %r7, [%r2]
		stxdw [%r10-8], %r7
		mov %r0, 0
		jset %r7, 1, odd
		ldxdw %r0, [%r4]
		add %r0, 1
		stxdw [%r4], %r0
		mov %r2, %r10
		add %r2, -8
		call map_delete_elem
	odd:
		ldxdw %r1, [%r6]
		add %r1, %r7
		stxdw [%r6], %r1
		mov %r0, 0
		exit`},
	{"each in each", "raw", `
		stdw [%r10-8], 0
		lddw %r1, map array
		lddw %r2, func outer
		mov %r3, %r10
		add %r3, -8
		mov %r4, 0
		call for_each_map_elem
		ldxdw %r1, [%r10-8]
		lsh %r1, 8
		xor %r0, %r1
		exit
	outer:
		mov %r6, %r2
		mov %r7, %r4
		ldxw %r1, [%r2]
		stxdw [%r10-8], %r1
		lddw %r1, map array
		lddw %r2, func inner
		mov %r3, %r10
		add %r3, -8
		mov %r4, 0
		call for_each_map_elem
		ldxdw %r1, [%r10-8]
		ldxw %r2, [%r6]
		mul %r1, 3
		add %r1, %r2
		ldxdw %r2, [%r7]
		add %r2, %r1
		add %r2, %r0
		stxdw [%r7], %r2
		mov %r0, 0
		exit
	inner:
		ldxw %r1, [%r2]
		ldxdw %r2, [%r4]
		mul %r2, 5
		add %r2, %r1
		stxdw [%r4], %r2
		mov %r0, 0
		exit`},
	{"each from a function that is called twice", "raw", `
		ldxb %r6, [%r1]
		mov %r1, %r6
		call local walk
		mov %r7, %r0
		mov %r1, %r7
		call local walk
		lsh %r7, 32
		xor %r0, %r7
		exit
	walk:
		stxdw [%r10-8], %r1
		.rep 42 add %r1, 1
		mov %r6, %r1
		lddw %r1, map hash
		lddw %r2, func f
		mov %r3, %r10
		add %r3, -8
		mov %r4, 0
		call for_each_map_elem
		mov %r7, %r0
		lddw %r1, map array
		lddw %r2, func f
		mov %r3, %r10
		add %r3, -8
		mov %r4, 0
		call for_each_map_elem
		ldxdw %r1, [%r10-8]
		xor %r0, %r1
		add %r0, %r6
		add %r0, %r7
		exit
	f:
		ldxw %r1, [%r2]
		ldxdw %r5, [%r4]
		.rep 42 add %r5, %r1
		stxdw [%r4], %r5
		mov %r0, 0
		exit`},
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

// long are cases of more instructions than the interpreter runs, with r0 for
// the first inputs.
var long = []struct {
	source
	want []uint64
}{
	{source{"may_goto runs out", "raw", `
		ldxb %r6, [%r1]
		mov %r1, %r6
		call local f
		mov %r7, %r0
		mov %r1, %r6
		call local f
		mov %r1, %r7
		lsh %r1, 32
		xor %r0, %r1
		exit
	f:
		mov %r0, 0
		.rep 40 add %r1, 1
	again:
		may_goto out
		add %r0, 1
		ja again
	out:
		add %r0, %r1
		may_goto last
		add %r0, 1000
	last:
		exit`}, []uint64{0x80002800800028, 0x80002900800029}},
	{source{"may_goto counts on", "raw", `
		mov %r0, 0
	again:
		may_goto one
		may_goto one
		may_goto one
		add %r0, 1
		ja again
	one:
		lsh %r0, 8
		may_goto two
		ja again
	two:
		add %r0, 1
		exit`}, []uint64{0x2aaaaa01, 0x2aaaaa01}},
}
