package interp

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

func TestIterators(t *testing.T) {
	names := []string{"bpf_iter_num_new", "bpf_iter_num_next", "bpf_iter_num_destroy"}
	const (
		at      = "mov %r1, %r10\nadd %r1, -8\n"
		destroy = at + "call 90002\n"
	)
	create := func(start, end string) string {
		return at + "mov %r2, " + start + "\nmov %r3, " + end + "\ncall 90000\n"
	}
	const sum = "mov %r6, 0\nnext:\n" + at + "call 90001\njeq %r0, 0, done\nldxsw %r1, [%r0]\nadd %r6, %r1\nja next\ndone:\n"
	features := []feature{
		{name: "sum", text: create("3", "7") + sum + destroy + "mov %r0, %r6\nexit", want: []uint64{18}},
		{name: "negative", text: create("-2", "1") + sum + destroy + "mov %r0, %r6\nexit", want: []uint64{^uint64(2)}},
		{name: "empty", text: create("3", "3") + sum + destroy + "mov %r0, %r6\nexit", want: []uint64{0}},
		{name: "wrong order", text: create("4", "3") + "mov %r7, %r0\n" + sum + destroy + "mov %r0, %r7\nexit", want: []uint64{errnoOf(bpf.EINVAL)}},
		{name: "too many", text: create("-8388608", "1") + "mov %r7, %r0\n" + destroy + "mov %r0, %r7\nexit", want: []uint64{errnoOf(bpf.E2BIG)}},
		{name: "not destroyed", text: create("3", "7") + sum + end, fault: "the program ends and holds an iterator"},
		{name: "not made", text: sum + end, fault: "where no such iterator starts"},
		{name: "destroyed twice", text: create("3", "7") + destroy + destroy + end, fault: "where no such iterator starts"},
		{name: "made twice", text: create("3", "7") + create("3", "7") + end, fault: "where an iterator is already"},
		{name: "read", text: create("3", "7") + "ldxdw %r0, [%r10-8]\nexit", fault: "are of an iterator, which only helpers may touch"},
		{name: "overwritten", text: create("3", "7") + "stb [%r10-1], 0\n" + end, fault: "are of an iterator, which only helpers may touch"},
		{name: "element after the end", text: create("3", "7") + at + "call 90001\nmov %r6, %r0\n" + destroy + "ldxw %r0, [%r6]\nexit", fault: "the iterator has been released by bpf_iter_num_destroy"},
		{name: "element written", text: create("3", "7") + at + "call 90001\nstw [%r0], 1\nexit", fault: "memory is read-only"},
		{name: "not aligned", text: "mov %r1, %r10\nadd %r1, -12\nmov %r2, 0\nmov %r3, 1\ncall 90000\nexit", fault: "not aligned to 8"},
		{name: "not inside", text: "mov %r1, %r10\nmov %r2, 0\nmov %r3, 1\ncall 90000\nexit", fault: "not inside of the stack"},
		{name: "slot afterwards", text: create("3", "7") + destroy + "ldxdw %r0, [%r10-8]\nexit", fault: "is not initialised"},
		{name: "in a callee", text: create("3", "5") + "mov %r1, %r10\nadd %r1, -8\ncall local f\nmov %r6, %r0\n" + destroy + "mov %r0, %r6\nexit\nf:\ncall 90001\nldxw %r0, [%r0]\nexit", want: []uint64{3}},
		{name: "of a function that ended", text: "call local f\nexit\nf:\n" + create("3", "7") + "mov %r0, 0\nexit", fault: "ends and holds an iterator"},
	}
	for k := range features {
		features[k].kfuncs = names
	}
	runFeatures(t, features)
}

func TestBitIterators(t *testing.T) {
	const at = "mov %r1, %r10\nadd %r1, -16\n"
	runFeatures(t, []feature{{
		name: "bits", kfuncs: []string{"bpf_iter_bits_new", "bpf_iter_bits_next", "bpf_iter_bits_destroy"},
		text: "lddw %r2, 0x8000000000000021\nstxdw [%r10-24], %r2\nmov %r2, %r10\nadd %r2, -24\n" + at + "mov %r3, 1\ncall 90000\nmov %r6, 0\nnext:\n" + at +
			"call 90001\njeq %r0, 0, done\nldxw %r1, [%r0]\nlsh %r6, 8\nor %r6, %r1\nja next\ndone:\n" + at + "call 90002\nmov %r0, %r6\nexit", want: []uint64{0<<16 | 5<<8 | 63},
	}})
}

func TestDynptrs(t *testing.T) {
	ring := []*frontend.Map{ringMap()}
	array := []*frontend.Map{arrayMap(16, 1)}
	const (
		dyn     = "mov %r4, %r10\nadd %r4, -16\n"
		at      = "mov %r1, %r10\nadd %r1, -16\n"
		reserve = "lddw %r1, MAP+0\nmov %r2, 8\nmov %r3, 0\n" + dyn + "call 198\n"
		submit  = at + "mov %r2, 0\ncall 199\n"
		data    = at + "mov %r2, 0\nmov %r3, 8\ncall 203\n"
		local   = "lddw %r1, VAL+0\nmov %r6, %r1\nmov %r2, 16\nmov %r3, 0\n" + dyn + "call 197\n"
		read    = "mov %r1, %r10\nadd %r1, -24\nmov %r2, 8\nmov %r3, %r10\nadd %r3, -16\nmov %r4, 4\nmov %r5, 0\ncall 201\n"
		write   = "lddw %r2, 0x1122334455667788\nstxdw [%r10-32], %r2\n" + at + "mov %r2, 4\nmov %r3, %r10\nadd %r3, -32\nmov %r4, 8\nmov %r5, 0\ncall 202\n"
		refused = "jne %r0, 0, exit\n"
	)
	runFeatures(t, []feature{
		{name: "submitted", maps: ring, text: reserve + submit + end, want: []uint64{1}},
		{name: "leaked", maps: ring, text: reserve + end, fault: "the program ends and holds a ring buffer record"},
		{name: "twice", maps: ring, text: reserve + submit + submit + end, fault: "where no dynptr starts"},
		{name: "data", maps: ring, text: reserve + data + "jeq %r0, 0, +1\nstdw [%r0], 1\n" + submit + end, want: []uint64{1}},
		{name: "no null check", maps: ring, text: reserve + data + "stdw [%r0], 1\n" + submit + end, want: []uint64{1}, fault: "does not point to memory"},
		{name: "data afterwards", maps: ring, text: reserve + data + "mov %r6, %r0\n" + submit + "jeq %r6, 0, +1\nstdw [%r6], 1\n" + end, want: []uint64{1}, fault: "has been released by ringbuf_submit_dynptr"},
		{name: "overwritten", maps: ring, text: reserve + "stb [%r10-1], 0\n" + end, fault: "are of a dynptr, which only helpers may touch"},
		{name: "read as bytes", maps: ring, text: reserve + "ldxb %r0, [%r10-9]\nexit", fault: "are of a dynptr, which only helpers may touch"},
		{name: "upper half", maps: ring, text: reserve + "mov %r1, %r10\nadd %r1, -8\nmov %r2, 0\ncall 199\nexit", fault: "not aligned to 8 or not inside of the stack"},
		{name: "local", maps: array, text: local + write + refused + read + refused + "ldxdw %r0, [%r10-24]\nexit", want: []uint64{0x1122334455667788}},
		{name: "local in the value", maps: array, text: local + write + refused + "ldxdw %r0, [%r6+4]\nexit", want: []uint64{0x1122334455667788}},
		{name: "local, too far", maps: array, text: local + "mov %r1, %r10\nadd %r1, -24\nmov %r2, 8\nmov %r3, %r10\nadd %r3, -16\nmov %r4, 9\nmov %r5, 0\ncall 201\nexit", want: []uint64{errnoOf(bpf.E2BIG)}},
		{name: "local overwritten", maps: array, text: local + "stb [%r10-1], 0\n" + end, want: []uint64{1}},
		{name: "local overwritten and used", maps: array, text: local + "stb [%r10-1], 0\n" + data + "exit", fault: "where no dynptr starts"},
		{name: "slice of one overwritten", maps: array, text: local + data + "stb [%r10-1], 0\nldxb %r0, [%r0]\nexit", fault: "the dynptr that gave this memory is gone"},
		{name: "made twice", maps: array, text: local + local + end, want: []uint64{1}},
		{name: "slice of one made again", maps: array, text: local + data + "mov %r7, %r0\n" + local + "ldxb %r0, [%r7]\nexit", fault: "the dynptr that gave this memory is gone"},
		{name: "reserved twice", maps: ring, text: reserve + reserve + end, fault: "where a dynptr is that has to be given back"},
		{name: "of the stack", text: "stdw [%r10-24], 0\nmov %r1, %r10\nadd %r1, -24\nmov %r2, 8\nmov %r3, 0\n" + dyn + "call 197\nexit", fault: "not a map value"},
		{name: "not a dynptr", maps: array, text: data + "exit", fault: "where no dynptr starts"},
		{name: "wrong kind", maps: array, text: local + submit + end, fault: "not a dynptr of ringbuf_reserve_dynptr"},
	})
}

func TestPacketDynptrs(t *testing.T) {
	names := []string{"bpf_dynptr_from_skb", "bpf_dynptr_slice", "bpf_dynptr_slice_rdwr", "bpf_dynptr_size", "bpf_dynptr_adjust", "bpf_dynptr_clone", "bpf_dynptr_is_null"}
	const (
		from = "mov %r9, %r1\nmov %r2, 0\nmov %r3, %r10\nadd %r3, -16\ncall 90000\n"
		at   = "mov %r1, %r10\nadd %r1, -16\n"
		none = "mov %r3, 0\nmov %r4, 4\n"
		in   = "stdw [%r10-24], 0\nmov %r3, %r10\nadd %r3, -24\nmov %r4, 4\n"
		null = "jne %r0, 0, +2\nmov %r0, 9\nexit\n"
		load = "ldxw %r0, [%r0]\nexit"
		move = "mov %r1, %r9\nmov %r2, 0\ncall 39\n"
	)
	features := []feature{
		{name: "slice", text: from + at + "mov %r2, 8\n" + none + "call 90001\n" + null + load, want: []uint64{0x0b0a0908}},
		{name: "behind, no buffer", text: from + at + "mov %r2, 28\n" + none + "call 90001\n" + null + load, want: []uint64{9}},
		{name: "behind, buffer", text: from + at + "mov %r2, 28\n" + in + "call 90001\n" + null + load, want: []uint64{0x1f1e1d1c}},
		{name: "outside", text: from + at + "mov %r2, 37\n" + in + "call 90001\n" + null + load, want: []uint64{9}},
		{name: "written", text: from + at + "mov %r2, 8\n" + none + "call 90002\n" + null + "stw [%r0], 5\nldxw %r2, [%r9+76]\nldxb %r0, [%r2+8]\nexit", want: []uint64{5}},
		{name: "not for writing", text: from + at + "mov %r2, 8\n" + none + "call 90001\n" + null + "stw [%r0], 5\nexit", fault: "memory is read-only"},
		{name: "moved", text: from + at + "mov %r2, 8\n" + none + "call 90001\n" + null + "mov %r6, %r0\n" + move + "ldxw %r0, [%r6]\nexit", fault: "the packet was moved by skb_pull_data"},
		{name: "dynptr after a move", text: from + move + at + "mov %r2, 8\n" + none + "call 90001\n" + null + load, want: []uint64{0x0b0a0908}},
		{name: "size", text: from + at + "call 90003\nexit", want: []uint64{40}},
		{name: "narrower", text: from + at + "mov %r2, 4\nmov %r3, 10\ncall 90004\n" + at + "mov %r2, 2\n" + none + "call 90001\n" + null + load, want: []uint64{0x09080706}},
		{name: "clone", text: from + at + "mov %r2, %r10\nadd %r2, -32\ncall 90005\nstdw [%r10-8], 0\nmov %r1, %r10\nadd %r1, -32\nmov %r2, 8\n" + none + "call 90001\n" + null + load, want: []uint64{0x0b0a0908}},
		{name: "refused", text: "mov %r2, 1\nmov %r3, %r10\nadd %r3, -16\ncall 90000\n" + at + "call 90006\nexit", want: []uint64{1}},
	}
	for k := range features {
		features[k].kfuncs, features[k].hook, features[k].in = names, "sched_cls", packetOf(30)
	}
	runFeatures(t, features)
}

func TestSections(t *testing.T) {
	names := []string{"bpf_rcu_read_lock", "bpf_rcu_read_unlock", "bpf_preempt_disable", "bpf_preempt_enable"}
	features := []feature{
		{name: "rcu", text: "call 90000\ncall 90001\n" + end, want: []uint64{1}},
		{name: "rcu, not ended", text: "call 90000\n" + end, fault: "the program ends in an RCU read section"},
		{name: "rcu, not begun", text: "call 90001\n" + end, fault: "bpf_rcu_read_unlock is in no RCU read section"},
		{name: "preempt", text: "call 90002\ncall 90003\n" + end, want: []uint64{1}},
		{name: "preempt, not ended", text: "call 90002\n" + end, fault: "the program ends in a section without preemption"},
	}
	for k := range features {
		features[k].kfuncs = names
	}
	runFeatures(t, features)
}
