package ireval_test

import (
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/ir"
)

// numbers is a loop over start to end, as bpf_for makes it, with the iterator
// at r10-8, the number in r1 and a sum in r7.
func numbers(start, end, body string) string {
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

// TestIterators: the numbers, refused ranges, elements that are read late, two
// iterators at once, one that a function advances.
func TestIterators(t *testing.T) {
	next := "mov %r1, %r10\nadd %r1, -8\ncall bpf_iter_num_next\n"
	new := "mov %r1, %r10\nadd %r1, -8\ncall bpf_iter_num_new\n"
	destroy := "mov %r1, %r10\nadd %r1, -8\ncall bpf_iter_num_destroy\n"
	for _, c := range []rawCase{
		{"sum", numbers("0", "10", "add %r7, %r1")},
		{"negative", numbers("-3", "4", "lsh %r7, 4\nxor %r7, %r1")},
		{"none", numbers("5", "5", "add %r7, 1")},
		{"wrong order", numbers("5", "4", "add %r7, 1")},
		{"many", numbers("0", "1000", "add %r7, %r1")},
		{"to the length", numbers("0", "%r8", "jge %r1, %r8, done\nmov %r2, %r6\nadd %r2, %r1\nldxb %r2, [%r2]\nadd %r7, %r2")},
		{"largest numbers", numbers("0x7ffffff8", "0x7fffffff", "xor %r7, %r1")},
		{"smallest numbers", numbers("0x80000000", "-2147483645", "xor %r7, %r1")},
		{"break", numbers("0", "100", "add %r7, %r1\njgt %r1, 7, done")},
		{"result of new", "mov %r2, 1\nmov %r3, 0\n" + new + "mov %r7, %r0\n" + destroy + "mov %r0, %r7\nexit"},
		{"result of new, too many", "mov %r2, 0\nmov %r3, 0x800001\n" + new + "mov %r7, %r0\n" + destroy + "mov %r0, %r7\nexit"},
		{"result of new, most", "mov %r2, -1\nmov %r3, 0x7fffff\n" + new + "mov %r7, %r0\n" + destroy + "mov %r0, %r7\nexit"},
		{"result of new by length", "mov %r8, %r2\nsub %r2, 20\nmov %r3, 0\n" + new + "mov %r7, %r0\n" + next + "jeq %r0, 0, out\nldxw %r0, [%r0]\nadd %r7, %r0\nout:\n" + destroy + "mov %r0, %r7\nexit"},
		{"an element is one place", "mov %r2, 3\nmov %r3, 9\n" + new + next + "jeq %r0, 0, out\nmov %r8, %r0\n" + next + "jeq %r0, 0, out\nldxw %r0, [%r8]\nmov %r7, %r0\nja end\nout:\nmov %r7, 77\nend:\n" + destroy + "mov %r0, %r7\nexit"},
		{"bytes of an element", "mov %r2, 0x1234567\nmov %r3, 0x1234569\n" + new + next + "mov %r7, 0\njeq %r0, 0, out\nldxb %r7, [%r0+1]\nldxh %r1, [%r0+2]\nadd %r7, %r1\nout:\n" + destroy + "mov %r0, %r7\nexit"},
		{"new again", "mov %r2, 1\nmov %r3, 3\n" + new + next + destroy + "mov %r2, 8\nmov %r3, 9\n" + new + next + "mov %r7, 0\njeq %r0, 0, out\nldxw %r7, [%r0]\nout:\n" + destroy + "mov %r0, %r7\nexit"},
		{"stack of a dead iterator", "mov %r2, 1\nmov %r3, 3\n" + new + next + destroy + "ldxdw %r0, [%r10-8]\nexit"},
		{"nested", strings.ReplaceAll(numbers("0", "5", `
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
		{"advanced by a function", "mov %r2, 0\nmov %r3, 6\n" + new + `
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
		{"sections", "call bpf_rcu_read_lock\ncall bpf_preempt_disable\nmov %r7, 5\ncall bpf_preempt_enable\ncall bpf_rcu_read_unlock\nmov %r0, %r7\nexit"},
	} {
		t.Run(c.name, func(t *testing.T) { agree(t, rawObject(t, c.text), memories()[:24]) })
	}
}

// TestIteratorInRegisters: a loop over numbers has no memory access and no
// call left.
func TestIteratorInRegisters(t *testing.T) {
	obj := rawObject(t, numbers("0", "1000", "add %r7, %r1"))
	last := ""
	stages(t, obj, obj.Programs[0], func(_ string, p *ir.Program) { last = ir.Print(p) })
	for _, op := range []string{"load", "store", "call"} {
		if strings.Contains(last, " "+op) || strings.Contains(last, "\t"+op) {
			t.Errorf("the loop has a %s:\n%s", op, last)
		}
	}
}

// TestStringFunctions: every size that is expanded and some that are not,
// between stack, memory and map values, overlapping.
func TestStringFunctions(t *testing.T) {
	array := &frontend.Map{Name: "array", Type: bpf.MapArray, KeySize: 4, ValueSize: 80, MaxEntries: 1, Data: []byte("The quick brown fox jumps over the lazy dog, again and again, until the dog gets up...")[:80]}
	from := "mov %r0, 1\njlt %r2, 20, out\nmov %r6, %r1\n"
	value := "lddw %r9, value array\n"
	sum := "mov %r0, 0\n"
	for _, off := range []string{"-8", "-16", "-24", "-32", "-40", "-48", "-56", "-64", "-72"} {
		sum += "ldxdw %r1, [%r10" + off + "]\nmul %r0, 31\nadd %r0, %r1\n"
	}
	arg := func(r, base, off string) string {
		return "mov %r" + r + ", %r" + base + "\nadd %r" + r + ", " + off + "\n"
	}
	cases := []rawCase{
		{"overlap upwards", from + arg("1", "6", "3") + arg("2", "6", "0") + "mov %r3, 17\ncall memmove\nldxb %r0, [%r0+1]\nout:\nexit"},
		{"overlap downwards", from + arg("1", "6", "0") + arg("2", "6", "3") + "mov %r3, 17\ncall memmove\nldxb %r0, [%r0+1]\nout:\nexit"},
		{"memory to a value and back", from + value + "mov %r1, %r9\nmov %r2, %r6\nmov %r3, 20\ncall memcpy\n" + arg("1", "6", "2") + arg("2", "9", "1") + "mov %r3, 18\ncall memcpy\nmov %r0, 0\nout:\nexit"},
		{"set by the length", from + "mov %r7, %r2\n" + "mov %r1, %r6\nmov %r2, %r7\nmov %r3, 20\ncall memset\nmov %r0, 0\nout:\nexit"},
		{"variable size", from + "mov %r7, %r2\nand %r7, 15\n" + "mov %r1, %r6\nmov %r2, 0x77\nmov %r3, %r7\ncall memset\nmov %r0, %r7\nout:\nexit"},
		{"variable size to the stack", from + value + "mov %r7, %r2\nand %r7, 63\n" + arg("1", "10", "-72") + "mov %r2, %r9\nmov %r3, %r7\ncall memcpy\n" + sum + "out:\nexit"},
		{"zero bytes", "mov %r6, %r1\nmov %r2, 1\nmov %r3, 0\ncall memset\nsub %r0, %r6\nexit"},
	}
	for _, n := range []string{"1", "2", "3", "4", "7", "8", "15", "31", "63", "64", "65", "72"} {
		cases = append(cases,
			rawCase{"copy to the stack " + n, value + arg("1", "10", "-72") + "mov %r2, %r9\nmov %r3, " + n + "\ncall memcpy\n" + sum + "exit"},
			rawCase{"set the stack " + n, arg("1", "10", "-72") + "mov %r2, 0x1a5\nmov %r3, " + n + "\ncall memset\n" + sum + "exit"},
			rawCase{"move in a value " + n, value + arg("1", "9", "5") + "mov %r2, %r9\nmov %r3, " + n + "\ncall memmove\nldxdw %r0, [%r0+3]\nexit"})
	}
	for _, n := range []string{"1", "2", "3", "4", "5", "8", "13", "20"} {
		// Only the sign is defined.
		cases = append(cases, rawCase{"compare " + n, from + value + "stxdw [%r9], %r2\nldxb %r3, [%r6]\nand %r3, 1\nadd %r3, %r6\nmov %r1, %r6\nldxdw %r4, [%r6]\nstxdw [%r9], %r4\nldxdw %r4, [%r6+8]\nstxdw [%r9+8], %r4\nldxw %r4, [%r6+16]\nstxw [%r9+16], %r4\n" +
			"ldxb %r4, [%r6+5]\nand %r4, 15\nadd %r4, %r9\nldxb %r5, [%r4]\nldxb %r3, [%r6+4]\nand %r3, 3\nsub %r5, 1\nadd %r5, %r3\nstxb [%r4], %r5\n" +
			"mov %r2, %r9\nmov %r3, " + n + "\ncall memcmp\nmov %r1, 1\njeq32 %r0, 0, equal\njslt32 %r0, 0, less\nmov %r0, 1\nja out\nequal:\nmov %r0, 2\nja out\nless:\nmov %r0, 3\nout:\nexit"})
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { agree(t, rawObject(t, c.text, array), memories()) })
	}
}
