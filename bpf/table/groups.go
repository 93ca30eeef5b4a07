package table

import (
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// Hooks that offer groups of helpers, as the *_func_proto functions of Linux
// 6.18 do.
var (
	noHooks            = []string{"tracing"} // only hooks that are not supported
	xdpHooks           = []string{"xdp"}
	tcHooks            = []string{"sched_cls", "sched_act"}
	tcXdpHooks         = slices.Concat(tcHooks, xdpHooks)
	tcXmitHooks        = slices.Concat(tcHooks, []string{"lwt_xmit"})
	tcLwtHooks         = slices.Concat(tcXmitHooks, []string{"lwt_in", "lwt_out", "lwt_seg6local"})
	csumHooks          = slices.Concat(tcLwtHooks, xdpHooks, []string{"raw"})
	skSkbHooks         = []string{"sk_skb"}
	skbWriteHooks      = slices.Concat(tcXmitHooks, skSkbHooks)
	pullHooks          = slices.Concat(tcLwtHooks, skSkbHooks)
	roomHooks          = slices.Concat(tcHooks, skSkbHooks)
	cgroupSkbHooks     = []string{"cgroup_skb"}
	tcCgroupHooks      = slices.Concat(tcHooks, cgroupSkbHooks)
	redirectHooks      = slices.Concat(tcXmitHooks, xdpHooks)
	skbLoadHooks       = slices.Concat(pullHooks, cgroupSkbHooks, []string{"flow_dissector", "sk_reuseport", "socket_filter"})
	relativeHooks      = slices.Concat(tcCgroupHooks, []string{"sk_reuseport", "socket_filter"})
	uidHooks           = slices.Concat(tcCgroupHooks, []string{"sk_skb", "socket_filter"})
	lookupHooks        = slices.Concat(tcCgroupHooks, []string{"cgroup_sock_addr", "sk_skb", "xdp"})
	releaseHooks       = slices.Concat(lookupHooks, []string{"sk_lookup"})
	cookieHooks        = slices.Concat(uidHooks, []string{"cgroup_sock", "cgroup_sock_addr", "sock_ops"})
	netnsHooks         = slices.Concat(sockHooks, []string{"cgroup_sock", "socket_filter"})
	sockHooks          = slices.Concat(tcCgroupHooks, []string{"cgroup_sock_addr", "cgroup_sockopt", "sk_msg", "sock_ops"})
	storageHooks       = slices.Concat(sockHooks, syscallHooks)
	tcpSockHooks       = slices.Concat(tcCgroupHooks, []string{"cgroup_sockopt", "sock_ops"})
	encapHooks         = []string{"lwt_in", "lwt_xmit"}
	seg6Hooks          = []string{"lwt_seg6local"}
	sockOpsHooks       = []string{"sock_ops"}
	sockoptHooks       = []string{"cgroup_sock_addr", "sock_ops"}
	cgroupSockoptHooks = []string{"cgroup_sockopt"}
	socketHooks        = []string{"syscall", "sk_reuseport"}
	sockUpdateHooks    = slices.Concat(tcXdpHooks, []string{"socket_filter", "sk_reuseport", "flow_dissector", "sk_lookup"})
	sockMapHooks       = slices.Concat(tcXdpHooks, []string{"socket_filter", "sk_reuseport", "flow_dissector", "sk_lookup", "sock_ops"})
	skMsgHooks         = []string{"sk_msg"}
	skLookupHooks      = []string{"sk_lookup"}
	sysctlHooks        = []string{"cgroup_sysctl"}
	reuseportHooks     = []string{"sk_reuseport"}
	sockAddrHooks      = []string{"cgroup_sock_addr"}
	cgroupSockHooks    = []string{"cgroup_sock"}
	retvalHooks        = []string{"cgroup_sock", "cgroup_sock_addr", "cgroup_sockopt"}
	localHooks         = []string{"cgroup_device", "cgroup_skb", "cgroup_sock", "cgroup_sock_addr", "cgroup_sockopt", "cgroup_sysctl", "sock_ops"}
	perfHooks          = []string{"perf_event"}
	kprobeHooks        = []string{"kprobe"}
	lircHooks          = []string{"lirc_mode2"}
	syscallHooks       = []string{"syscall"}
	attachHooks        = []string{"kprobe", "tracepoint", "raw_tracepoint", "raw_tracepoint_writable", "perf_event"}
	traceHooks         = slices.Concat(attachHooks, syscallHooks)
	packetHooks        = slices.Concat(tcLwtHooks, xdpHooks, skSkbHooks, cgroupSkbHooks, []string{"socket_filter"}) // events with bytes of the packet
	outputHooks        = except("flow_dissector", "sk_reuseport")
	coarseHooks        = except("cgroup_device", "cgroup_sockopt", "kprobe", "perf_event", "raw_tracepoint", "raw_tracepoint_writable", "syscall", "tracepoint")
	skcHooks           = except("cgroup_device", "cgroup_sock", "cgroup_sockopt", "cgroup_sysctl", "kprobe", "perf_event", "raw_tracepoint",
		"raw_tracepoint_writable", "sk_reuseport", "tracepoint")
	othersThanTcLwt = except(tcLwtHooks...)
)

// dynptrMemory is where dynptrs lead: records, values of maps, the packet.
const dynptrMemory = RegionMem | RegionMap | RegionPacket

// except are the names of all hooks but some.
func except(hooks ...string) []string {
	var names []string
	for _, h := range linuxHooks {
		if !slices.Contains(hooks, h.Name) {
			names = append(names, h.Name)
		}
	}
	return names
}

// Types of maps that groups of helpers take: those that the kernel's check of
// maps and functions lets pass in both directions.
var (
	valueMaps = []bpf.MapType{bpf.MapHash, bpf.MapArray, bpf.MapPercpuHash, bpf.MapPercpuArray, bpf.MapLRUHash, bpf.MapLRUPercpu,
		bpf.MapLPMTrie}
	lookupMaps = slices.Concat(valueMaps, []bpf.MapType{bpf.MapArrayOfMaps, bpf.MapHashOfMaps, bpf.MapDevmap, bpf.MapDevmapHash,
		bpf.MapXSKMap, bpf.MapSockmap, bpf.MapSockhash})
	deleteMaps    = slices.Concat(valueMaps, []bpf.MapType{bpf.MapSockmap, bpf.MapSockhash})
	eachMaps      = slices.DeleteFunc(slices.Clone(valueMaps), func(t bpf.MapType) bool { return t == bpf.MapLPMTrie })
	percpuMaps    = []bpf.MapType{bpf.MapPercpuHash, bpf.MapPercpuArray, bpf.MapLRUPercpu}
	timerMaps     = []bpf.MapType{bpf.MapHash, bpf.MapArray, bpf.MapLRUHash}
	queueMaps     = []bpf.MapType{bpf.MapQueue, bpf.MapStack}
	pushMaps      = slices.Concat(queueMaps, []bpf.MapType{bpf.MapBloomFilter})
	progArray     = []bpf.MapType{bpf.MapProgArray}
	perfArray     = []bpf.MapType{bpf.MapPerfEvent}
	stackTrace    = []bpf.MapType{bpf.MapStackTrace}
	cgroupArray   = []bpf.MapType{bpf.MapCgroupArray}
	redirectMaps  = []bpf.MapType{bpf.MapDevmap, bpf.MapDevmapHash, bpf.MapCPUMap, bpf.MapXSKMap}
	sockMap       = []bpf.MapType{bpf.MapSockmap}
	sockHash      = []bpf.MapType{bpf.MapSockhash}
	reuseportMaps = []bpf.MapType{bpf.MapReuseportSockarray, bpf.MapSockmap, bpf.MapSockhash}
	localStorage  = []bpf.MapType{bpf.MapCgroupStorage, bpf.MapPercpuCgroup}
	skStorage     = []bpf.MapType{bpf.MapSkStorage}
	taskStorage   = []bpf.MapType{bpf.MapTaskStorage}
	inodeStorage  = []bpf.MapType{bpf.MapInodeStorage}
	cgrpStorage   = []bpf.MapType{bpf.MapCgrpStorage}
	ringbuf       = []bpf.MapType{bpf.MapRingbuf}
	userRingbuf   = []bpf.MapType{bpf.MapUserRingbuf}
)
