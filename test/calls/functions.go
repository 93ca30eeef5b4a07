package calls

// functions are calls of functions and of pointers to them, and may_goto.
var functions = []source{
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
}
