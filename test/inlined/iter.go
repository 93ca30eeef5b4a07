package inlined

import "strings"

// Numbers is a loop over start to end, as bpf_for makes it, with the iterator
// at r10-8, the number in r1 and a sum in r7.
func Numbers(start, end, body string) string {
	return `
	mov %r6, %r1
	mov %r8, %r2
	mov %r7, 0
	mov %r1, %r10
	add %r1, -8
	mov %r2, ` + start + `
	mov %r3, ` + end + `
	call bpf_iter_num_new
loop:
	mov %r1, %r10
	add %r1, -8
	call bpf_iter_num_next
	jeq %r0, 0, done
	ldxw %r1, [%r0]
	` + body + `
	ja loop
done:
	mov %r1, %r10
	add %r1, -8
	call bpf_iter_num_destroy
	mov %r0, %r7
	exit`
}

// iterators: the numbers, refused ranges, elements that are read late, two
// iterators at once, one that a function advances.
func iterators() []Case {
	next := "mov %r1, %r10\nadd %r1, -8\ncall bpf_iter_num_next\n"
	new := "mov %r1, %r10\nadd %r1, -8\ncall bpf_iter_num_new\n"
	destroy := "mov %r1, %r10\nadd %r1, -8\ncall bpf_iter_num_destroy\n"
	cases := []Case{
		{Name: "sum", Text: Numbers("0", "10", "add %r7, %r1")},
		{Name: "negative", Text: Numbers("-3", "4", "lsh %r7, 4\nxor %r7, %r1")},
		{Name: "none", Text: Numbers("5", "5", "add %r7, 1")},
		{Name: "wrong order", Text: Numbers("5", "4", "add %r7, 1")},
		{Name: "many", Text: Numbers("0", "1000", "add %r7, %r1")},
		{Name: "to the length", Text: Numbers("0", "%r8", "jge %r1, %r8, done\nmov %r2, %r6\nadd %r2, %r1\nldxb %r2, [%r2]\nadd %r7, %r2")},
		{Name: "largest numbers", Text: Numbers("0x7ffffff8", "0x7fffffff", "xor %r7, %r1")},
		{Name: "smallest numbers", Text: Numbers("0x80000000", "-2147483645", "xor %r7, %r1")},
		{Name: "break", Text: Numbers("0", "100", "add %r7, %r1\njgt %r1, 7, done")},
		{Name: "result of new", Text: "mov %r2, 1\nmov %r3, 0\n" + new + "mov %r7, %r0\n" + destroy + "mov %r0, %r7\nexit"},
		{Name: "result of new, too many", Text: "mov %r2, 0\nmov %r3, 0x800001\n" + new + "mov %r7, %r0\n" + destroy + "mov %r0, %r7\nexit"},
		{Name: "result of new, most", Text: "mov %r2, -1\nmov %r3, 0x7fffff\n" + new + "mov %r7, %r0\n" + destroy + "mov %r0, %r7\nexit"},
		{Name: "result of new by length", Text: "mov %r8, %r2\nsub %r2, 20\nmov %r3, 0\n" + new + "mov %r7, %r0\n" + next + "jeq %r0, 0, out\nldxw %r0, [%r0]\nadd %r7, %r0\nout:\n" + destroy + "mov %r0, %r7\nexit"},
		{Name: "an element is one place", Text: "mov %r2, 3\nmov %r3, 9\n" + new + next + "jeq %r0, 0, out\nmov %r8, %r0\n" + next + "jeq %r0, 0, out\nldxw %r0, [%r8]\nmov %r7, %r0\nja end\nout:\nmov %r7, 77\nend:\n" + destroy + "mov %r0, %r7\nexit"},
		{Name: "bytes of an element", Text: "mov %r2, 0x1234567\nmov %r3, 0x1234569\n" + new + next + "mov %r7, 0\njeq %r0, 0, out\nldxb %r7, [%r0+1]\nldxh %r1, [%r0+2]\nadd %r7, %r1\nout:\n" + destroy + "mov %r0, %r7\nexit"},
		{Name: "new again", Text: "mov %r2, 1\nmov %r3, 3\n" + new + next + destroy + "mov %r2, 8\nmov %r3, 9\n" + new + next + "mov %r7, 0\njeq %r0, 0, out\nldxw %r7, [%r0]\nout:\n" + destroy + "mov %r0, %r7\nexit"},
		{Name: "stack of a dead iterator", Text: "mov %r2, 1\nmov %r3, 3\n" + new + next + destroy + "ldxdw %r0, [%r10-8]\nexit"},
		{Name: "nested", Text: strings.ReplaceAll(Numbers("0", "5", `
			mov %r9, %r1
			mov %r1, %r10
			add %r1, -16
			mov %r2, 0
			mov %r3, %r9
			call bpf_iter_num_new
		inner:
			mov %r1, %r10
			add %r1, -16
			call bpf_iter_num_next
			jeq %r0, 0, over
			ldxw %r1, [%r0]
			mul %r1, %r9
			add %r7, %r1
			ja inner
		over:
			mov %r1, %r10
			add %r1, -16
			call bpf_iter_num_destroy`), "\t", "")},
		{Name: "advanced by a function", Text: "mov %r2, 0\nmov %r3, 6\n" + new + `
			mov %r7, 0
		loop:
			mov %r1, %r10
			add %r1, -8
			call local step
			jeq %r0, 0, done
			add %r7, %r0
			mov %r1, %r10
			add %r1, -8
			call local step
			lsh %r7, 4
			xor %r7, %r0
			ja loop
		done:
			` + destroy + `mov %r0, %r7
			exit
		step:
			call bpf_iter_num_next
			jeq %r0, 0, none
			ldxw %r0, [%r0]
			.rep 45 add %r0, 3
		none:
			exit`},
		{Name: "sections", Text: "call bpf_rcu_read_lock\ncall bpf_preempt_disable\nmov %r7, 5\ncall bpf_preempt_enable\ncall bpf_rcu_read_unlock\nmov %r0, %r7\nexit"},
	}
	return named("iterator: ", cases)
}
