package table

import (
	"slices"
	"strings"
)

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

// skbFields is struct __sk_buff of linux/bpf.h; hooks see parts of it.
var skbFields = []Field{
	{Name: "len", Off: 0, Size: 4, Narrow: true},
	{Name: "pkt_type", Off: 4, Size: 4, Narrow: true},
	{Name: "mark", Off: 8, Size: 4, Narrow: true},
	{Name: "queue_mapping", Off: 12, Size: 4, Narrow: true},
	{Name: "protocol", Off: 16, Size: 4, Narrow: true},
	{Name: "vlan_present", Off: 20, Size: 4, Narrow: true},
	{Name: "vlan_tci", Off: 24, Size: 4, Narrow: true},
	{Name: "vlan_proto", Off: 28, Size: 4, Narrow: true},
	{Name: "priority", Off: 32, Size: 4, Narrow: true},
	{Name: "ingress_ifindex", Off: 36, Size: 4, Narrow: true},
	{Name: "ifindex", Off: 40, Size: 4, Narrow: true},
	{Name: "tc_index", Off: 44, Size: 4, Narrow: true},
	{Name: "cb", Off: 48, Size: 20, Loads: all, Stores: all},
	{Name: "hash", Off: 68, Size: 4, Narrow: true},
	{Name: "tc_classid", Off: 72, Size: 4, Narrow: true},
	{Name: "data", Off: 76, Size: 4, Kind: FieldData},
	{Name: "data_end", Off: 80, Size: 4, Kind: FieldDataEnd},
	{Name: "napi_id", Off: 84, Size: 4, Narrow: true},
	{Name: "family", Off: 88, Size: 4, Narrow: true},
	{Name: "remote_ip4", Off: 92, Size: 4},
	{Name: "local_ip4", Off: 96, Size: 4},
	{Name: "remote_ip6", Off: 100, Size: 16, Loads: 4},
	{Name: "local_ip6", Off: 116, Size: 16, Loads: 4},
	{Name: "remote_port", Off: 132, Size: 4, Narrow: true},
	{Name: "local_port", Off: 136, Size: 4, Narrow: true},
	{Name: "data_meta", Off: 140, Size: 4, Kind: FieldDataMeta},
	{Name: "flow_keys", Off: 144, Size: 8, Kind: FieldFlowKeys},
	{Name: "tstamp", Off: 152, Size: 8},
	{Name: "wire_len", Off: 160, Size: 4, Narrow: true},
	{Name: "gso_segs", Off: 164, Size: 4, Narrow: true},
	{Name: "sk", Off: 168, Size: 8, Kind: FieldSockCommonOrNull},
	{Name: "gso_size", Off: 176, Size: 4, Narrow: true},
	{Name: "tstamp_type", Off: 180, Size: 1},
	{Name: "hwtstamp", Off: 184, Size: 8},
}

// skbContext is struct __sk_buff without some fields and with stores to some.
// "cb" among those that it lacks makes cb read-only.
func skbContext(lacks, writes string) []Field {
	without, stores := strings.Fields(lacks), strings.Fields(writes)
	var fields []Field
	for _, f := range skbFields {
		switch {
		case f.Name == "cb" && slices.Contains(without, f.Name):
			f.Stores = 0
		case slices.Contains(without, f.Name):
			continue
		}
		f.Write = slices.Contains(stores, f.Name)
		fields = append(fields, f)
	}
	return slots(fields)
}

// pick are the fields of struct __sk_buff with these names.
func pick(names string) []Field {
	return slices.DeleteFunc(slices.Clone(skbFields), func(f Field) bool {
		return !slices.Contains(strings.Fields(names), f.Name)
	})
}

// slots gives every scalar its native place.
func slots(fields []Field) []Field {
	next := 0
	for i := range fields {
		if fields[i].Kind == FieldScalar {
			fields[i].Slot = next
			next += (fields[i].Size + 7) / 8
		}
	}
	return fields
}

// perfFields is struct bpf_perf_event_data.
var perfFields = slots([]Field{
	{Name: "regs", Off: 0, Size: regsSize, Loads: 8},
	{Name: "sample_period", Off: regsSize, Size: 8, Narrow: true},
	{Name: "addr", Off: regsSize + 8, Size: 8, Narrow: true},
})

// cgroupSockFields is struct bpf_sock as a context. The addresses and the port
// are there in programs of post_bind4 and post_bind6.
var cgroupSockFields = slots(writable(sockFields, "bound_dev_if", "mark", "priority"))

// sockAddrFields is struct bpf_sock_addr.
var sockAddrFields = slots([]Field{
	{Name: "user_family", Off: 0, Size: 4},
	{Name: "user_ip4", Off: 4, Size: 4, Narrow: true, Write: true},
	{Name: "user_ip6", Off: 8, Size: 16, Loads: all, Stores: words},
	{Name: "user_port", Off: 24, Size: 4, Narrow: true, Write: true},
	{Name: "family", Off: 28, Size: 4},
	{Name: "type", Off: 32, Size: 4},
	{Name: "protocol", Off: 36, Size: 4},
	{Name: "msg_src_ip4", Off: 40, Size: 4, Narrow: true, Write: true},
	{Name: "msg_src_ip6", Off: 44, Size: 16, Loads: all, Stores: words},
	{Name: "sk", Off: 64, Size: 8, Kind: FieldSock},
})

// sockOpsFields is struct bpf_sock_ops.
var sockOpsFields = slots(slices.Concat(
	[]Field{
		{Name: "op", Off: 0, Size: 4},
		{Name: "reply", Off: 4, Size: 4, Write: true}, // args[0], replylong[0]
		{Name: "args", Off: 8, Size: 12, Loads: 4},
		{Name: "family", Off: 20, Size: 4},
		{Name: "remote_ip4", Off: 24, Size: 4},
		{Name: "local_ip4", Off: 28, Size: 4},
		{Name: "remote_ip6", Off: 32, Size: 16, Loads: 4},
		{Name: "local_ip6", Off: 48, Size: 16, Loads: 4},
	},
	words32(64, "remote_port local_port is_fullsock snd_cwnd srtt_us cb_flags state rtt_min snd_ssthresh rcv_nxt snd_nxt snd_una "+
		"mss_cache ecn_flags rate_delivered rate_interval_us packets_out retrans_out total_retrans segs_in data_segs_in segs_out "+
		"data_segs_out lost_out sacked_out"),
	[]Field{
		{Name: "sk_txhash", Off: 164, Size: 4, Write: true},
		{Name: "bytes_received", Off: 168, Size: 8},
		{Name: "bytes_acked", Off: 176, Size: 8},
		{Name: "sk", Off: 184, Size: 8, Kind: FieldSockOrNull},
		{Name: "skb_data", Off: 192, Size: 8, Kind: FieldData},
		{Name: "skb_data_end", Off: 200, Size: 8, Kind: FieldDataEnd},
		{Name: "skb_len", Off: 208, Size: 4},
		{Name: "skb_tcp_flags", Off: 212, Size: 4, Narrow: true, NarrowStart: true},
		{Name: "skb_hwtstamp", Off: 216, Size: 8},
	}))

// skMsgFields is struct sk_msg_md.
var skMsgFields = slots([]Field{
	{Name: "data", Off: 0, Size: 8, Kind: FieldData},
	{Name: "data_end", Off: 8, Size: 8, Kind: FieldDataEnd},
	{Name: "family", Off: 16, Size: 4},
	{Name: "remote_ip4", Off: 20, Size: 4},
	{Name: "local_ip4", Off: 24, Size: 4},
	{Name: "remote_ip6", Off: 28, Size: 16, Loads: 4},
	{Name: "local_ip6", Off: 44, Size: 16, Loads: 4},
	{Name: "remote_port", Off: 60, Size: 4},
	{Name: "local_port", Off: 64, Size: 4},
	{Name: "size", Off: 68, Size: 4},
	{Name: "sk", Off: 72, Size: 8, Kind: FieldSock},
})

// reuseportFields is struct sk_reuseport_md.
var reuseportFields = slots([]Field{
	{Name: "data", Off: 0, Size: 8, Kind: FieldData},
	{Name: "data_end", Off: 8, Size: 8, Kind: FieldDataEnd},
	{Name: "len", Off: 16, Size: 4, Narrow: true},
	{Name: "eth_protocol", Off: 20, Size: 4, Loads: 2 | 4},
	{Name: "ip_protocol", Off: 24, Size: 4, Narrow: true},
	{Name: "bind_inany", Off: 28, Size: 4, Narrow: true},
	{Name: "hash", Off: 32, Size: 4},
	{Name: "sk", Off: 40, Size: 8, Kind: FieldSock},
	{Name: "migrating_sk", Off: 48, Size: 8, Kind: FieldSockCommonOrNull},
})

// sockoptFields is struct bpf_sockopt. The option is a packet.
var sockoptFields = slots([]Field{
	{Name: "sk", Off: 0, Size: 8, Kind: FieldSock},
	{Name: "optval", Off: 8, Size: 8, Kind: FieldData},
	{Name: "optval_end", Off: 16, Size: 8, Kind: FieldDataEnd},
	{Name: "level", Off: 24, Size: 4, Write: true},
	{Name: "optname", Off: 28, Size: 4, Write: true},
	{Name: "optlen", Off: 32, Size: 4, Write: true},
	{Name: "retval", Off: 36, Size: 4, Write: true},
})

// skLookupFields is struct bpf_sk_lookup.
var skLookupFields = slots([]Field{
	{Name: "sk", Off: 0, Size: 8, Kind: FieldSockOrNull},
	{Name: "family", Off: 8, Size: 4, Narrow: true},
	{Name: "protocol", Off: 12, Size: 4, Narrow: true},
	{Name: "remote_ip4", Off: 16, Size: 4, Narrow: true},
	{Name: "remote_ip6", Off: 20, Size: 16, Loads: narrow},
	{Name: "remote_port", Off: 36, Size: 4, Narrow: true},
	{Name: "local_ip4", Off: 40, Size: 4, Narrow: true},
	{Name: "local_ip6", Off: 44, Size: 16, Loads: narrow},
	{Name: "local_port", Off: 60, Size: 4, Narrow: true},
	{Name: "ingress_ifindex", Off: 64, Size: 4, Narrow: true},
})
