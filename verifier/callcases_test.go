package verifier_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// callMaps are the maps of call cases, those of testMaps first.
var callMaps = slices.Concat(testMaps, []*frontend.Map{
	{Name: "progs", Type: bpf.MapProgArray, KeySize: 4, ValueSize: 4, MaxEntries: 4},
	{Name: "perf", Type: bpf.MapPerfEvent, KeySize: 4, ValueSize: 4, MaxEntries: 4},
	{Name: "cpus", Type: bpf.MapPercpuArray, KeySize: 4, ValueSize: 16, MaxEntries: 4},
	{Name: "queue", Type: bpf.MapQueue, ValueSize: 8, MaxEntries: 4},
	{Name: "bloom", Type: bpf.MapBloomFilter, ValueSize: 8, MaxEntries: 4},
	{Name: "stacks", Type: bpf.MapStackTrace, KeySize: 4, ValueSize: 80, MaxEntries: 4},
	{Name: "rdonly", Type: bpf.MapHash, KeySize: 4, ValueSize: 16, MaxEntries: 4, Flags: bpf.FlagRdonlyProg},
	{Name: "wronly", Type: bpf.MapArray, KeySize: 4, ValueSize: 16, MaxEntries: 4, Flags: bpf.FlagWronlyProg},
	{Name: "outer", Type: bpf.MapArrayOfMaps, KeySize: 4, ValueSize: 4, MaxEntries: 4, Inner: innerArray},
	{Name: "hashes", Type: bpf.MapHashOfMaps, KeySize: 4, ValueSize: 4, MaxEntries: 4, Inner: innerHash},
	{Name: "text", Type: bpf.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 1, Frozen: true, Flags: bpf.FlagRdonlyProg,
		Data: []byte("%d\x00abcde")},
})

var (
	innerArray = &frontend.Map{Name: "inner", Type: bpf.MapArray, KeySize: 4, ValueSize: 24, MaxEntries: 2}
	innerHash  = &frontend.Map{Name: "inner", Type: bpf.MapHash, KeySize: 8, ValueSize: 16, MaxEntries: 2}
)

// callCases are all cases of calls, contexts and packets.
func callCases() []objectCase {
	return slices.Concat(contextCases, argumentCases, resultCases, packetCases, tailCases, innerCases, pointerCases, stringCases)
}

// TestCallCases: every case gets its verdict.
func TestCallCases(t *testing.T) {
	for _, c := range callCases() {
		t.Run(c.hook+"/"+c.name, func(t *testing.T) {
			obj, p := assembleWith(t, c.hook, c.text, callMaps)
			stats := verifier.Stats{}
			_, err := verifier.Verify(obj, p, verifier.Options{Stats: &stats})
			var e *verifier.Error
			switch {
			case err == nil && c.code != "":
				t.Errorf("accepted, want %s\n%s", c.code, listing(p))
			case err == nil:
			case !errors.As(err, &e):
				t.Errorf("%T: %v", err, err)
			case string(e.Code) != c.code:
				t.Errorf("got %+v\nwant code %q\n%s", err, c.code, listing(p))
			}
			if stats.Unweakened {
				t.Errorf("the weakened certificate was refused\n%s", listing(p))
			}
		})
	}
}

// contextCases are about fields of contexts and results of programs.
var contextCases = []objectCase{
	{"socket_filter", "field", "", "", "r0 = *(u32 *)(r1 + 0)\nexit"},
	{"socket_filter", "narrow field", "", "", "r0 = *(u8 *)(r1 + 9)\nexit"},
	{"socket_filter", "narrow field unaligned", "V016", "", "r0 = *(u16 *)(r1 + 9)\nexit"},
	{"socket_filter", "two fields", "V016", "", "r0 = *(u64 *)(r1 + 8)\nexit"},
	{"socket_filter", "no packet pointer", "V016", "", "r0 = *(u32 *)(r1 + 76)\nexit"},
	{"socket_filter", "cb bytes", "", "", "r0 = *(u8 *)(r1 + 48)\nr0 = *(u16 *)(r1 + 50)\nr0 = *(u64 *)(r1 + 56)\nexit"},
	{"socket_filter", "cb unaligned", "V016", "", "r0 = *(u64 *)(r1 + 52)\nexit"},
	{"socket_filter", "cb write", "", "", "*(u8 *)(r1 + 49) = 1\n*(u64 *)(r1 + 48) = 2\nr0 = 0\nexit"},
	{"socket_filter", "mark write", "V016", "", "*(u32 *)(r1 + 8) = 1\nr0 = 0\nexit"},
	{"sched_cls", "mark write", "", "", "*(u32 *)(r1 + 8) = 1\nr0 = 0\nexit"},
	{"sched_cls", "mark narrow write", "V016", "", "*(u8 *)(r1 + 8) = 1\nr0 = 0\nexit"},
	{"sched_cls", "pointer into cb", "", "", "*(u64 *)(r1 + 48) = r10\nr0 = 0\nexit"},
	{"sched_cls", "tstamp", "", "", "r2 = *(u64 *)(r1 + 152)\n*(u64 *)(r1 + 152) = r2\nr0 = 0\nexit"},
	{"sched_cls", "data write", "V016", "", "*(u32 *)(r1 + 76) = 1\nr0 = 0\nexit"},
	{"sched_cls", "data narrow", "V016", "", "r0 = *(u16 *)(r1 + 76)\nexit"},
	{"sched_cls", "data signed", "V016", "", "r0 = *(s32 *)(r1 + 76)\nexit"},
	{"sched_cls", "changed pointer", "V016", "", "r1 += 8\nr0 = *(u32 *)(r1 + 0)\nexit"},
	{"sched_cls", "changed back", "", "", "r1 += 8\nr1 += -8\nr0 = *(u32 *)(r1 + 8)\nexit"},
	{"sched_cls", "context or stack", "V016", "", "*(u64 *)(r10 - 8) = 0\nr2 = *(u32 *)(r1 + 8)\nif r2 == 0 goto l\nr1 = r10\nr1 += -16\n*(u64 *)(r10 - 16) = 1\nl:\nr0 = *(u32 *)(r1 + 8)\nexit"},
	{"tracepoint", "record", "", "", "r0 = *(u64 *)(r1 + 8)\nr0 = *(u8 *)(r1 + 4001)\nexit"},
	{"tracepoint", "record unaligned", "V016", "", "r0 = *(u32 *)(r1 + 10)\nexit"},
	{"tracepoint", "record write", "V016", "", "*(u64 *)(r1 + 8) = 1\nr0 = 0\nexit"},
	{"tracepoint", "beyond record", "V016", "", "r0 = *(u64 *)(r1 + 8192)\nexit"},
	{"raw_tracepoint", "argument", "", "", "r0 = *(u64 *)(r1 + 88)\nexit"},
	{"raw_tracepoint", "beyond arguments", "V016", "", "r0 = *(u64 *)(r1 + 96)\nexit"},
	{"kprobe", "register", "", "", "r0 = *(u64 *)(r1 + 112)\nexit"},
	{"kprobe", "half register", "", "", "r0 = *(u32 *)(r1 + 116)\nexit"},
	{"kprobe", "beyond registers", "V016", "", "r0 = *(u64 *)(r1 + 168)\nexit"},
	{"perf_event", "period", "", "", "r0 = *(u64 *)(r1 + 168)\nr0 = *(u8 *)(r1 + 168)\nexit"},
	{"perf_event", "half register", "V016", "", "r0 = *(u32 *)(r1 + 112)\nexit"},
	{"cgroup_skb", "result 1", "", "", "r0 = 1\nexit"},
	{"cgroup_skb", "result 2", "V024", "", "r0 = 2\nexit"},
	{"cgroup_skb", "result unknown", "V024", "", "r0 = *(u32 *)(r1 + 0)\nexit"},
	{"cgroup_skb", "result of 64 bits", "V024", "", "r0 = 1\nr0 <<= 32\nexit"},
	{"cgroup_skb", "result masked", "", "", "r0 = *(u32 *)(r1 + 0)\nr0 &= 1\nexit"},
	{"cgroup_skb", "result is a pointer", "V024", "", "r0 = r1\nexit"},
	{"sched_cls", "result is a pointer", "", "", "r0 = r1\nexit"},
	{"lwt_xmit", "mark", "", "", "r0 = *(u32 *)(r1 + 8)\nexit"},
}

// argumentCases are about what calls are given.
var argumentCases = []objectCase{
	{"sched_cls", "context with offset", "V021", "", "r1 += 4\nr2 = 0\nr3 = r10\nr3 += -8\nr4 = 8\ncall skb_load_bytes\nr0 = 0\nexit"},
	{"sched_cls", "output uninitialised", "", "", "r2 = 0\nr3 = r10\nr3 += -8\nr4 = 8\ncall skb_load_bytes\nr0 = *(u64 *)(r10 - 8)\nexit"},
	{"sched_cls", "output of no bytes", "V022", "", "r2 = 0\nr3 = r10\nr3 += -8\nr4 = 0\ncall skb_load_bytes\nr0 = 0\nexit"},
	{"sched_cls", "output too long", "V014", "", "r2 = 0\nr3 = r10\nr3 += -8\nr4 = 9\ncall skb_load_bytes\nr0 = 0\nexit"},
	{"sched_cls", "output of variable size", "", "", "r4 = *(u32 *)(r1 + 8)\nr4 &= 7\nr4 += 1\nr2 = 0\nr3 = r10\nr3 += -8\ncall skb_load_bytes\nr0 = *(u64 *)(r10 - 8)\nexit"},
	{"sched_cls", "output breaks spill", "V017", "", "r6 = r1\n*(u64 *)(r10 - 8) = r1\nr2 = 0\nr3 = r10\nr3 += -8\nr4 = 4\ncall skb_load_bytes\nr1 = *(u64 *)(r10 - 8)\nr0 = *(u32 *)(r1 + 0)\nexit"},
	{"sched_cls", "output in read-only data", "V018", "", "r2 = 0\nr3 = value rodata\nr4 = 8\ncall skb_load_bytes\nr0 = 0\nexit"},
	{"sched_cls", "output in data", "", "", "r2 = 0\nr3 = value data\nr4 = 8\ncall skb_load_bytes\nr0 = 0\nexit"},
	{"sched_cls", "output in context", "V021", "", "r3 = r1\nr2 = 0\nr4 = 8\ncall skb_load_bytes\nr0 = 0\nexit"},
	{"sched_cls", "input is context", "V021", "", "r3 = r1\nr2 = 0\nr4 = 8\nr5 = 0\ncall skb_store_bytes\nr0 = 0\nexit"},
	{"sched_cls", "size is a pointer", "V021", "", "r2 = 0\nr3 = r10\nr3 += -8\nr4 = r10\ncall skb_load_bytes\nr0 = 0\nexit"},
	{"sched_cls", "packet not taken", "V021", "", "r6 = r1\nr2 = *(u32 *)(r1 + 76)\nr3 = *(u32 *)(r1 + 80)\nr4 = r2\nr4 += 8\nif r4 > r3 goto l\nr3 = r2\nr2 = 0\nr4 = 8\nr5 = 0\nr1 = r6\ncall skb_store_bytes\nl:\nr0 = 0\nexit"},
	{"sched_cls", "packet taken", "", "", "r2 = *(u32 *)(r1 + 76)\nr3 = *(u32 *)(r1 + 80)\nr4 = r2\nr4 += 8\nif r4 > r3 goto l\nr1 = 0\nr3 = r2\nr2 = 0\nr4 = 8\nr5 = 0\ncall csum_diff\nl:\nr0 = 0\nexit"},
	{"sched_cls", "packet taken beyond", "V013", "", "r2 = *(u32 *)(r1 + 76)\nr3 = *(u32 *)(r1 + 80)\nr4 = r2\nr4 += 8\nif r4 > r3 goto l\nr1 = 0\nr3 = r2\nr2 = 0\nr4 = 12\nr5 = 0\ncall csum_diff\nl:\nr0 = 0\nexit"},
	{"sched_cls", "scalar as memory", "V021", "", "r2 = 0\nr3 = 64\nr4 = 8\ncall skb_load_bytes\nr0 = 0\nexit"},
	{"sched_cls", "map of another type", "V021", "", "r1 = map perf\nr2 = r10\nr2 += -4\n*(u32 *)(r10 - 4) = 0\ncall map_lookup_elem\nr0 = 0\nexit"},
	{"sched_cls", "perf output", "", "", "r2 = map perf\nr3 = 0\nr4 = r10\nr4 += -8\n*(u64 *)(r10 - 8) = 1\nr5 = 8\ncall perf_event_output\nr0 = 0\nexit"},
	{"sched_cls", "perf output to array", "V021", "", "r2 = map array\nr3 = 0\nr4 = r10\nr4 += -8\n*(u64 *)(r10 - 8) = 1\nr5 = 8\ncall perf_event_output\nr0 = 0\nexit"},
	{"sched_cls", "update of read-only map", "V018", "", "r1 = map rdonly\nr2 = r10\nr2 += -4\n*(u32 *)(r10 - 4) = 0\nr3 = r10\nr3 += -24\n*(u64 *)(r10 - 24) = 0\n*(u64 *)(r10 - 16) = 0\nr4 = 0\ncall map_update_elem\nr0 = 0\nexit"},
	{"sched_cls", "read of write-only map", "V018", "", "r1 = map wronly\nr2 = r10\nr2 += -4\n*(u32 *)(r10 - 4) = 0\ncall map_lookup_elem\nif r0 == 0 goto l\nr0 = *(u32 *)(r0 + 0)\nl:\nr0 = 0\nexit"},
	{"sched_cls", "write of write-only map", "", "", "r1 = map wronly\nr2 = r10\nr2 += -4\n*(u32 *)(r10 - 4) = 0\ncall map_lookup_elem\nif r0 == 0 goto l\n*(u32 *)(r0 + 0) = 1\nl:\nr0 = 0\nexit"},
	{"sched_cls", "push", "", "", "r1 = map queue\nr2 = r10\nr2 += -8\n*(u64 *)(r10 - 8) = 0\nr3 = 0\ncall map_push_elem\nr0 = 0\nexit"},
	{"sched_cls", "pop", "", "", "r1 = map queue\nr2 = r10\nr2 += -8\ncall map_pop_elem\nr0 = *(u64 *)(r10 - 8)\nexit"},
	{"sched_cls", "pop beyond", "V014", "", "r1 = map queue\nr2 = r10\nr2 += -4\ncall map_pop_elem\nr0 = 0\nexit"},
	{"sched_cls", "peek in bloom", "", "", "r1 = map bloom\nr2 = r10\nr2 += -8\n*(u64 *)(r10 - 8) = 0\ncall map_peek_elem\nr0 = 0\nexit"},
	{"xdp", "callx", "", notAsked, "r2 = func f\nr1 = 7\ncallx r2\nexit\nfunc f\nr0 = r1\nexit"},
	{"xdp", "callx of a spilled function", "", notAsked, "r2 = func f\n*(u64 *)(r10 - 8) = r2\nr3 = *(u64 *)(r10 - 8)\nr1 = 7\ncallx r3\nexit\nfunc f\nr0 = r1\nexit"},
	{"xdp", "callx of a number", "V021", notAsked, "r2 = 5\ncallx r2\nexit"},
	{"xdp", "callx behind a function", "V021", notAsked, "r2 = func f\nr2 += 8\nr1 = 7\ncallx r2\nexit\nfunc f\nr0 = r1\nexit"},
	{"xdp", "callx that takes what is missing", "V010", notAsked, "r2 = func f\ncallx r2\nexit\nfunc f\nr0 = r5\nexit"},
	{"xdp", "fixed beyond the stack", "V014", "", "*(u64 *)(r10 - 8) = 0\nr1 = r10\nr1 += -8\nr2 = r10\nr2 += -8\ncall tcp_raw_check_syncookie_ipv4\nr0 = 0\nexit"},
	{"xdp", "mtu", "", "", "r2 = 0\nr3 = r10\nr3 += -8\n*(u64 *)(r10 - 8) = 0\nr4 = 0\nr5 = 0\ncall check_mtu\nr0 = *(u32 *)(r10 - 8)\nexit"},
	{"xdp", "mtu unaligned", "V021", "", "r2 = 0\nr3 = r10\nr3 += -6\n*(u64 *)(r10 - 8) = 0\nr4 = 0\nr5 = 0\ncall check_mtu\nr0 = 0\nexit"},
	{"kprobe", "probe read of no bytes", "", "", "r1 = r10\nr1 += -8\nr2 = 0\nr3 = 0\ncall probe_read_kernel\nr0 = 0\nexit"},
	{"kprobe", "probe read", "", "", "r1 = r10\nr1 += -16\nr2 = 16\nr3 = 0\ncall probe_read_kernel\nr0 = *(u64 *)(r10 - 16)\nexit"},
	{"kprobe", "probe read of unbounded size", "V022", "", "r2 = *(u64 *)(r1 + 112)\nr1 = r10\nr1 += -16\nr3 = 0\ncall probe_read_kernel\nr0 = 0\nexit"},
	{"kprobe", "probe read of bounded size", "", "", "r2 = *(u64 *)(r1 + 112)\nr2 &= 15\nr1 = r10\nr1 += -16\nr3 = 0\ncall probe_read_kernel\nr0 = 0\nexit"},
	{"kprobe", "probe read into map value", "", "", "r1 = value data\nr2 = 16\nr3 = 0\ncall probe_read_kernel\nr0 = 0\nexit"},
	{"kprobe", "probe read beyond map value", "V015", "", "r1 = value data\nr2 = 17\nr3 = 0\ncall probe_read_kernel\nr0 = 0\nexit"},
	{"kprobe", "socket helper", "V020", "", "r2 = 0\nr3 = r10\nr3 += -8\nr4 = 8\ncall skb_load_bytes\nr0 = 0\nexit"},
}

// resultCases are about what calls return.
var resultCases = []objectCase{
	{"kprobe", "length of a string", "", "", "r6 = map array\nr1 = r10\nr1 += -16\nr2 = 16\nr3 = 0\ncall probe_read_kernel_str\nif r0 s< 0 goto l\nr2 = r0\nr1 = r10\nr1 += -32\nr1 += r2\nr0 = *(u8 *)(r1 + 0)\nl:\nr0 = 0\nexit"},
	{"kprobe", "length of a string one more", "V014", "", "r1 = r10\nr1 += -16\nr2 = 17\nr3 = 0\ncall probe_read_kernel_str\nr0 = 0\nexit"},
	{"sched_cls", "array element by constant", "", "", "*(u32 *)(r10 - 8) = 3\nr2 = r10\nr2 += -8\nr1 = map array\ncall map_lookup_elem\nr0 = *(u32 *)(r0 + 0)\nexit"},
	{"sched_cls", "array element by zero", "", "", "*(u32 *)(r10 - 4) = 0\nr2 = r10\nr2 += -4\nr1 = map array\ncall map_lookup_elem\nr0 = *(u32 *)(r0 + 0)\nexit"},
	{"sched_cls", "array element by half of zero", "V012", "", "*(u64 *)(r10 - 8) = 0\nr2 = r10\nr2 += -8\nr1 = map array\ncall map_lookup_elem\nr0 = *(u32 *)(r0 + 0)\nexit"},
	{"sched_cls", "array element by aligned zero", "", "", "*(u32 *)(r10 - 8) = 0\nr2 = r10\nr2 += -8\nr1 = map array\ncall map_lookup_elem\nr0 = *(u32 *)(r0 + 0)\nexit"},
	{"sched_cls", "array element beyond", "V012", "", "*(u32 *)(r10 - 8) = 4\nr2 = r10\nr2 += -8\nr1 = map array\ncall map_lookup_elem\nr0 = *(u32 *)(r0 + 0)\nexit"},
	{"sched_cls", "array element by half a constant", "V012", "", "*(u64 *)(r10 - 8) = 1\nr2 = r10\nr2 += -8\nr1 = map array\ncall map_lookup_elem\nr0 = *(u32 *)(r0 + 0)\nexit"},
	{"sched_cls", "array element of a CPU", "", "", "*(u32 *)(r10 - 8) = 3\nr2 = r10\nr2 += -8\nr1 = map cpus\ncall map_lookup_elem\nr0 = *(u32 *)(r0 + 0)\nexit"},
	{"sched_cls", "array element of one of two", "V012", "", "*(u32 *)(r10 - 8) = 3\nr2 = *(u32 *)(r1 + 0)\nif r2 == 7 goto l\n*(u32 *)(r10 - 8) = 9\nl:\nr2 = r10\nr2 += -8\nr1 = map array\ncall map_lookup_elem\nr0 = *(u32 *)(r0 + 0)\nexit"},
	{"sched_cls", "hash element by constant", "V012", "", "*(u64 *)(r10 - 8) = 0\nr2 = r10\nr2 += -8\nr1 = map hash\ncall map_lookup_elem\nr0 = *(u32 *)(r0 + 0)\nexit"},
}

// stringCases are about functions of string.h and constant strings; the kernel
// does not know the former.
var stringCases = []objectCase{
	{"sched_cls", "memset", "", notAsked, "r1 = r10\nr1 += -16\nr2 = 0\nr3 = 16\ncall memset\nr0 = *(u64 *)(r10 - 8)\nif r0 == 0 goto l\nr0 = *(u64 *)(r9 + 0)\nl:\nexit"},
	{"sched_cls", "memset of another number", "V010", notAsked, "r1 = r10\nr1 += -16\nr2 = 1\nr3 = 16\ncall memset\nr0 = *(u64 *)(r10 - 8)\nif r0 == 0 goto l\nr0 = *(u64 *)(r9 + 0)\nl:\nexit"},
	{"sched_cls", "memset returns", "", notAsked, "r1 = r10\nr1 += -16\nr2 = 0\nr3 = 16\ncall memset\nr0 = *(u64 *)(r0 + 0)\nexit"},
	{"sched_cls", "memset beyond", "V014", notAsked, "r1 = r10\nr1 += -16\nr2 = 0\nr3 = 17\ncall memset\nr0 = 0\nexit"},
	{"sched_cls", "memset of variable size", "", notAsked, "r3 = *(u32 *)(r1 + 0)\nr3 &= 15\nr1 = r10\nr1 += -16\nr2 = 0\ncall memset\nr0 = 0\nexit"},
	{"sched_cls", "memset of context", "V021", notAsked, "r2 = 0\nr3 = 16\ncall memset\nr0 = 0\nexit"},
	{"sched_cls", "memcpy", "", notAsked, "r1 = r10\nr1 += -16\nr2 = value rodata\nr3 = 16\ncall memcpy\nr0 = *(u64 *)(r10 - 8)\nexit"},
	{"sched_cls", "memcpy to read-only data", "V018", notAsked, "r2 = r10\nr2 += -16\nr1 = value rodata\nr3 = 16\ncall memcpy\nr0 = 0\nexit"},
	{"sched_cls", "memcpy beyond source", "V015", notAsked, "r1 = r10\nr1 += -32\nr2 = value rodata\nr3 = 17\ncall memcpy\nr0 = 0\nexit"},
	{"sched_cls", "memcpy from packet", "", notAsked, "r2 = *(u32 *)(r1 + 76)\nr3 = *(u32 *)(r1 + 80)\nr4 = r2\nr4 += 8\nif r4 > r3 goto l\nr1 = r10\nr1 += -8\nr3 = 8\ncall memcpy\nl:\nr0 = 0\nexit"},
	{"sched_cls", "memcmp", "", notAsked, "r1 = value data\nr2 = value rodata\nr3 = 16\ncall memcmp\nexit"},
	{"sched_cls", "memcmp beyond", "V015", notAsked, "r1 = value data\nr2 = value rodata + 1\nr3 = 16\ncall memcmp\nexit"},
	{"sched_cls", "memcpy breaks spill", "V017", notAsked, "*(u64 *)(r10 - 8) = r1\nr1 = r10\nr1 += -8\nr2 = value rodata\nr3 = 8\ncall memcpy\nr1 = *(u64 *)(r10 - 8)\nr0 = *(u32 *)(r1 + 0)\nexit"},
	{"xdp", "strncmp", "", "", "r1 = value data\nr2 = 8\nr3 = value text\ncall strncmp\nr0 = 0\nexit"},
	{"xdp", "strncmp with variable data", "V021", "", "r1 = value data\nr2 = 8\nr3 = value data\ncall strncmp\nr0 = 0\nexit"},
	{"xdp", "strncmp without end", "V021", "", "r1 = value data\nr2 = 8\nr3 = value text + 3\ncall strncmp\nr0 = 0\nexit"},
	{"xdp", "snprintf", "", "", "*(u64 *)(r10 - 8) = 1\nr1 = value data\nr2 = 8\nr3 = value text\nr4 = r10\nr4 += -8\nr5 = 8\ncall snprintf\nr0 = 0\nexit"},
}
