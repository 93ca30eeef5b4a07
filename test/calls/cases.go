package calls

import "slices"

// sources are the cases. Names of registers that a callee must not lose are in
// r6 to r9; results mix all of them.
var sources = slices.Concat(functions, loops, frames, nested, walks, tails)

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
