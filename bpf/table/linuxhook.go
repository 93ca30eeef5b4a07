package table

// linuxHooks has a row for each enum bpf_prog_type, by number, and the own
// hook raw. Sections are those of libbpf. Contexts, results and packet access
// are those of Linux 6.18; kernel_linux_test.go compares them with the running
// kernel.
var linuxHooks = []Hook{
	{
		Name: "xdp", Number: 6, Sections: []string{"xdp", "xdp.frags"}, Status: Supported, Go: "XDP",
		Size: 24, Fields: xdpFields, AnyRet: true, PacketWrite: true, HelperPacket: true,
	},
	rawHook,
	{
		Name: "socket_filter", Number: 1, Sections: []string{"socket"}, Status: Verified,
		Size: skbSize, Fields: skbContext("tc_classid data data_end data_meta "+skbSock+" flow_keys tstamp wire_len tstamp_type hwtstamp", ""),
		AnyRet: true, LegacyLoads: true,
	},
	{
		Name: "kprobe", Number: 2, Sections: []string{"kprobe", "kprobe.multi", "kprobe.session", "kretprobe", "kretprobe.multi",
			"ksyscall", "kretsyscall", "uprobe", "uprobe.s", "uprobe.multi", "uprobe.multi.s", "uprobe.session",
			"uretprobe", "uretprobe.s", "uretprobe.multi", "uretprobe.multi.s", "usdt", "usdt.s"},
		Status: Verified, Size: regsSize, Fields: []Field{{Name: "regs", Size: regsSize, Loads: all}}, AnyRet: true,
		Variants: []Variant{{Sections: []string{"kprobe.session", "uprobe.session"}, RetMax: 1}},
	},
	{
		Name: "sched_cls", Number: 3, Sections: []string{"tc", "tcx", "classifier", "netkit"}, Status: Verified,
		Size: skbSize, Fields: skbContext(skbSock+" flow_keys", tcWrites),
		AnyRet: true, LegacyLoads: true, PacketWrite: true, HelperPacket: true,
	},
	{
		Name: "sched_act", Number: 4, Sections: []string{"action"}, Status: Verified,
		Size: skbSize, Fields: skbContext(skbSock+" flow_keys", tcWrites),
		AnyRet: true, LegacyLoads: true, PacketWrite: true, HelperPacket: true,
	},
	{
		Name: "tracepoint", Number: 5, Sections: []string{"tracepoint", "tp"}, Status: Verified,
		Size: traceSize, Fields: []Field{{Name: "record", Off: 8, Size: traceSize - 8, Loads: all}}, AnyRet: true,
	},
	{
		Name: "perf_event", Number: 7, Sections: []string{"perf_event"}, Status: Verified,
		Size: regsSize + 16, Fields: perfFields, AnyRet: true,
	},
	{
		Name: "cgroup_skb", Number: 8, Sections: []string{"cgroup_skb", "cgroup/skb"}, Status: Verified,
		Size: skbSize, Fields: skbContext("tc_classid data_meta flow_keys wire_len tstamp_type", "mark priority tstamp"),
		RetMax: 1, HelperPacket: true,
		Variants: []Variant{{Sections: []string{"cgroup_skb/egress"}, RetMax: 3}},
	},
	{
		Name: "cgroup_sock", Number: 9, Status: Verified,
		Sections: []string{"cgroup/sock", "cgroup/sock_create", "cgroup/sock_release", "cgroup/post_bind4", "cgroup/post_bind6"},
		Size:     sockSize, Fields: cgroupSockFields, RetMax: 1,
	},
	{
		Name: "lwt_in", Number: 10, Sections: []string{"lwt_in"}, Status: Verified,
		Size: skbSize, Fields: skbContext(lwtLacks, "mark priority"), AnyRet: true, HelperPacket: true,
	},
	{
		Name: "lwt_out", Number: 11, Sections: []string{"lwt_out"}, Status: Verified,
		Size: skbSize, Fields: skbContext(lwtLacks, "mark priority"), AnyRet: true, HelperPacket: true,
	},
	{
		Name: "lwt_xmit", Number: 12, Sections: []string{"lwt_xmit"}, Status: Verified,
		Size: skbSize, Fields: skbContext(lwtLacks, "mark priority"), AnyRet: true, PacketWrite: true, HelperPacket: true,
	},
	{
		Name: "sock_ops", Number: 13, Sections: []string{"sockops"}, Status: Verified,
		Size: 224, Fields: sockOpsFields, RetMax: 1,
	},
	{
		Name: "sk_skb", Number: 14, Sections: []string{"sk_skb"}, Status: Verified,
		Size: skbSize, Fields: skbContext("mark tc_classid data_meta flow_keys tstamp wire_len tstamp_type hwtstamp cb", "tc_index priority"),
		AnyRet: true, PacketWrite: true, HelperPacket: true,
	},
	{
		Name: "cgroup_device", Number: 15, Sections: []string{"cgroup/dev"}, Status: Verified,
		Size: 12, Fields: slots([]Field{{Name: "access_type", Size: 4, Narrow: true}, {Name: "major", Off: 4, Size: 4}, {Name: "minor", Off: 8, Size: 4}}),
		RetMax: 1,
	},
	{
		Name: "sk_msg", Number: 16, Sections: []string{"sk_msg"}, Status: Verified,
		Size: 80, Fields: skMsgFields, AnyRet: true, PacketWrite: true, HelperPacket: true,
	},
	{
		Name: "raw_tracepoint", Number: 17, Sections: []string{"raw_tracepoint", "raw_tp"}, Status: Verified,
		Size: argsSize, Fields: []Field{{Name: "args", Size: argsSize, Loads: all}}, AnyRet: true,
	},
	{
		Name: "cgroup_sock_addr", Number: 18, Status: Verified,
		Sections: []string{"cgroup/bind4", "cgroup/bind6", "cgroup/connect4", "cgroup/connect6",
			"cgroup/connect_unix", "cgroup/sendmsg4", "cgroup/sendmsg6", "cgroup/sendmsg_unix", "cgroup/recvmsg4", "cgroup/recvmsg6",
			"cgroup/recvmsg_unix", "cgroup/getpeername4", "cgroup/getpeername6", "cgroup/getpeername_unix", "cgroup/getsockname4",
			"cgroup/getsockname6", "cgroup/getsockname_unix"},
		Size: 72, Fields: sockAddrFields, RetMax: 1,
		Variants: []Variant{
			{Sections: []string{"cgroup/bind4", "cgroup/bind6"}, RetMax: 3},
			{Sections: []string{"cgroup/recvmsg4", "cgroup/recvmsg6", "cgroup/recvmsg_unix", "cgroup/getpeername4", "cgroup/getpeername6",
				"cgroup/getpeername_unix", "cgroup/getsockname4", "cgroup/getsockname6", "cgroup/getsockname_unix"}, RetMin: 1, RetMax: 1},
		},
	},
	{
		Name: "lwt_seg6local", Number: 19, Sections: []string{"lwt_seg6local"}, Status: Verified,
		Size: skbSize, Fields: skbContext(lwtLacks, "mark priority"), AnyRet: true, HelperPacket: true,
	},
	{Name: "lirc_mode2", Number: 20, Sections: []string{"lirc_mode2"}},
	{
		Name: "sk_reuseport", Number: 21, Sections: []string{"sk_reuseport"}, Status: Verified,
		Size: 56, Fields: reuseportFields, AnyRet: true, HelperPacket: true,
	},
	{
		Name: "flow_dissector", Number: 22, Sections: []string{"flow_dissector"}, Status: Verified,
		Size: skbSize, Fields: slots(pick("data data_end flow_keys")), AnyRet: true, HelperPacket: true,
	},
	{
		Name: "cgroup_sysctl", Number: 23, Sections: []string{"cgroup/sysctl"}, Status: Verified,
		Size: 8, Fields: slots([]Field{{Name: "write", Size: 4, Narrow: true}, {Name: "file_pos", Off: 4, Size: 4, Narrow: true, Write: true}}),
		RetMax: 1,
	},
	{
		Name: "raw_tracepoint_writable", Number: 24, Sections: []string{"raw_tracepoint.w", "raw_tp.w"}, Status: Verified,
		Size: argsSize, Fields: slots([]Field{{Name: "buffer", Size: 8, Kind: FieldObject}, {Name: "args", Off: 8, Size: argsSize - 8, Loads: all}}), AnyRet: true,
	},
	{
		Name: "cgroup_sockopt", Number: 25, Sections: []string{"cgroup/getsockopt", "cgroup/setsockopt"}, Status: Verified,
		Size: 40, Fields: sockoptFields, RetMax: 1, PacketWrite: true, HelperPacket: true,
	},
	{Name: "tracing", Number: 26, Sections: []string{"tp_btf", "fentry", "fentry.s", "fmod_ret", "fmod_ret.s", "fexit", "fexit.s", "iter", "iter.s"}},
	{Name: "struct_ops", Number: 27, Sections: []string{"struct_ops", "struct_ops.s"}},
	{Name: "ext", Number: 28, Sections: []string{"freplace"}},
	{Name: "lsm", Number: 29, Sections: []string{"lsm", "lsm.s", "lsm_cgroup"}},
	{
		Name: "sk_lookup", Number: 30, Sections: []string{"sk_lookup"}, Status: Verified,
		Size: 72, Fields: skLookupFields, RetMax: 1,
	},
	{
		Name: "syscall", Number: 31, Sections: []string{"syscall"}, Status: Verified,
		Size: syscallSize, Fields: []Field{{Name: "args", Size: syscallSize, Loads: all, Stores: all}}, AnyRet: true,
	},
	{Name: "netfilter", Number: 32, Sections: []string{"netfilter"}},
}

// Sizes of contexts in bytes.
const (
	skbSize     = 192
	sockSize    = 80
	regsSize    = 168   // struct pt_regs of x86-64, on every target
	traceSize   = 8192  // the longest record of a tracepoint
	argsSize    = 96    // twelve arguments
	syscallSize = 65536 // the largest context that a host may pass
)

// Fields of struct __sk_buff that groups of hooks lack or write.
const (
	skbSock  = "family remote_ip4 local_ip4 remote_ip6 local_ip6 remote_port local_port"
	lwtLacks = "tc_classid data_meta flow_keys tstamp wire_len tstamp_type hwtstamp " + skbSock
	tcWrites = "mark queue_mapping priority tc_index tc_classid tstamp"
)

// rawHook runs on a piece of memory. It is not a hook of any kernel.
var rawHook = Hook{Name: "raw", Sections: []string{"raw"}, Status: Supported, Go: "Raw", Memory: true, AnyRet: true,
	LegacyLoads: true, PacketWrite: true, HelperPacket: true}
