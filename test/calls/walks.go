package calls

// walks are callbacks of for_each_map_elem.
var walks = []source{
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
}
