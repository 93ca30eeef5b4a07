package verifier_test

// element looks an element of a map up: r0 is it, not NULL.
func element(name, label string) string {
	return "*(u32 *)(r10 - 4) = 1\nr2 = r10\nr2 += -4\nr1 = map " + name + "\ncall map_lookup_elem\nif r0 != 0 goto " + label + "\nexit\n" + label + ":\n"
}

// lock and unlock are about the lock of the value in r6.
const (
	lock   = "r1 = r6\nr1 += 4\ncall spin_lock\n"
	unlock = "r1 = r6\nr1 += 4\ncall spin_unlock\n"
)

// lockValue has a value with a lock in r6.
var lockValue = element("locked", "v") + "r6 = r0\n"

// innerValue has a value of an inner map in r6, the inner map in r7.
func innerValue(outer string) string {
	return element(outer, "i") + "r7 = r0\n*(u32 *)(r10 - 4) = 1\nr2 = r10\nr2 += -4\nr1 = r0\ncall map_lookup_elem\nif r0 != 0 goto v\nexit\nv:\nr6 = r0\n"
}

// lockCases are about spin locks.
var lockCases = []objectCase{
	{"xdp", "lock", "", "", lockValue + lock + "r2 = *(u64 *)(r6 + 8)\nr2 += 1\n*(u64 *)(r6 + 8) = r2\n" + unlock + "r0 = 0\nexit"},
	{"xdp", "twice in a row", "", "", lockValue + lock + unlock + lock + unlock + "r0 = 0\nexit"},
	{"xdp", "not unlocked", "V028", "", lockValue + lock + "r0 = 0\nexit"},
	{"xdp", "not unlocked on one path", "V028", "", lockValue + lock + "r1 = *(u64 *)(r6 + 8)\nif r1 == 0 goto l\n" + unlock + "l:\nr0 = 0\nexit"},
	{"xdp", "unlocked on both paths", "", "", lockValue + lock + "r1 = *(u64 *)(r6 + 8)\nif r1 == 0 goto l\n" + unlock + "r0 = 1\nexit\nl:\n" + unlock + "r0 = 0\nexit"},
	{"xdp", "locked on one path", "V028", "", lockValue + "r1 = *(u64 *)(r6 + 8)\nif r1 == 0 goto l\n" + lock + "l:\n" + unlock + "r0 = 0\nexit"},
	{"xdp", "unlock without lock", "V028", "", lockValue + unlock + "r0 = 0\nexit"},
	{"xdp", "lock twice", "V028", "", lockValue + lock + lock + unlock + unlock + "r0 = 0\nexit"},
	{"xdp", "lock two values", "V028", "", lockValue + element("locked2", "w") + "r7 = r0\n" + lock + "r1 = r7\nr1 += 4\ncall spin_lock\n" + unlock + "r0 = 0\nexit"},
	{"xdp", "unlock another map's", "V028", "", lockValue + element("locked2", "w") + "r7 = r0\n" + lock + "r1 = r7\nr1 += 4\ncall spin_unlock\nr0 = 0\nexit"},
	{"xdp", "unlock another lookup's", "V028", "", lockValue + element("locked", "w") + "r7 = r0\n" + lock + "r1 = r7\nr1 += 4\ncall spin_unlock\nr0 = 0\nexit"},
	{"xdp", "unlock by a spilled copy", "", "", lockValue + "*(u64 *)(r10 - 16) = r6\n" + lock + "r1 = *(u64 *)(r10 - 16)\nr1 += 4\ncall spin_unlock\nr0 = 0\nexit"},
	{"xdp", "wrong offset", "V021", "", lockValue + "r1 = r6\ncall spin_lock\nr0 = 0\nexit"},
	{"xdp", "variable offset", "V021", "", lockValue + "r2 = *(u64 *)(r6 + 8)\nr2 &= 4\nr1 = r6\nr1 += r2\ncall spin_lock\nr0 = 0\nexit"},
	{"xdp", "may be NULL", "V012", "", "*(u32 *)(r10 - 4) = 1\nr2 = r10\nr2 += -4\nr1 = map locked\ncall map_lookup_elem\nr1 = r0\ncall spin_lock\nr0 = 0\nexit"},
	{"xdp", "map without a lock", "V021", "", found + "r1 = r0\nr1 += 4\ncall spin_lock\nr0 = 0\nexit"},
	{"xdp", "lock on the stack", "V021", "", "*(u64 *)(r10 - 8) = 0\nr1 = r10\nr1 += -8\ncall spin_lock\nr0 = 0\nexit"},
	{"xdp", "helper while held", "V028", "", lockValue + lock + "call ktime_get_ns\n" + unlock + "r0 = 0\nexit"},
	{"xdp", "lookup while held", "V028", "", lockValue + lock + element("array", "w") + unlock + "r0 = 0\nexit"},
	{"xdp", "reserve while held", "V028", "", lockValue + lock + reserve + unlock + "r0 = 0\nexit"},
	{"xdp", "function while held", "", "", lockValue + lock + "call f\n" + unlock + "r0 = 0\nexit\nfunc f\nr0 = 0\nexit"},
	{"xdp", "function with helper while held", "V028", "", lockValue + lock + "call f\n" + unlock + "r0 = 0\nexit\nfunc f\ncall ktime_get_ns\nr0 = 0\nexit"},
	{"xdp", "function unlocks", "", "", lockValue + lock + "r1 = r6\ncall f\nr0 = 0\nexit\nfunc f\nr1 += 4\ncall spin_unlock\nr0 = 0\nexit"},
	{"xdp", "function locks", "", "", lockValue + "r1 = r6\ncall f\n" + unlock + "r0 = 0\nexit\nfunc f\nr1 += 4\ncall spin_lock\nr0 = 0\nexit"},
	{"xdp", "function locks, nobody unlocks", "V028", "", lockValue + "r1 = r6\ncall f\nr0 = 0\nexit\nfunc f\nr1 += 4\ncall spin_lock\nr0 = 0\nexit"},
	{"xdp", "tail call while held", "V028", "", "r7 = r1\n" + lockValue + lock + "r1 = r7\nr2 = map progs\nr3 = 0\ncall tail_call\n" + unlock + "r0 = 0\nexit"},
	{"xdp", "loop while held", "", "", lockValue + lock + "r2 = 0\nl:\nr3 = *(u64 *)(r6 + 8)\nr2 += 1\nif r2 < 20 goto l\n" + unlock + "r0 = 0\nexit"},
	{"xdp", "locks in a loop", "", "", lockValue + "r7 = 0\nl:\n" + lock + unlock + "r7 += 1\nif r7 < 20 goto l\nr0 = 0\nexit"},
	{"xdp", "locks in a loop, one unlock", "V028", "", lockValue + "r7 = 0\nl:\n" + lock + "r7 += 1\nif r7 < 20 goto l\n" + unlock + "r0 = 0\nexit"},
	{"xdp", "locks in a long loop", "", notAsked, "r8 = *(u32 *)(r1 + 16)\nr8 &= 0xfffff\n" + lockValue + "r7 = 0\nl:\nif r7 >= r8 goto x\n" + lock + unlock + "r7 += 1\ngoto l\nx:\nr0 = 0\nexit"},
	{"xdp", "long loop while held", "", notAsked, "r8 = *(u32 *)(r1 + 16)\nr8 &= 0xfffff\n" + lockValue + lock + "r7 = 0\nl:\nif r7 >= r8 goto x\nr7 += 1\ngoto l\nx:\n" + unlock + "r0 = 0\nexit"},
	{"xdp", "load of the lock", "V038", "", lockValue + "r0 = *(u32 *)(r6 + 4)\nexit"},
	{"xdp", "store over the lock", "V038", "", lockValue + "*(u64 *)(r6 + 0) = 1\nr0 = 0\nexit"},
	{"xdp", "byte of the lock", "V038", "", lockValue + "*(u8 *)(r6 + 7) = 1\nr0 = 0\nexit"},
	{"xdp", "beside the lock", "", "", lockValue + "*(u32 *)(r6 + 0) = 1\n*(u8 *)(r6 + 8) = 1\nr0 = 0\nexit"},
	{"xdp", "variable load that may touch the lock", "V038", "", lockValue + "r2 = *(u32 *)(r6 + 0)\nr2 &= 15\nr6 += r2\nr0 = *(u8 *)(r6 + 0)\nexit"},
	{"xdp", "variable load behind the lock", "", "", lockValue + "r2 = *(u32 *)(r6 + 0)\nr2 &= 15\nr6 += r2\nr0 = *(u8 *)(r6 + 8)\nexit"},
	{"xdp", "atomic on the lock", "V038", "", lockValue + "r1 = 1\nlock *(u32 *)(r6 + 4) += r1\nr0 = 0\nexit"},
	{"xdp", "helper reads over the lock", "V038", "", lockValue + "r1 = map ring\nr2 = r6\nr3 = 8\nr4 = 0\ncall ringbuf_output\nr0 = 0\nexit"},
	{"xdp", "helper reads behind the lock", "", "", lockValue + "r1 = map ring\nr2 = r6\nr2 += 8\nr3 = 8\nr4 = 0\ncall ringbuf_output\nr0 = 0\nexit"},
	{"xdp", "value with lock as value", "V038", "", lockValue + "*(u32 *)(r10 - 4) = 0\nr1 = map locked2\nr2 = r10\nr2 += -4\nr3 = r6\nr4 = 0\ncall map_update_elem\nr0 = 0\nexit"},
	{"xdp", "update of a map with locks", "", "", "*(u64 *)(r10 - 32) = 0\n*(u64 *)(r10 - 24) = 0\n*(u64 *)(r10 - 16) = 0\n*(u32 *)(r10 - 4) = 0\nr1 = map locked2\nr2 = r10\nr2 += -4\nr3 = r10\nr3 += -32\nr4 = 0\ncall map_update_elem\nr0 = 0\nexit"},
	{"xdp", "record and lock", "", "", lockValue + "r8 = r6\n" + reserved + "r7 = r6\nr6 = r8\n" + lock + "*(u64 *)(r7 + 0) = 1\n" + unlock + "r1 = r7\nr2 = 0\ncall ringbuf_submit\nr0 = 0\nexit"},
	{"xdp", "one value or another", "", "", "r7 = *(u32 *)(r1 + 16)\nif r7 == 0 goto b\n" + element("locked", "v") + "r6 = r0\ngoto j\nb:\n" + element("locked", "w") + "r6 = r0\nj:\n" + lock + unlock + "r0 = 0\nexit"},
	{"xdp", "value of one map or another", "", "", "r7 = *(u32 *)(r1 + 16)\nif r7 == 0 goto b\n" + element("locked", "v") + "r6 = r0\ngoto j\nb:\n" + element("locked2", "w") + "r6 = r0\nj:\n" + lock + unlock + "r0 = 0\nexit"},
	{"xdp", "lock of a variable", "", "", "r1 = value vars + 4\ncall spin_lock\nr1 = value vars\nr2 = *(u64 *)(r1 + 8)\nr1 = value vars + 4\ncall spin_unlock\nr0 = 0\nexit"},
	{"xdp", "lock of a variable by another address", "", "", "r6 = value vars\n" + lock + unlock + "r0 = 0\nexit"},
	{"xdp", "variable is not unlocked", "V028", "", "r6 = value vars\n" + lock + "r0 = 0\nexit"},
	{"xdp", "variable locked, value unlocked", "V028", "", lockValue + "r1 = value vars + 4\ncall spin_lock\n" + unlock + "r0 = 0\nexit"},
	{"xdp", "variable that is a lock is read", "V038", "", "r1 = value vars\nr0 = *(u32 *)(r1 + 4)\nexit"},
	{"xdp", "inner map's value", "", "", innerValue("outer") + lock + unlock + "r0 = 0\nexit"},
	{"xdp", "inner map's value not unlocked", "V028", "", innerValue("outer") + lock + "r0 = 0\nexit"},
	{"xdp", "inner map's value, unlock of another lookup", "V028", "", innerValue("outer") + "*(u32 *)(r10 - 4) = 1\nr2 = r10\nr2 += -4\nr1 = r7\ncall map_lookup_elem\nif r0 != 0 goto w\nexit\nw:\n" + "r9 = r0\n" + lock + "r1 = r9\nr1 += 4\ncall spin_unlock\nr0 = 0\nexit"},
	{"xdp", "inner map's lock read", "V038", "", innerValue("outer") + "r0 = *(u32 *)(r6 + 4)\nexit"},
	{"kprobe", "inner map with locks", "", "", innerValue("outer") + "r0 = 0\nexit"},
	{"socket_filter", "map with locks", "V028", "", lockValue + "r0 = 0\nexit"},
	{"kprobe", "map with locks", "V028", "", lockValue + "r0 = 0\nexit"},
	{"tracepoint", "map with locks", "V028", "", lockValue + "r0 = 0\nexit"},
	{"perf_event", "map with locks", "V028", "", lockValue + "r0 = 0\nexit"},
	{"raw_tracepoint", "map with locks", "V028", "", lockValue + "r0 = 0\nexit"},
	{"sched_cls", "lock", "", "", lockValue + lock + unlock + "r0 = 0\nexit"},
	{"sched_cls", "legacy load while held", "V028", "", "r8 = r1\n" + lockValue + lock + "r7 = r6\nr6 = r8\nr0 = ld_abs u8 0\nr6 = r7\n" + unlock + "r0 = 0\nexit"},
	{"cgroup_skb", "lock", "", "", lockValue + lock + unlock + "r0 = 0\nexit"},
}

// timerValue has a value with a timer in r6.
var timerValue = element("timed", "v") + "r6 = r0\n"

// timerInit makes the timer of the value in r6.
const timerInit = "r1 = r6\nr1 += 8\nr2 = map timed\nr3 = 1\ncall timer_init\n"

// timerCases are about timers.
var timerCases = []objectCase{
	{"xdp", "init", "", "", timerValue + timerInit + "r0 = 0\nexit"},
	{"xdp", "init and start", "", "", timerValue + timerInit + "r1 = r6\nr1 += 8\nr2 = 5\nr3 = 0\ncall timer_start\nr0 = 0\nexit"},
	{"xdp", "cancel", "", "", timerValue + "r1 = r6\nr1 += 8\ncall timer_cancel\nr0 = 0\nexit"},
	{"xdp", "init with another map", "V021", "", timerValue + "r1 = r6\nr1 += 8\nr2 = map timed2\nr3 = 1\ncall timer_init\nr0 = 0\nexit"},
	{"xdp", "init at another offset", "V021", "", timerValue + "r1 = r6\nr2 = map timed\nr3 = 1\ncall timer_init\nr0 = 0\nexit"},
	{"xdp", "init of NULL", "V012", "", "*(u32 *)(r10 - 4) = 1\nr2 = r10\nr2 += -4\nr1 = map timed\ncall map_lookup_elem\nr1 = r0\nr2 = map timed\nr3 = 1\ncall timer_init\nr0 = 0\nexit"},
	{"xdp", "map without timer", "V021", "", found + "r1 = r0\nr1 += 8\nr2 = map array\nr3 = 1\ncall timer_init\nr0 = 0\nexit"},
	{"xdp", "timer on the stack", "V021", "", "*(u64 *)(r10 - 8) = 0\n*(u64 *)(r10 - 16) = 0\nr1 = r10\nr1 += -16\nr2 = 5\nr3 = 0\ncall timer_start\nr0 = 0\nexit"},
	{"xdp", "load of the timer", "V038", "", timerValue + "r0 = *(u64 *)(r6 + 8)\nexit"},
	{"xdp", "store over the timer", "V038", "", timerValue + "*(u8 *)(r6 + 23) = 0\nr0 = 0\nexit"},
	{"xdp", "beside the timer", "", "", timerValue + "*(u64 *)(r6 + 0) = 0\n*(u64 *)(r6 + 24) = 0\nr0 = 0\nexit"},
	{"xdp", "inner map's timer", "V040", "kernel: tells inner maps apart", innerValue("outer_timed") + "r1 = r6\nr1 += 8\nr2 = r7\nr3 = 1\ncall timer_init\nr0 = 0\nexit"},
	{"kprobe", "map with timers", "V028", "", timerValue + "r0 = 0\nexit"},
	{"tracepoint", "map with timers", "V028", "", timerValue + "r0 = 0\nexit"},
	{"socket_filter", "init", "", "", timerValue + timerInit + "r0 = 0\nexit"},
	{"xdp", "callback", "", notAsked, timerValue + timerInit + "r1 = r6\nr1 += 8\nr2 = func tick\ncall timer_set_callback\nr0 = 0\nexit\nfunc tick\nr0 = *(u32 *)(r2 + 0)\nr0 = *(u64 *)(r3 + 24)\nr0 = 0\nexit"},
	{"xdp", "callback starts its timer again", "", notAsked, timerValue + timerInit + "r1 = r6\nr1 += 8\nr2 = func tick\ncall timer_set_callback\nr0 = 0\nexit\nfunc tick\nr1 = r3\nr1 += 8\nr2 = 1000\nr3 = 0\ncall timer_start\nr0 = 0\nexit"},
	{"xdp", "callback returns 1", "V024", notAsked, timerValue + timerInit + "r1 = r6\nr1 += 8\nr2 = func tick\ncall timer_set_callback\nr0 = 0\nexit\nfunc tick\nr0 = 1\nexit"},
	{"xdp", "callback reads beyond its value", "V015", notAsked, timerValue + timerInit + "r1 = r6\nr1 += 8\nr2 = func tick\ncall timer_set_callback\nr0 = 0\nexit\nfunc tick\nr0 = *(u64 *)(r3 + 32)\nr0 = 0\nexit"},
	{"xdp", "callback writes its key", "V018", notAsked, timerValue + timerInit + "r1 = r6\nr1 += 8\nr2 = func tick\ncall timer_set_callback\nr0 = 0\nexit\nfunc tick\n*(u32 *)(r2 + 0) = 1\nr0 = 0\nexit"},
	{"xdp", "callback with a fourth argument", "V010", notAsked, timerValue + timerInit + "r1 = r6\nr1 += 8\nr2 = func tick\ncall timer_set_callback\nr0 = 0\nexit\nfunc tick\nr0 = r4\nr0 = 0\nexit"},
	{"xdp", "callback uses the map", "", notAsked, timerValue + timerInit + "r1 = r6\nr1 += 8\nr2 = func tick\ncall timer_set_callback\nr0 = 0\nexit\nfunc tick\ncall map_lookup_elem\nr0 = 0\nexit"},
	{"xdp", "callback keeps a record", "V027", notAsked, timerValue + timerInit + "r1 = r6\nr1 += 8\nr2 = func tick\ncall timer_set_callback\nr0 = 0\nexit\nfunc tick\n" + reserve + "r0 = 0\nexit"},
	{"xdp", "callback is a number", "V021", notAsked, timerValue + timerInit + "r1 = r6\nr1 += 8\nr2 = 5\ncall timer_set_callback\nr0 = 0\nexit"},
	{"xdp", "record held while the callback is set", "V027", notAsked, timerValue + "r8 = r6\n" + reserved + "r7 = r6\nr6 = r8\n" + timerInit + "r1 = r6\nr1 += 8\nr2 = func tick\ncall timer_set_callback\nr0 = 0\nexit\nfunc tick\nr0 = 0\nexit"},
	{"xdp", "record submitted when the callback is set", "", notAsked, timerValue + "r8 = r6\n" + reserved + "r7 = r6\nr6 = r8\n" + timerInit + "r1 = r6\nr1 += 8\nr2 = func tick\ncall timer_set_callback\nr1 = r7\nr2 = 0\ncall ringbuf_submit\nr0 = 0\nexit\nfunc tick\nr0 = 0\nexit"},
}
