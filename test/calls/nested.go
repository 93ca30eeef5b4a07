package calls

// nested are callbacks, calls and pointers in each other.
var nested = []source{
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
}
