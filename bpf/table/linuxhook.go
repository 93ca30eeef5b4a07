package table

// linuxHooks has a row for each enum bpf_prog_type, by number, and the own
// hook raw. Sections are those of libbpf.
var linuxHooks = []Hook{
	{
		Name: "xdp", Number: 6, Sections: []string{"xdp", "xdp.frags"}, Status: Supported, Go: "XDP",
		Size: 24, Fields: xdpFields, AnyRet: true,
	},
	rawHook,
	{Name: "socket_filter", Number: 1, Sections: []string{"socket"}},
	{Name: "kprobe", Number: 2, Sections: []string{"kprobe", "kprobe.multi", "kprobe.session", "kretprobe", "kretprobe.multi",
		"ksyscall", "kretsyscall", "uprobe", "uprobe.s", "uprobe.multi", "uprobe.multi.s", "uprobe.session",
		"uretprobe", "uretprobe.s", "uretprobe.multi", "uretprobe.multi.s", "usdt", "usdt.s"}},
	{Name: "sched_cls", Number: 3, Sections: []string{"tc", "tcx", "classifier", "netkit"}},
	{Name: "sched_act", Number: 4, Sections: []string{"action"}},
	{Name: "tracepoint", Number: 5, Sections: []string{"tracepoint", "tp"}},
	{Name: "perf_event", Number: 7, Sections: []string{"perf_event"}},
	{Name: "cgroup_skb", Number: 8, Sections: []string{"cgroup_skb", "cgroup/skb"}},
	{Name: "cgroup_sock", Number: 9, Sections: []string{"cgroup/sock", "cgroup/sock_create", "cgroup/sock_release", "cgroup/post_bind4", "cgroup/post_bind6"}},
	{Name: "lwt_in", Number: 10, Sections: []string{"lwt_in"}},
	{Name: "lwt_out", Number: 11, Sections: []string{"lwt_out"}},
	{Name: "lwt_xmit", Number: 12, Sections: []string{"lwt_xmit"}},
	{Name: "sock_ops", Number: 13, Sections: []string{"sockops"}},
	{Name: "sk_skb", Number: 14, Sections: []string{"sk_skb"}},
	{Name: "cgroup_device", Number: 15, Sections: []string{"cgroup/dev"}},
	{Name: "sk_msg", Number: 16, Sections: []string{"sk_msg"}},
	{Name: "raw_tracepoint", Number: 17, Sections: []string{"raw_tracepoint", "raw_tp"}},
	{Name: "cgroup_sock_addr", Number: 18, Sections: []string{"cgroup/bind4", "cgroup/bind6", "cgroup/connect4", "cgroup/connect6",
		"cgroup/connect_unix", "cgroup/sendmsg4", "cgroup/sendmsg6", "cgroup/sendmsg_unix", "cgroup/recvmsg4", "cgroup/recvmsg6",
		"cgroup/recvmsg_unix", "cgroup/getpeername4", "cgroup/getpeername6", "cgroup/getpeername_unix", "cgroup/getsockname4",
		"cgroup/getsockname6", "cgroup/getsockname_unix"}},
	{Name: "lwt_seg6local", Number: 19, Sections: []string{"lwt_seg6local"}},
	{Name: "lirc_mode2", Number: 20, Sections: []string{"lirc_mode2"}},
	{Name: "sk_reuseport", Number: 21, Sections: []string{"sk_reuseport"}},
	{Name: "flow_dissector", Number: 22, Sections: []string{"flow_dissector"}},
	{Name: "cgroup_sysctl", Number: 23, Sections: []string{"cgroup/sysctl"}},
	{Name: "raw_tracepoint_writable", Number: 24, Sections: []string{"raw_tracepoint.w", "raw_tp.w"}},
	{Name: "cgroup_sockopt", Number: 25, Sections: []string{"cgroup/getsockopt", "cgroup/setsockopt"}},
	{Name: "tracing", Number: 26, Sections: []string{"tp_btf", "fentry", "fentry.s", "fmod_ret", "fmod_ret.s", "fexit", "fexit.s", "iter", "iter.s"}},
	{Name: "struct_ops", Number: 27, Sections: []string{"struct_ops", "struct_ops.s"}},
	{Name: "ext", Number: 28, Sections: []string{"freplace"}},
	{Name: "lsm", Number: 29, Sections: []string{"lsm", "lsm.s", "lsm_cgroup"}},
	{Name: "sk_lookup", Number: 30, Sections: []string{"sk_lookup"}},
	{Name: "syscall", Number: 31, Sections: []string{"syscall"}},
	{Name: "netfilter", Number: 32, Sections: []string{"netfilter"}},
}

// rawHook runs on a piece of memory. It is not a hook of any kernel.
var rawHook = Hook{Name: "raw", Sections: []string{"raw"}, Status: Supported, Go: "Raw", Memory: true, AnyRet: true}

// xdpFields is struct xdp_md of linux/bpf.h. The kernel allows reads of whole
// fields only and no writes; it enforces no range of results. Unlike it, egress_ifindex
// may be read in every program and is 0 where there is no egress device.
var xdpFields = []Field{
	{Name: "data", Off: 0, Size: 4, Kind: FieldData},
	{Name: "data_end", Off: 4, Size: 4, Kind: FieldDataEnd},
	{Name: "data_meta", Off: 8, Size: 4, Kind: FieldDataMeta},
	{Name: "ingress_ifindex", Off: 12, Size: 4, Slot: 0},
	{Name: "rx_queue_index", Off: 16, Size: 4, Slot: 1},
	{Name: "egress_ifindex", Off: 20, Size: 4, Slot: 2},
}
