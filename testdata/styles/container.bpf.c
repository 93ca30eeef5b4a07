//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted: tc programs of a container network: parsing through skb_load_bytes, address translation with incremental checksums, policy by tail calls, header rewriting. */
#include "../include/bpf_more.h"

struct key {
	u32 saddr, daddr;
	u16 sport, dport;
	u32 proto;
};

struct state {
	u32 addr;
	u16 port, flags;
	u64 packets, bytes, seen;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct key);
	__type(value, struct state);
} nat SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 16);
	__type(key, u32);
	__type(value, u32);
} stages SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1024);
	__uint(key_size, 8);
	__uint(value_size, 4);
} routes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} traces SEC(".maps");

struct trace {
	u32 kind, mark, len, ifindex;
	u64 when;
};

static NOINLINE int trace(struct __sk_buff *skb, u32 kind)
{
	struct trace t = {
		.kind = kind, .mark = skb->mark, .len = skb->len, .ifindex = skb->ingress_ifindex, .when = bpf_ktime_get_ns(),
	};
	u32 cap = skb->len < 128 ? skb->len : 128;

	return bpf_perf_event_output(skb, &traces, (u64)cap << 32 | BPF_F_CURRENT_CPU, &t, sizeof(t));
}

SEC("tc")
int translate(struct __sk_buff *skb)
{
	struct {
		u8 vihl, tos;
		u16 len, id, frag;
		u8 ttl, proto;
		u16 check;
		u32 saddr, daddr;
	} ip;
	struct key k = {};
	struct state *s;
	u16 ports[2];
	u32 l4;

	if (skb->protocol != 8)
		return TC_ACT_OK;
	if (bpf_skb_load_bytes(skb, 14, &ip, sizeof(ip)) < 0)
		return TC_ACT_SHOT;
	l4 = 14 + (ip.vihl & 15) * 4;
	if (ip.proto != 6 && ip.proto != 17)
		return TC_ACT_OK;
	if (bpf_skb_load_bytes(skb, l4, ports, 4) < 0)
		return TC_ACT_SHOT;
	k.saddr = ip.saddr;
	k.daddr = ip.daddr;
	k.sport = ports[0];
	k.dport = ports[1];
	k.proto = ip.proto;
	s = bpf_map_lookup_elem(&nat, &k);
	if (!s) {
		trace(skb, 1);
		bpf_tail_call(skb, &stages, 1);
		return TC_ACT_SHOT;
	}
	__sync_fetch_and_add(&s->packets, 1);
	__sync_fetch_and_add(&s->bytes, skb->len);
	s->seen = bpf_ktime_get_ns();
	u32 addr = s->addr;
	u16 port = s->port;
	u32 check = l4 + (ip.proto == 6 ? 16 : 6);
	if (bpf_l4_csum_replace(skb, check, ip.daddr, addr, 0x10 | 4) < 0)
		return TC_ACT_SHOT;
	if (bpf_l4_csum_replace(skb, check, ports[1], port, 2) < 0)
		return TC_ACT_SHOT;
	if (bpf_l3_csum_replace(skb, 24, ip.daddr, addr, 4) < 0)
		return TC_ACT_SHOT;
	if (bpf_skb_store_bytes(skb, 30, &addr, 4, 0) < 0 || bpf_skb_store_bytes(skb, l4 + 2, &port, 2, 0) < 0)
		return TC_ACT_SHOT;
	skb->cb[0] = port;
	skb->mark = addr;
	return bpf_redirect(s->flags, 0);
}

SEC("tc")
int policy(struct __sk_buff *skb)
{
	u8 *data = SKB_DATA(skb), *end = SKB_END(skb);
	struct {
		u32 bits, addr;
	} k = {.bits = 32};
	u32 *verdict;

	if (data + 34 > end) {
		if (bpf_skb_pull_data(skb, 34) < 0)
			return TC_ACT_SHOT;
		data = SKB_DATA(skb);
		end = SKB_END(skb);
		if (data + 34 > end)
			return TC_ACT_SHOT;
	}
	k.addr = *(load32 *)(data + 26);
	verdict = bpf_map_lookup_elem(&routes, &k);
	if (!verdict || *verdict == 0) {
		trace(skb, 2);
		return TC_ACT_SHOT;
	}
	if (*verdict > 1)
		bpf_tail_call(skb, &stages, *verdict);
	if (skb->vlan_present && bpf_skb_vlan_pop(skb))
		return TC_ACT_SHOT;
	/* The packet may have moved. */
	data = SKB_DATA(skb);
	end = SKB_END(skb);
	if (data + 14 > end)
		return TC_ACT_SHOT;
	data[0] ^= 2;
	skb->tc_index = skb->cb[1] + bpf_get_hash_recalc(skb);
	return TC_ACT_OK;
}

SEC("cgroup_skb/egress")
int meter(struct __sk_buff *skb)
{
	u8 *data = SKB_DATA(skb), *end = SKB_END(skb);

	if (data + 20 > end)
		return 1;
	return data[9] != 1 || skb->len < 1000;
}

char _license[] SEC("license") = "GPL";
