package calls

// frames are callbacks that use the stacks of their callers and their own.
var frames = []source{
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
}
