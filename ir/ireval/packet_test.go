package ireval_test

import "testing"

// TestPacketLoads: inside, across the end, before the start; indices whose sum
// with the offset wraps; in a function, inlined or not.
func TestPacketLoads(t *testing.T) {
	for _, c := range []rawCase{
		{"byte", "mov %r6, %r1\nldabsb 7\nexit"},
		{"half", "mov %r6, %r1\nldabsh 7\nexit"},
		{"word", "mov %r6, %r1\nldabsw 7\nexit"},
		{"first", "mov %r6, %r1\nldabsw 0\nexit"},
		{"negative", "mov %r6, %r1\nldabsb -1\nmov %r0, 9\nexit"},
		{"far", "mov %r6, %r1\nldabsw 0x7fffffff\nexit"},
		{"length as index", "mov %r6, %r1\nmov %r7, %r2\nldindb %r7, -1\nexit"},
		{"length as index, half", "mov %r6, %r1\nmov %r7, %r2\nldindh %r7, -2\nexit"},
		{"length as index, word", "mov %r6, %r1\nmov %r7, %r2\nldindw %r7, -3\nexit"},
		{"sum wraps to a positive one", "mov %r6, %r1\nlddw %r7, 0x12345fffffffe\nldindw %r7, 5\nexit"},
		{"sum wraps to a negative one", "mov %r6, %r1\nmov %r7, 0x7fffffff\nldindb %r7, 1\nexit"},
		{"largest sum", "mov %r6, %r1\nmov %r7, 0x7ffffff0\nldindw %r7, 15\nexit"},
		{"byte as index", "mov %r6, %r1\nldabsb 0\nmov %r7, %r0\nldindw %r7, 1\nmov %r8, %r0\nldabsh 2\nlsh %r8, 16\nor %r0, %r8\nexit"},
		{"behind a store", "mov %r0, 0\nmov %r6, %r1\njlt %r2, 4, out\nstb [%r6+2], 0x55\nldabsw 0\nout:\nexit"},
		{"inlined function", "call local f\nadd %r0, 7\nexit\nf:\nmov %r6, %r1\nldabsw 3\nadd %r0, 1\nexit"},
		{"function", "mov %r6, %r1\ncall local f\nmov %r7, %r0\nmov %r1, %r6\ncall local f\nadd %r0, %r7\nexit\nf:\nmov %r6, %r1\nldabsw 3\n.rep 45 add %r0, 3\nexit"},
	} {
		t.Run(c.name, func(t *testing.T) { agree(t, rawObject(t, c.text), memories()) })
	}
}
