package inlined

// stringFunctions: every size that is expanded and some that are not, between
// stack, memory and map values, overlapping.
func stringFunctions() []Case {
	from := "mov %r0, 1\njlt %r2, 20, out\nmov %r6, %r1\n"
	value := "lddw %r9, value array\n"
	sum := "mov %r0, 0\n"
	for _, off := range []string{"-8", "-16", "-24", "-32", "-40", "-48", "-56", "-64", "-72"} {
		sum += "ldxdw %r1, [%r10" + off + "]\nmul %r0, 31\nadd %r0, %r1\n"
	}
	arg := func(r, base, off string) string {
		return "mov %r" + r + ", %r" + base + "\nadd %r" + r + ", " + off + "\n"
	}
	cases := []Case{
		{Name: "overlap upwards", Text: from + arg("1", "6", "3") + arg("2", "6", "0") + "mov %r3, 17\ncall memmove\nldxb %r0, [%r0+1]\nout:\nexit"},
		{Name: "overlap downwards", Text: from + arg("1", "6", "0") + arg("2", "6", "3") + "mov %r3, 17\ncall memmove\nldxb %r0, [%r0+1]\nout:\nexit"},
		{Name: "memory to a value and back", Text: from + value + "mov %r1, %r9\nmov %r2, %r6\nmov %r3, 20\ncall memcpy\n" + arg("1", "6", "2") + arg("2", "9", "1") + "mov %r3, 18\ncall memcpy\nmov %r0, 0\nout:\nexit"},
		{Name: "set by the length", Text: from + "mov %r7, %r2\n" + "mov %r1, %r6\nmov %r2, %r7\nmov %r3, 20\ncall memset\nmov %r0, 0\nout:\nexit"},
		{Name: "variable size", Text: from + "mov %r7, %r2\nand %r7, 15\n" + "mov %r1, %r6\nmov %r2, 0x77\nmov %r3, %r7\ncall memset\nmov %r0, %r7\nout:\nexit"},
		{Name: "variable size to the stack", Text: from + value + "mov %r7, %r2\nand %r7, 63\n" + arg("1", "10", "-72") + "mov %r2, %r9\nmov %r3, %r7\ncall memcpy\n" + sum + "out:\nexit"},
		{Name: "zero bytes", Text: "mov %r6, %r1\nmov %r2, 1\nmov %r3, 0\ncall memset\nsub %r0, %r6\nexit"},
	}
	for _, n := range []string{"1", "2", "3", "4", "7", "8", "15", "31", "63", "64", "65", "72"} {
		cases = append(cases,
			Case{Name: "copy to the stack " + n, Text: value + arg("1", "10", "-72") + "mov %r2, %r9\nmov %r3, " + n + "\ncall memcpy\n" + sum + "exit"},
			Case{Name: "set the stack " + n, Text: arg("1", "10", "-72") + "mov %r2, 0x1a5\nmov %r3, " + n + "\ncall memset\n" + sum + "exit"},
			Case{Name: "move in a value " + n, Text: value + arg("1", "9", "5") + "mov %r2, %r9\nmov %r3, " + n + "\ncall memmove\nldxdw %r0, [%r0+3]\nexit"})
	}
	for _, n := range []string{"1", "2", "3", "4", "5", "8", "13", "20"} {
		// Only the sign is defined.
		cases = append(cases, Case{Name: "compare " + n, Text: from + value + "stxdw [%r9], %r2\nldxb %r3, [%r6]\nand %r3, 1\nadd %r3, %r6\nmov %r1, %r6\nldxdw %r4, [%r6]\nstxdw [%r9], %r4\nldxdw %r4, [%r6+8]\nstxdw [%r9+8], %r4\nldxw %r4, [%r6+16]\nstxw [%r9+16], %r4\n" +
			"ldxb %r4, [%r6+5]\nand %r4, 15\nadd %r4, %r9\nldxb %r5, [%r4]\nldxb %r3, [%r6+4]\nand %r3, 3\nsub %r5, 1\nadd %r5, %r3\nstxb [%r4], %r5\n" +
			"mov %r2, %r9\nmov %r3, " + n + "\ncall memcmp\nmov %r1, 1\njeq32 %r0, 0, equal\njslt32 %r0, 0, less\nmov %r0, 1\nja out\nequal:\nmov %r0, 2\nja out\nless:\nmov %r0, 3\nout:\nexit"})
	}
	return named("string: ", cases)
}
