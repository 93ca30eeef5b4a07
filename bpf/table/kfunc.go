package table

import "slices"

// kfuncs are the functions outside of a program that are known by name. The
// first four are those of string.h: clang calls them for copies whose size it
// does not unroll.
var kfuncs = []Helper{
	{Name: "memset", Status: Supported, Args: []ArgKind{ArgMemOut, ArgAny, ArgSizeOrZero}, Ret: RetArg1, Pkt: true, Symbol: "MemSet"},
	{Name: "memcpy", Status: Supported, Args: []ArgKind{ArgMemOut, ArgMem, ArgSizeOrZero}, Ret: RetArg1, Pkt: true, Symbol: "MemCopy"},
	{Name: "memmove", Status: Supported, Args: []ArgKind{ArgMemOut, ArgMem, ArgSizeOrZero}, Ret: RetArg1, Pkt: true, Symbol: "MemMove"},
	{Name: "memcmp", Status: Supported, Args: []ArgKind{ArgMem, ArgMem, ArgSizeOrZero}, Ret: RetInt, Pkt: true, Symbol: "MemCmp"},
	{Name: "bpf_iter_num_new", Status: Supported, Args: []ArgKind{ArgIterNew, ArgAny, ArgAny}, Ret: RetErr, Iter: IterNum, Acquires: true},
	{Name: "bpf_iter_num_next", Status: Supported, Args: []ArgKind{ArgIter}, Ret: RetIter, Iter: IterNum},
	{Name: "bpf_iter_num_destroy", Status: Supported, Args: []ArgKind{ArgIter}, Ret: RetVoid, Iter: IterNum, Releases: 1},
	{Name: "bpf_iter_bits_new", Status: Supported, Args: []ArgKind{ArgIterNew, ArgAny, ArgAny}, Ret: RetErr, Iter: IterBits, Acquires: true, Writes: RegionMem, Symbol: "IterBitsNew"},
	{Name: "bpf_iter_bits_next", Status: Supported, Args: []ArgKind{ArgIter}, Ret: RetIter, Iter: IterBits, Writes: RegionMem, Symbol: "IterBitsNext"},
	{Name: "bpf_iter_bits_destroy", Status: Supported, Args: []ArgKind{ArgIter}, Ret: RetVoid, Iter: IterBits, Releases: 1, Writes: RegionMem, Symbol: "IterBitsDestroy"},
	{Name: "bpf_rcu_read_lock", Status: Supported, Ret: RetVoid, Opens: SectionRCU},
	{Name: "bpf_rcu_read_unlock", Status: Supported, Ret: RetVoid, Closes: SectionRCU},
	{Name: "bpf_preempt_disable", Status: Supported, Ret: RetVoid, Opens: SectionPreempt},
	{Name: "bpf_preempt_enable", Status: Supported, Ret: RetVoid, Closes: SectionPreempt},
	{Name: "bpf_dynptr_from_skb", Status: Verified, Args: []ArgKind{ArgCtx, ArgAny, ArgDynptrOut}, Ret: RetErr, Dynptr: DynptrSkb, Hooks: dynptrSkbHooks},
	{Name: "bpf_dynptr_from_xdp", Status: Verified, Args: []ArgKind{ArgCtx, ArgAny, ArgDynptrOut}, Ret: RetErr, Dynptr: DynptrXdp, Hooks: xdpHooks},
	{Name: "bpf_dynptr_slice", Status: Supported, Args: []ArgKind{ArgDynptr, ArgAny, ArgMemOrNull, ArgConstSize}, Ret: RetDynptrSlice, Reads: dynptrMemory, Symbol: "DynptrSlice"},
	{Name: "bpf_dynptr_slice_rdwr", Status: Supported, Args: []ArgKind{ArgDynptr, ArgAny, ArgMemOrNull, ArgConstSize}, Ret: RetDynptrSlice, Writes: RegionAll, Symbol: "DynptrSliceRdwr"},
	{Name: "bpf_dynptr_adjust", Status: Supported, Args: []ArgKind{ArgDynptr, ArgAny, ArgAny}, Ret: RetErr, Symbol: "DynptrAdjust"},
	{Name: "bpf_dynptr_is_null", Status: Supported, Args: []ArgKind{ArgDynptr}, Symbol: "DynptrIsNull"},
	{Name: "bpf_dynptr_is_rdonly", Status: Supported, Args: []ArgKind{ArgDynptr}, Symbol: "DynptrIsRdonly"},
	{Name: "bpf_dynptr_size", Status: Supported, Args: []ArgKind{ArgDynptr}, Symbol: "DynptrSize"},
	{Name: "bpf_dynptr_clone", Status: Supported, Args: []ArgKind{ArgDynptr, ArgDynptrOut}, Ret: RetErr, Symbol: "DynptrClone"},
}

// Hooks of kernel functions that are not for everyone.
var dynptrSkbHooks = slices.Concat(tcLwtHooks, []string{"socket_filter", "cgroup_skb", "sk_skb"})
