package calls

// loops are callbacks of bpf_loop.
var loops = []source{
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
}
