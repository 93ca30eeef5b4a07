package verifier_test

// fromPacket has a dynptr of the packet at r10 - 16; r9 is the context.
func fromPacket(kind string) string {
	return "r9 = r1\nr2 = 0\nr3 = r10\nr3 += -16\ncall bpf_dynptr_from_" + kind + "\n"
}

// slice has in r0 a slice of 8 bytes of the dynptr at r10 - 16, or NULL; r3 is
// the buffer.
func slice(name, buffer string) string {
	return buffer + "\nr1 = r10\nr1 += -16\nr2 = 0\nr4 = 8\ncall " + name + "\n"
}

const (
	stackBuffer = "r3 = r10\nr3 += -24"
	noBuffer    = "r3 = 0"
)

// sliceCases are about dynptrs of packets and functions of the kernel.
var sliceCases = []objectCase{
	{"sched_cls", "from skb", "", "", fromPacket("skb") + "r0 = 0\nexit"},
	{"xdp", "from xdp", "", "", fromPacket("xdp") + "r0 = 0\nexit"},
	{"xdp", "from skb in xdp", "V020", "", fromPacket("skb") + "r0 = 0\nexit"},
	{"sched_cls", "slice", "", "", fromPacket("skb") + slice("bpf_dynptr_slice", stackBuffer) + "if r0 == 0 goto l\nr0 = *(u64 *)(r0 + 0)\nl:\nr0 = 0\nexit"},
	{"sched_cls", "slice without buffer", "", "", fromPacket("skb") + slice("bpf_dynptr_slice", noBuffer) + "if r0 == 0 goto l\nr0 = *(u64 *)(r0 + 0)\nl:\nr0 = 0\nexit"},
	{"sched_cls", "slice or NULL", "V012", "", fromPacket("skb") + slice("bpf_dynptr_slice", noBuffer) + "r0 = *(u64 *)(r0 + 0)\nr0 = 0\nexit"},
	{"sched_cls", "slice beyond", "V035", "", fromPacket("skb") + slice("bpf_dynptr_slice", noBuffer) + "if r0 == 0 goto l\nr0 = *(u64 *)(r0 + 1)\nl:\nr0 = 0\nexit"},
	{"sched_cls", "store to a read-only slice", "V018", "", fromPacket("skb") + slice("bpf_dynptr_slice", stackBuffer) + "if r0 == 0 goto l\n*(u64 *)(r0 + 0) = 1\nl:\nr0 = 0\nexit"},
	{"sched_cls", "store to a slice", "", "", fromPacket("skb") + slice("bpf_dynptr_slice_rdwr", stackBuffer) + "if r0 == 0 goto l\n*(u64 *)(r0 + 0) = 1\nl:\nr0 = 0\nexit"},
	{"xdp", "store to a slice", "", "", fromPacket("xdp") + slice("bpf_dynptr_slice_rdwr", stackBuffer) + "if r0 == 0 goto l\n*(u64 *)(r0 + 0) = 1\nl:\nr0 = 0\nexit"},
	{"cgroup_skb", "writable slice", "V018", "", fromPacket("skb") + slice("bpf_dynptr_slice_rdwr", stackBuffer) + "r0 = 0\nexit"},
	{"sched_cls", "buffer too small", "V014", "", fromPacket("skb") + slice("bpf_dynptr_slice", "r3 = r10\nr3 += -4") + "r0 = 0\nexit"},
	{"sched_cls", "buffer over the dynptr", "V029", "", fromPacket("skb") + slice("bpf_dynptr_slice", "r3 = r10\nr3 += -12") + "r0 = 0\nexit"},
	{"sched_cls", "buffer in a map value", "", "", "r8 = r1\n" + found + "r7 = r0\nr1 = r8\n" + fromPacket("skb") + slice("bpf_dynptr_slice", "r3 = r7") + "r0 = 0\nexit"},
	{"sched_cls", "size unknown", "V022", "", fromPacket("skb") + "r4 = *(u32 *)(r9 + 0)\nr4 &= 7\nr1 = r10\nr1 += -16\nr2 = 0\nr3 = 0\ncall bpf_dynptr_slice\nr0 = 0\nexit"},
	{"sched_cls", "slice after the packet moved", "V017", "", fromPacket("skb") + slice("bpf_dynptr_slice", noBuffer) + "if r0 == 0 goto l\nr6 = r0\nr1 = r9\nr2 = 0\ncall skb_pull_data\nr0 = *(u64 *)(r6 + 0)\nl:\nr0 = 0\nexit"},
	{"xdp", "slice after the packet moved", "V017", "", fromPacket("xdp") + slice("bpf_dynptr_slice", noBuffer) + "if r0 == 0 goto l\nr6 = r0\nr1 = r9\nr2 = 4\ncall xdp_adjust_head\nr0 = *(u64 *)(r6 + 0)\nl:\nr0 = 0\nexit"},
	{"sched_cls", "slice after a write", "V017", "", fromPacket("skb") + slice("bpf_dynptr_slice", noBuffer) + "if r0 == 0 goto l\nr6 = r0\n*(u64 *)(r10 - 32) = 1\nr1 = r10\nr1 += -16\nr2 = 0\nr3 = r10\nr3 += -32\nr4 = 8\nr5 = 0\ncall dynptr_write\nr0 = *(u64 *)(r6 + 0)\nl:\nr0 = 0\nexit"},
	{"xdp", "slice after a write", "", "", fromPacket("xdp") + slice("bpf_dynptr_slice", noBuffer) + "if r0 == 0 goto l\nr6 = r0\n*(u64 *)(r10 - 32) = 1\nr1 = r10\nr1 += -16\nr2 = 0\nr3 = r10\nr3 += -32\nr4 = 8\nr5 = 0\ncall dynptr_write\nr0 = *(u64 *)(r6 + 0)\nl:\nr0 = 0\nexit"},
	{"sched_cls", "slice after the dynptr was overwritten", "", "", fromPacket("skb") + slice("bpf_dynptr_slice", noBuffer) + "if r0 == 0 goto l\nr6 = r0\n*(u64 *)(r10 - 16) = 0\nr0 = *(u64 *)(r6 + 0)\nl:\nr0 = 0\nexit"},
	{"sched_cls", "dynptr after the packet moved", "", "", fromPacket("skb") + "r1 = r9\nr2 = 0\ncall skb_pull_data\n" + slice("bpf_dynptr_slice", noBuffer) + "r0 = 0\nexit"},
	{"sched_cls", "spill under a slice", "V017", "kernel: forgets that the slice may be the buffer", fromPacket("skb") + slice("bpf_dynptr_slice_rdwr", stackBuffer) + "if r0 == 0 goto l\n*(u64 *)(r10 - 24) = r9\n*(u64 *)(r0 + 0) = 1\nr1 = *(u64 *)(r10 - 24)\nr0 = *(u32 *)(r1 + 0)\nl:\nr0 = 0\nexit"},
	{"sched_cls", "number under a slice", "V011", "kernel: forgets that the slice may be the buffer", "r8 = r1\n" + found + "r7 = r0\nr1 = r8\n" + fromPacket("skb") + slice("bpf_dynptr_slice_rdwr", stackBuffer) + "if r0 == 0 goto l\n*(u64 *)(r10 - 24) = 1\nr1 = *(u32 *)(r9 + 0)\n*(u32 *)(r0 + 0) = r1\nr1 = *(u64 *)(r10 - 24)\nr7 += r1\nr0 = *(u8 *)(r7 + 0)\nl:\nr0 = 0\nexit"},
	{"sched_cls", "slice may be a buffer of a function that ended", "V025", "kernel: forgets that the slice may be the buffer", "call f\nif r0 == 0 goto l\n*(u64 *)(r0 + 0) = 1\nl:\nr0 = 0\nexit\nfunc f\n" + fromPacket("skb") + slice("bpf_dynptr_slice_rdwr", stackBuffer) + "exit"},
	{"sched_cls", "slice of a local dynptr", "", "", "r8 = r1\n" + fromMem + slice("bpf_dynptr_slice_rdwr", noBuffer) + "if r0 == 0 goto l\nr6 = r0\nr1 = r8\nr2 = 0\ncall skb_pull_data\n*(u64 *)(r6 + 0) = 1\nl:\nr0 = 0\nexit"},

	{"xdp", "adjust", "", "", fromMem + "r1 = r10\nr1 += -16\nr2 = 1\nr3 = 2\ncall bpf_dynptr_adjust\nr0 = 0\nexit"},
	{"xdp", "size", "", "", fromMem + "r1 = r10\nr1 += -16\ncall bpf_dynptr_size\nexit"},
	{"xdp", "size of none", "V029", "", "r1 = r10\nr1 += -16\ncall bpf_dynptr_size\nexit"},
	{"xdp", "clone", "", "", fromMem + "r1 = r10\nr1 += -16\nr2 = r10\nr2 += -32\ncall bpf_dynptr_clone\nr1 = r10\nr1 += -32\nr2 = 0\nr3 = 8\ncall dynptr_data\nr0 = 0\nexit"},
	{"xdp", "clone of a reservation", "", "", reserveDynptr + "r1 = r10\nr1 += -16\nr2 = r10\nr2 += -32\ncall bpf_dynptr_clone\n" + submitDynptr},
	{"xdp", "clone given back", "", "", reserveDynptr + "r1 = r10\nr1 += -16\nr2 = r10\nr2 += -32\ncall bpf_dynptr_clone\nr1 = r10\nr1 += -32\nr2 = 0\ncall ringbuf_submit_dynptr\nr0 = 0\nexit"},
	{"xdp", "clone and original given back", "V029", "", reserveDynptr + "r1 = r10\nr1 += -16\nr2 = r10\nr2 += -32\ncall bpf_dynptr_clone\nr1 = r10\nr1 += -32\nr2 = 0\ncall ringbuf_submit_dynptr\n" + submitDynptr},
	{"xdp", "clone of a reservation overwritten", "V029", "", reserveDynptr + "r1 = r10\nr1 += -16\nr2 = r10\nr2 += -32\ncall bpf_dynptr_clone\n*(u64 *)(r10 - 32) = 0\n" + submitDynptr},
	{"xdp", "reservation and clone overwritten", "V029", "", reserveDynptr + "r1 = r10\nr1 += -16\nr2 = r10\nr2 += -32\ncall bpf_dynptr_clone\n*(u64 *)(r10 - 32) = 0\n*(u64 *)(r10 - 16) = 0\nr0 = 0\nexit"},
	{"xdp", "clone over its original", "V029", "", reserveDynptr + "r1 = r10\nr1 += -16\nr2 = r10\nr2 += -24\ncall bpf_dynptr_clone\n" + submitDynptr},
	{"xdp", "clone of none", "V029", "", "r1 = r10\nr1 += -16\nr2 = r10\nr2 += -32\ncall bpf_dynptr_clone\nr0 = 0\nexit"},
	{"xdp", "slice of a clone after submit", "V036", "", reserveDynptr + "r1 = r10\nr1 += -16\nr2 = r10\nr2 += -32\ncall bpf_dynptr_clone\nr1 = r10\nr1 += -32\nr2 = 0\nr3 = 8\ncall dynptr_data\nr7 = r0\nif r0 == 0 goto l\nr1 = r10\nr1 += -16\nr2 = 0\ncall ringbuf_submit_dynptr\nr0 = *(u8 *)(r7 + 0)\nexit\nl:\n" + submitDynptr},
	{"xdp", "slice after its clone was overwritten", "", "", fromMem + "r1 = r10\nr1 += -16\nr2 = r10\nr2 += -32\ncall bpf_dynptr_clone\n" + dynptrData + "if r0 == 0 goto l\n*(u64 *)(r10 - 32) = 0\nr0 = *(u8 *)(r7 + 0)\nl:\nr0 = 0\nexit"},

	{"sched_cls", "rcu section", "", "", "call bpf_rcu_read_lock\ncall bpf_rcu_read_unlock\nr0 = 0\nexit"},
	{"sched_cls", "rcu section not ended", "V027", "", "call bpf_rcu_read_lock\nr0 = 0\nexit"},
	{"sched_cls", "rcu unlock alone", "V028", "", "call bpf_rcu_read_unlock\nr0 = 0\nexit"},
	{"sched_cls", "rcu sections nested", "V028", "", "call bpf_rcu_read_lock\ncall bpf_rcu_read_lock\ncall bpf_rcu_read_unlock\ncall bpf_rcu_read_unlock\nr0 = 0\nexit"},
	{"sched_cls", "preemption off", "", "", "call bpf_preempt_disable\ncall ktime_get_ns\ncall bpf_preempt_enable\nr0 = 0\nexit"},
	{"sched_cls", "preemption off twice", "", "", "call bpf_preempt_disable\ncall bpf_preempt_disable\ncall bpf_preempt_enable\ncall bpf_preempt_enable\nr0 = 0\nexit"},
	{"sched_cls", "preemption off, on once", "V027", "", "call bpf_preempt_disable\ncall bpf_preempt_disable\ncall bpf_preempt_enable\nr0 = 0\nexit"},
	{"sched_cls", "preemption on alone", "V028", "", "call bpf_preempt_enable\nr0 = 0\nexit"},
	{"sched_cls", "rcu section while locked", "V028", "", lockValue + lock + "call bpf_rcu_read_lock\ncall bpf_rcu_read_unlock\n" + unlock + "r0 = 0\nexit"},
	{"sched_cls", "lock in an rcu section", "", "", lockValue + "call bpf_rcu_read_lock\n" + lock + unlock + "call bpf_rcu_read_unlock\nr0 = 0\nexit"},
	{"sched_cls", "numbers while locked", "", "", lockValue + lock + "r1 = r10\nr1 += -16\nr2 = 0\nr3 = 4\ncall bpf_iter_num_new\nr1 = r10\nr1 += -16\ncall bpf_iter_num_destroy\n" + unlock + "r0 = 0\nexit"},
}
