package table

import "github.com/bpf2go-native/bpf2go-native/bpf"

// windowsHelpers are the general helpers of eBPF for Windows (enum
// bpf_func_id of its bpf_helper_defs.h). Index i holds id i+1.
var windowsHelpers = []Helper{
	{ID: 1, Name: "map_lookup_elem", Status: Supported, Maps: lookupMaps, Args: []ArgKind{ArgMap, ArgKey}, Ret: RetMapValueOrNull, Symbol: "MapLookupElem"},
	{ID: 2, Name: "map_update_elem", Status: Supported, Maps: valueMaps, Args: []ArgKind{ArgMap, ArgKey, ArgValue, ArgAny}, Ret: RetErr, Writes: RegionMap, Symbol: "MapUpdateElem"},
	{ID: 3, Name: "map_delete_elem", Status: Supported, Maps: deleteMaps, Args: []ArgKind{ArgMap, ArgKey}, Ret: RetErr, Writes: RegionMap, Symbol: "MapDeleteElem"},
	{ID: 4, Name: "map_lookup_and_delete_elem", Status: Supported, Maps: []bpf.MapType{bpf.MapHash, bpf.MapLRUHash}, Args: []ArgKind{ArgMap, ArgKey}, Ret: RetMapValueOrNull, Writes: RegionMap, Symbol: "MapLookupAndDeleteElem"},
	{ID: 5, Name: "tail_call", Status: Verified, Maps: progArray, Args: []ArgKind{ArgCtx, ArgMap, ArgAny}, Ret: RetNeverOnSuccess},
	{ID: 6, Name: "get_prandom_u32", Status: Supported, Symbol: "GetPrandomU32"},
	{ID: 7, Name: "ktime_get_boot_ns", Status: Supported, Symbol: "KtimeGetBootNs"},
	{ID: 8, Name: "get_smp_processor_id", Status: Supported, Symbol: "GetSmpProcessorId"},
	{ID: 9, Name: "ktime_get_ns", Status: Supported, Symbol: "KtimeGetNs"},
	{ID: 10, Name: "csum_diff", Status: Verified, Args: []ArgKind{ArgMemOrNull, ArgSizeOrZero, ArgMemOrNull, ArgSizeOrZero, ArgAny}},
	{ID: 11, Name: "ringbuf_output", Status: Supported, Maps: ringbuf, Args: []ArgKind{ArgMap, ArgMem, ArgSize, ArgAny}, Ret: RetErr, Symbol: "RingbufOutput"},
	{ID: 12, Name: "trace_printk2", Status: Verified, Args: []ArgKind{ArgMem, ArgSize}},
	{ID: 13, Name: "trace_printk3", Status: Verified, Args: []ArgKind{ArgMem, ArgSize, ArgAny}},
	{ID: 14, Name: "trace_printk4", Status: Verified, Args: []ArgKind{ArgMem, ArgSize, ArgAny, ArgAny}},
	{ID: 15, Name: "trace_printk5", Status: Verified, Args: []ArgKind{ArgMem, ArgSize, ArgAny, ArgAny, ArgAny}},
	{ID: 16, Name: "map_push_elem", Status: Supported, Maps: queueMaps, Args: []ArgKind{ArgMap, ArgValue, ArgAny}, Ret: RetErr, Writes: RegionMap, Symbol: "MapPushElem"},
	{ID: 17, Name: "map_pop_elem", Status: Supported, Maps: queueMaps, Args: []ArgKind{ArgMap, ArgValueOut}, Ret: RetErr, Writes: RegionMap, Symbol: "MapPopElem"},
	{ID: 18, Name: "map_peek_elem", Status: Supported, Maps: queueMaps, Args: []ArgKind{ArgMap, ArgValueOut}, Ret: RetErr, Symbol: "MapPeekElem"},
	{ID: 19, Name: "get_current_pid_tgid", Status: Supported, Symbol: "GetCurrentPidTgid"},
	{ID: 20, Name: "get_current_logon_id", Status: Verified, Args: []ArgKind{ArgCtx}},
	{ID: 21, Name: "is_current_admin", Status: Verified, Args: []ArgKind{ArgCtx}},
	{ID: 22, Name: "memcpy_s", Status: Verified, Args: []ArgKind{ArgMemOut, ArgSizeOrZero, ArgMem, ArgSizeOrZero}},
	{ID: 23, Name: "memcmp_s", Status: Verified, Args: []ArgKind{ArgMem, ArgSizeOrZero, ArgMem, ArgSizeOrZero}},
	{ID: 24, Name: "memset", Status: Verified, Args: []ArgKind{ArgMemOut, ArgSizeOrZero, ArgAny}},
	{ID: 25, Name: "memmove_s", Status: Verified, Args: []ArgKind{ArgMemOut, ArgSizeOrZero, ArgMem, ArgSizeOrZero}},
	{ID: 26, Name: "get_socket_cookie", Status: Verified, Args: []ArgKind{ArgCtx}},
	{ID: 27, Name: "strncpy_s", Status: Verified, Args: []ArgKind{ArgMemOut, ArgSizeOrZero, ArgMem, ArgSizeOrZero}},
	{ID: 28, Name: "strncat_s", Status: Verified, Args: []ArgKind{ArgMemOut, ArgSizeOrZero, ArgMem, ArgSizeOrZero}},
	{ID: 29, Name: "strnlen_s", Status: Verified, Args: []ArgKind{ArgMem, ArgSizeOrZero}},
	{ID: 30, Name: "ktime_get_boot_ms", Status: Supported, Symbol: "KtimeGetBootMs"},
	{ID: 31, Name: "ktime_get_ms", Status: Supported, Symbol: "KtimeGetMs"},
	{ID: 32, Name: "perf_event_output", Status: Supported, Maps: perfArray, Args: []ArgKind{ArgCtx, ArgMap, ArgAny, ArgMem, ArgSize}, Ret: RetErr, Reads: RegionPacket | RegionCtx, Symbol: "PerfPacketOutput"},
	{ID: 33, Name: "get_current_process_start_key", Status: Verified},
	{ID: 34, Name: "get_current_thread_create_time", Status: Verified},
	{ID: 35, Name: "redirect_map", Status: Verified, Maps: []bpf.MapType{bpf.MapXSKMap}, Args: []ArgKind{ArgMap, ArgAny, ArgAny}},
}
