package table

import "slices"

// kfuncs are the functions outside of a program that are known by name. The
// first four are those of string.h: clang calls them for copies whose size it
// does not unroll.
var kfuncs = []Helper{
	{Name: "memset", Status: Verified, Args: []ArgKind{ArgMemOut, ArgAny, ArgSizeOrZero}, Ret: RetArg1, Pkt: true},
	{Name: "memcpy", Status: Verified, Args: []ArgKind{ArgMemOut, ArgMem, ArgSizeOrZero}, Ret: RetArg1, Pkt: true},
	{Name: "memmove", Status: Verified, Args: []ArgKind{ArgMemOut, ArgMem, ArgSizeOrZero}, Ret: RetArg1, Pkt: true},
	{Name: "memcmp", Status: Verified, Args: []ArgKind{ArgMem, ArgMem, ArgSizeOrZero}, Ret: RetInt, Pkt: true},
	{Name: "bpf_iter_num_new", Status: Verified, Args: []ArgKind{ArgIterNew, ArgAny, ArgAny}, Ret: RetErr, Iter: IterNum, Acquires: true},
	{Name: "bpf_iter_num_next", Status: Verified, Args: []ArgKind{ArgIter}, Ret: RetIter, Iter: IterNum},
	{Name: "bpf_iter_num_destroy", Status: Verified, Args: []ArgKind{ArgIter}, Ret: RetVoid, Iter: IterNum, Releases: 1},
	{Name: "bpf_iter_bits_new", Status: Verified, Args: []ArgKind{ArgIterNew, ArgAny, ArgAny}, Ret: RetErr, Iter: IterBits, Acquires: true},
	{Name: "bpf_iter_bits_next", Status: Verified, Args: []ArgKind{ArgIter}, Ret: RetIter, Iter: IterBits},
	{Name: "bpf_iter_bits_destroy", Status: Verified, Args: []ArgKind{ArgIter}, Ret: RetVoid, Iter: IterBits, Releases: 1},
	{Name: "bpf_rcu_read_lock", Status: Verified, Ret: RetVoid, Opens: SectionRCU},
	{Name: "bpf_rcu_read_unlock", Status: Verified, Ret: RetVoid, Closes: SectionRCU},
	{Name: "bpf_preempt_disable", Status: Verified, Ret: RetVoid, Opens: SectionPreempt},
	{Name: "bpf_preempt_enable", Status: Verified, Ret: RetVoid, Closes: SectionPreempt},
	{Name: "bpf_dynptr_from_skb", Status: Verified, Args: []ArgKind{ArgCtx, ArgAny, ArgDynptrOut}, Ret: RetErr, Dynptr: DynptrSkb, Hooks: dynptrSkbHooks},
	{Name: "bpf_dynptr_from_xdp", Status: Verified, Args: []ArgKind{ArgCtx, ArgAny, ArgDynptrOut}, Ret: RetErr, Dynptr: DynptrXdp, Hooks: xdpHooks},
	{Name: "bpf_dynptr_slice", Status: Verified, Args: []ArgKind{ArgDynptr, ArgAny, ArgMemOrNull, ArgConstSize}, Ret: RetDynptrSlice},
	{Name: "bpf_dynptr_slice_rdwr", Status: Verified, Args: []ArgKind{ArgDynptr, ArgAny, ArgMemOrNull, ArgConstSize}, Ret: RetDynptrSlice, Writes: RegionAll},
	{Name: "bpf_dynptr_adjust", Status: Verified, Args: []ArgKind{ArgDynptr, ArgAny, ArgAny}, Ret: RetErr},
	{Name: "bpf_dynptr_is_null", Status: Verified, Args: []ArgKind{ArgDynptr}},
	{Name: "bpf_dynptr_is_rdonly", Status: Verified, Args: []ArgKind{ArgDynptr}},
	{Name: "bpf_dynptr_size", Status: Verified, Args: []ArgKind{ArgDynptr}},
	{Name: "bpf_dynptr_clone", Status: Verified, Args: []ArgKind{ArgDynptr, ArgDynptrOut}, Ret: RetErr},
}

// Hooks of kernel functions that are not for everyone.
var dynptrSkbHooks = slices.Concat(tcLwtHooks, []string{"socket_filter", "cgroup_skb", "sk_skb"})
