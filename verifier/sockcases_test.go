package verifier_test

// skbSock has the socket of the packet in r6: a sock_common.
const skbSock = `
	r1 = *(u64 *)(r1 + 168)
	if r1 != 0 goto sk
	r0 = 0
	exit
sk:
	r6 = r1
`

// fullSock has the full socket of the packet in r6.
const fullSock = skbSock + `
	call sk_fullsock
	if r0 != 0 goto full
	exit
full:
	r6 = r0
`

// lookupSock has in r0 a socket that was looked up, or NULL; r7 is the context.
func lookupSock(helper string) string {
	return "r7 = r1\n*(u64 *)(r10 - 8) = 0\n*(u64 *)(r10 - 16) = 0\nr2 = r10\nr2 += -16\nr3 = 12\nr4 = -1\nr5 = 0\ncall " + helper + "\n"
}

// ownedSock is lookupSock with the test for NULL; r6 is the socket.
func ownedSock(helper string) string {
	return lookupSock(helper) + "if r0 != 0 goto own\nexit\nown:\nr6 = r0\n"
}

// releaseSock gives the socket in r6 back and ends.
const releaseSock = "r1 = r6\ncall sk_release\nr0 = 0\nexit"

// sockCases are about sockets.
var sockCases = []objectCase{
	{"sched_cls", "sk", "", "", skbSock + "r0 = *(u32 *)(r6 + 4)\nr0 = 0\nexit"},
	{"sched_cls", "sk may be NULL", "V012", "", "r1 = *(u64 *)(r1 + 168)\nr0 = *(u32 *)(r1 + 4)\nexit"},
	{"sched_cls", "sk read in part", "V016", "", "r1 = *(u32 *)(r1 + 168)\nr0 = 0\nexit"},
	{"sched_cls", "sk tested by its copy", "", "", "r1 = *(u64 *)(r1 + 168)\nr2 = r1\nr0 = 0\nif r2 == 0 goto l\nr0 = *(u32 *)(r1 + 4)\nr0 = 0\nl:\nexit"},
	{"sched_cls", "sk loaded twice", "V012", "", "r2 = *(u64 *)(r1 + 168)\nr3 = *(u64 *)(r1 + 168)\nr0 = 0\nif r2 == 0 goto l\nr0 = *(u32 *)(r3 + 4)\nl:\nexit"},
	{"sched_cls", "state", "", "", skbSock + "r0 = *(u32 *)(r6 + 72)\nr0 = 0\nexit"},
	{"sched_cls", "type of sock_common", "V039", "", skbSock + "r0 = *(u32 *)(r6 + 8)\nr0 = 0\nexit"},
	{"sched_cls", "mark of sock_common", "V039", "", skbSock + "r0 = *(u32 *)(r6 + 16)\nr0 = 0\nexit"},
	{"sched_cls", "full type", "", "", fullSock + "r0 = *(u32 *)(r6 + 8)\nr0 = 0\nexit"},
	{"sched_cls", "full mark", "", "", fullSock + "r0 = *(u32 *)(r6 + 16)\nr0 = 0\nexit"},
	{"sched_cls", "narrow family", "", "", fullSock + "r0 = *(u8 *)(r6 + 4)\nr0 = 0\nexit"},
	{"sched_cls", "narrow mark", "V039", "", fullSock + "r0 = *(u8 *)(r6 + 16)\nr0 = 0\nexit"},
	{"sched_cls", "narrow address", "", "", fullSock + "r0 = *(u8 *)(r6 + 31)\nr0 = *(u16 *)(r6 + 30)\nr0 = 0\nexit"},
	{"sched_cls", "unaligned address", "V039", "", fullSock + "r0 = *(u16 *)(r6 + 31)\nr0 = 0\nexit"},
	{"sched_cls", "port", "", "", fullSock + "r0 = *(u32 *)(r6 + 44)\nr0 = *(u16 *)(r6 + 48)\nr0 = 0\nexit"},
	{"sched_cls", "8 bytes", "V039", "", fullSock + "r0 = *(u64 *)(r6 + 24)\nr0 = 0\nexit"},
	{"sched_cls", "beyond", "V039", "", fullSock + "r0 = *(u32 *)(r6 + 80)\nr0 = 0\nexit"},
	{"sched_cls", "before", "V039", "", fullSock + "r0 = *(u32 *)(r6 - 4)\nr0 = 0\nexit"},
	{"sched_cls", "store", "V039", "", fullSock + "*(u32 *)(r6 + 16) = 1\nr0 = 0\nexit"},
	{"sched_cls", "atomic", "V019", "", fullSock + "r1 = 1\nlock *(u32 *)(r6 + 16) += r1\nr0 = 0\nexit"},
	{"sched_cls", "arithmetic", "V011", "", fullSock + "r6 += 4\nr0 = 0\nexit"},
	{"sched_cls", "arithmetic with a variable", "V011", "", fullSock + "r1 = *(u32 *)(r6 + 4)\nr6 += r1\nr0 = 0\nexit"},
	{"sched_cls", "difference", "", "", fullSock + "r6 -= r6\nr0 = 0\nexit"},
	{"sched_cls", "as memory of a helper", "V021", "", fullSock + "r1 = map hash\nr2 = r6\ncall map_lookup_elem\nr0 = 0\nexit"},
	{"sched_cls", "spilled", "", "", fullSock + "*(u64 *)(r10 - 8) = r6\nr1 = *(u64 *)(r10 - 8)\nr0 = *(u32 *)(r1 + 8)\nr0 = 0\nexit"},
	{"sched_cls", "full or NULL", "V012", "", skbSock + "call sk_fullsock\nr0 = *(u32 *)(r0 + 8)\nr0 = 0\nexit"},
	{"sched_cls", "fullsock of what may be NULL", "V012", "", "r1 = *(u64 *)(r1 + 168)\ncall sk_fullsock\nr0 = 0\nexit"},
	{"sched_cls", "fullsock of NULL", "V021", "", "r1 = 0\ncall sk_fullsock\nr0 = 0\nexit"},
	{"sched_cls", "fullsock of a task", "V021", "", "call get_current_task_btf\nr1 = r0\ncall sk_fullsock\nr0 = 0\nexit"},
	{"sched_cls", "storage of a socket as of a task", "V021", "", fullSock + "r1 = r6\ncall sk_fullsock\nr1 = map storage\nr2 = r6\nr3 = 0\nr4 = 0\ncall task_storage_get\nr0 = 0\nexit"},
	{"sched_cls", "fullsock of the context", "V021", "", "call sk_fullsock\nr0 = 0\nexit"},
	{"sched_cls", "tcp_sock", "", "", skbSock + "r1 = r6\ncall tcp_sock\nif r0 == 0 goto l\nr0 = *(u32 *)(r0 + 0)\nl:\nr0 = 0\nexit"},
	{"sched_cls", "tcp_sock wide", "", "", skbSock + "r1 = r6\ncall tcp_sock\nif r0 == 0 goto l\nr0 = *(u64 *)(r0 + 80)\nl:\nr0 = 0\nexit"},
	{"sched_cls", "tcp_sock narrow", "V039", "", skbSock + "r1 = r6\ncall tcp_sock\nif r0 == 0 goto l\nr0 = *(u8 *)(r0 + 0)\nl:\nr0 = 0\nexit"},
	{"sched_cls", "tcp_sock beyond", "V039", "", skbSock + "r1 = r6\ncall tcp_sock\nif r0 == 0 goto l\nr0 = *(u32 *)(r0 + 116)\nl:\nr0 = 0\nexit"},
	{"sched_cls", "tcp_sock unaligned", "V039", "", skbSock + "r1 = r6\ncall tcp_sock\nif r0 == 0 goto l\nr0 = *(u32 *)(r0 + 2)\nl:\nr0 = 0\nexit"},
	{"sched_cls", "tcp_sock or NULL", "V012", "", skbSock + "r1 = r6\ncall tcp_sock\nr0 = *(u32 *)(r0 + 0)\nr0 = 0\nexit"},
	{"sched_cls", "listener", "", "", fullSock + "r1 = r6\ncall get_listener_sock\nif r0 == 0 goto l\nr0 = *(u32 *)(r0 + 8)\nl:\nr0 = 0\nexit"},
	{"sched_cls", "release of the packet's", "V037", "", skbSock + releaseSock},
	{"sched_cls", "release of the packet's full socket", "V037", "", fullSock + releaseSock},
	{"sched_cls", "kernel's tcp_sock", "", "", ownedSock("skc_lookup_tcp") + "r1 = r6\ncall skc_to_tcp_sock\nif r0 == 0 goto l\nr6 = r0\n" + releaseSock + "\nl:\n" + releaseSock},
	{"sched_cls", "kernel's tcp_sock or NULL", "V012", "", ownedSock("skc_lookup_tcp") + "r1 = r6\ncall skc_to_tcp_sock\nr1 = r0\ncall sk_release\nr0 = 0\nexit"},
	{"sched_cls", "fields of the kernel's tcp_sock", "V040", "kernel: reads the fields by its BTF", ownedSock("skc_lookup_tcp") + "r1 = r6\ncall skc_to_tcp_sock\nif r0 == 0 goto l\nr7 = *(u16 *)(r0 + 16)\nl:\n" + releaseSock},

	{"sched_cls", "lookup and release", "", "", ownedSock("sk_lookup_tcp") + releaseSock},
	{"sched_cls", "lookup udp and release", "", "", ownedSock("sk_lookup_udp") + releaseSock},
	{"sched_cls", "lookup common and release", "", "", ownedSock("skc_lookup_tcp") + releaseSock},
	{"xdp", "lookup and release", "", "", ownedSock("sk_lookup_tcp") + releaseSock},
	{"sched_cls", "lookup not released", "V027", "", ownedSock("sk_lookup_tcp") + "r0 = 0\nexit"},
	{"sched_cls", "lookup not tested", "V027", "", lookupSock("sk_lookup_tcp") + "r0 = 0\nexit"},
	{"sched_cls", "lookup, read and release", "", "", ownedSock("sk_lookup_tcp") + "r8 = *(u32 *)(r6 + 16)\n" + releaseSock},
	{"sched_cls", "release what may be NULL", "V012", "", lookupSock("sk_lookup_tcp") + "r1 = r0\ncall sk_release\nr0 = 0\nexit"},
	{"sched_cls", "release twice", "V036", "", ownedSock("sk_lookup_tcp") + "r1 = r6\ncall sk_release\n" + releaseSock},
	{"sched_cls", "use after release", "V036", "", ownedSock("sk_lookup_tcp") + "r1 = r6\ncall sk_release\nr0 = *(u32 *)(r6 + 16)\nexit"},
	{"sched_cls", "tested only in the other copy", "", "", lookupSock("sk_lookup_tcp") + "r6 = r0\nif r0 == 0 goto l\n" + releaseSock + "\nl:\nr0 = 0\nexit"},
	{"sched_cls", "release a view", "", "", ownedSock("skc_lookup_tcp") + "r1 = r6\ncall sk_fullsock\nif r0 == 0 goto l\nr6 = r0\n" + releaseSock + "\nl:\n" + releaseSock},
	{"sched_cls", "view is NULL, original kept", "V027", "", ownedSock("skc_lookup_tcp") + "r1 = r6\ncall sk_fullsock\nif r0 == 0 goto l\nr6 = r0\n" + releaseSock + "\nl:\nr0 = 0\nexit"},
	{"sched_cls", "view used after release", "V036", "", ownedSock("sk_lookup_tcp") + "r1 = r6\ncall tcp_sock\nr8 = r0\nif r0 == 0 goto l\nr1 = r6\ncall sk_release\nr0 = *(u32 *)(r8 + 0)\nexit\nl:\n" + releaseSock},
	{"sched_cls", "original used after release of a view", "V036", "", ownedSock("sk_lookup_tcp") + "r1 = r6\ncall tcp_sock\nif r0 == 0 goto l\nr1 = r0\ncall sk_release\nr0 = *(u32 *)(r6 + 4)\nexit\nl:\n" + releaseSock},
	{"sched_cls", "view tested after release", "", "", ownedSock("sk_lookup_tcp") + "r1 = r6\ncall tcp_sock\nr8 = r0\nr1 = r6\ncall sk_release\nr0 = 0\nif r8 == 0 goto l\nr0 = 1\nl:\nexit"},
	{"sched_cls", "listener outlives the release", "", "", ownedSock("sk_lookup_tcp") + "r1 = r6\ncall get_listener_sock\nr8 = r0\nif r0 == 0 goto l\nr1 = r6\ncall sk_release\nr0 = *(u32 *)(r8 + 8)\nr0 = 0\nexit\nl:\n" + releaseSock},
	{"sched_cls", "release of the listener", "V037", "", ownedSock("sk_lookup_tcp") + "r1 = r6\ncall get_listener_sock\nr8 = r0\nif r0 == 0 goto l\nr1 = r8\ncall sk_release\nl:\n" + releaseSock},
	{"sched_cls", "assign", "", "", ownedSock("sk_lookup_tcp") + "r1 = r7\nr2 = r6\nr3 = 0\ncall sk_assign\n" + releaseSock},
	{"sched_cls", "assign what may be NULL", "V012", "", lookupSock("sk_lookup_tcp") + "r6 = r0\nr1 = r7\nr2 = r0\nr3 = 0\ncall sk_assign\nif r6 == 0 goto l\n" + releaseSock + "\nl:\nr0 = 0\nexit"},
	{"sched_cls", "released in a function", "", "", ownedSock("sk_lookup_tcp") + "r1 = r6\ncall f\nr0 = 0\nexit\nfunc f\ncall sk_release\nr0 = 0\nexit"},
	{"sched_cls", "record as a socket", "V021", "", "r7 = r1\n" + reserved + "r1 = r6\ncall sk_release\nr0 = 0\nexit"},
	{"sched_cls", "socket as a record", "V021", "", ownedSock("sk_lookup_tcp") + "r1 = r6\nr2 = 0\ncall ringbuf_submit\nr0 = 0\nexit"},
	{"sched_cls", "socket and record", "V027", "", ownedSock("sk_lookup_tcp") + reserve + "if r0 == 0 goto l\nr1 = r0\nr2 = 0\ncall ringbuf_submit\nl:\nr0 = 0\nexit"},
	{"sched_cls", "lookup while locked", "V028", "", "r8 = r1\n" + lockValue + lock + "r1 = r8\n" + lookupSock("sk_lookup_tcp") + unlock + "r0 = 0\nexit"},

	{"sched_cls", "storage", "", "", fullSock + "r1 = map storage\nr2 = r6\nr3 = 0\nr4 = 1\ncall sk_storage_get\nif r0 == 0 goto l\n*(u64 *)(r0 + 0) = 1\nl:\nr0 = 0\nexit"},
	{"sched_cls", "storage with a value", "", "", fullSock + "*(u64 *)(r10 - 8) = 1\nr1 = map storage\nr2 = r6\nr3 = r10\nr3 += -8\nr4 = 1\ncall sk_storage_get\nr0 = 0\nexit"},
	{"sched_cls", "storage with a short value", "V014", "", fullSock + "*(u64 *)(r10 - 8) = 1\nr1 = map storage\nr2 = r6\nr3 = r10\nr3 += -4\nr4 = 1\ncall sk_storage_get\nr0 = 0\nexit"},
	{"sched_cls", "storage or NULL", "V012", "", fullSock + "r1 = map storage\nr2 = r6\nr3 = 0\nr4 = 1\ncall sk_storage_get\n*(u64 *)(r0 + 0) = 1\nr0 = 0\nexit"},
	{"sched_cls", "storage of another map", "V021", "", fullSock + "r1 = map array\nr2 = r6\nr3 = 0\nr4 = 1\ncall sk_storage_get\nr0 = 0\nexit"},
	{"sched_cls", "storage of NULL", "V012", "", "r2 = *(u64 *)(r1 + 168)\nr1 = map storage\nr3 = 0\nr4 = 1\ncall sk_storage_get\nr0 = 0\nexit"},
	{"sched_cls", "storage with a lock", "", "", fullSock + "r1 = map storage_locked\nr2 = r6\nr3 = 0\nr4 = 1\ncall sk_storage_get\nif r0 == 0 goto l\nr6 = r0\n" + lock + unlock + "l:\nr0 = 0\nexit"},

	{"xdp", "element of an xskmap", "", "", "*(u32 *)(r10 - 4) = 0\nr2 = r10\nr2 += -4\nr1 = map xsks\ncall map_lookup_elem\nif r0 == 0 goto l\nr0 = *(u32 *)(r0 + 0)\nl:\nr0 = 2\nexit"},
	{"xdp", "element of an xskmap may be NULL", "V012", "", "*(u32 *)(r10 - 4) = 0\nr2 = r10\nr2 += -4\nr1 = map xsks\ncall map_lookup_elem\nr0 = *(u32 *)(r0 + 0)\nr0 = 2\nexit"},
	{"xdp", "element of an xskmap beyond", "V039", "", "*(u32 *)(r10 - 4) = 0\nr2 = r10\nr2 += -4\nr1 = map xsks\ncall map_lookup_elem\nif r0 == 0 goto l\nr0 = *(u32 *)(r0 + 4)\nl:\nr0 = 2\nexit"},
	{"sk_skb", "element of a sockmap", "", "", "*(u32 *)(r10 - 4) = 0\nr2 = r10\nr2 += -4\nr1 = map socks\ncall map_lookup_elem\nif r0 == 0 goto l\nr6 = r0\n" + releaseSock + "\nl:\nr0 = 0\nexit"},
	{"sk_skb", "element of a sockmap not released", "V027", "", "*(u32 *)(r10 - 4) = 0\nr2 = r10\nr2 += -4\nr1 = map socks\ncall map_lookup_elem\nr0 = 0\nexit"},
	{"sk_skb", "element of a sockmap not tested", "V012", "", "*(u32 *)(r10 - 4) = 0\nr2 = r10\nr2 += -4\nr1 = map socks\ncall map_lookup_elem\nr1 = r0\ncall sk_release\nr0 = 0\nexit"},
	{"sched_cls", "element of a sockmap", "", "", "*(u32 *)(r10 - 4) = 0\nr2 = r10\nr2 += -4\nr1 = map socks\ncall map_lookup_elem\nif r0 == 0 goto l\nr6 = r0\n" + releaseSock + "\nl:\nr0 = 0\nexit"},

	{"kprobe", "task is a number", "V017", "", "call get_current_task\nr0 = *(u64 *)(r0 + 0)\nr0 = 0\nexit"},
	{"kprobe", "task is a number to read from", "", "", "call get_current_task\nr1 = r10\nr1 += -8\nr2 = 8\nr3 = r0\ncall probe_read_kernel\nr0 = 0\nexit"},
	{"kprobe", "task of BTF as a number", "", "", "call get_current_task_btf\nr1 = r10\nr1 += -8\nr2 = 8\nr3 = r0\ncall probe_read_kernel\nr0 = 0\nexit"},
	{"kprobe", "address of a field of a task", "", "", "call get_current_task_btf\nr0 += 100\nr1 = r10\nr1 += -8\nr2 = 8\nr3 = r0\ncall probe_read_kernel\nr0 = 0\nexit"},
	{"kprobe", "fields of a task", "V040", "kernel: reads the fields by its BTF", "call get_current_task_btf\nr0 = *(u64 *)(r0 + 0)\nr0 = 0\nexit"},
}
