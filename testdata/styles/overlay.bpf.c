//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted: tc programs of an overlay network: tunnel keys, clones, other protocols and lengths of packets, tags of virtual networks. */
#include "../include/bpf_more.h"

struct tunnel_key {
	u32 id;
	u32 remote[4];
	u8 tos, ttl;
	u16 ext, label;
	u32 label32, local[4];
};

static long (*bpf_clone_redirect)(struct __sk_buff *skb, u32 ifindex, u64 flags) = (void *)13;
static long (*bpf_skb_vlan_push)(struct __sk_buff *skb, u16 proto, u16 tci) = (void *)18;
static long (*bpf_skb_get_tunnel_key)(struct __sk_buff *skb, void *key, u32 size, u64 flags) = (void *)20;
static long (*bpf_skb_set_tunnel_key)(struct __sk_buff *skb, void *key, u32 size, u64 flags) = (void *)21;
static long (*bpf_skb_change_proto)(struct __sk_buff *skb, u16 proto, u64 flags) = (void *)31;
static long (*bpf_skb_change_type)(struct __sk_buff *skb, u32 type) = (void *)32;
static long (*bpf_skb_change_tail)(struct __sk_buff *skb, u32 len, u64 flags) = (void *)38;
static long (*bpf_skb_change_head)(struct __sk_buff *skb, u32 len, u64 flags) = (void *)43;
static s64 (*bpf_csum_update)(struct __sk_buff *skb, u32 csum) = (void *)40;

struct peer {
	u32 remote, id;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, struct peer);
} peers SEC(".maps");

SEC("tc")
int egress(struct __sk_buff *skb)
{
	u8 *data = SKB_DATA(skb), *end = SKB_END(skb);
	struct tunnel_key k = {};
	struct peer *p;
	u32 dst;

	if (data + 34 > end)
		return TC_ACT_OK;
	dst = *(load32 *)(data + 30);
	p = bpf_map_lookup_elem(&peers, &dst);
	if (!p)
		return TC_ACT_OK;
	k.id = p->id;
	k.remote[0] = p->remote;
	k.ttl = 64;
	if (bpf_skb_set_tunnel_key(skb, &k, 28, 2) < 0)
		return TC_ACT_SHOT;
	return bpf_redirect(skb->ifindex + 1, 0);
}

SEC("tc")
int ingress(struct __sk_buff *skb)
{
	struct tunnel_key k = {};

	if (bpf_skb_get_tunnel_key(skb, &k, sizeof(k), 0) < 0)
		return TC_ACT_OK;
	skb->mark = k.id;
	bpf_skb_change_type(skb, 0);
	return k.remote[0] == 0x0100007f ? TC_ACT_SHOT : TC_ACT_OK;
}

SEC("tc")
int mirror(struct __sk_buff *skb)
{
	u32 len = skb->len;

	bpf_clone_redirect(skb, 7, 0);
	if (len > 1400 && bpf_skb_change_tail(skb, 1400, 0))
		return TC_ACT_SHOT;
	if (bpf_skb_vlan_push(skb, 0x0081, skb->mark & 0xfff))
		return TC_ACT_SHOT;
	return TC_ACT_OK;
}

SEC("tc")
int translate64(struct __sk_buff *skb)
{
	u8 head[20];
	u32 sum;

	if (bpf_skb_load_bytes(skb, 14, head, sizeof(head)) < 0)
		return TC_ACT_OK;
	if (head[0] >> 4 != 4)
		return TC_ACT_OK;
	if (bpf_skb_change_proto(skb, 0xdd86, 0))
		return TC_ACT_SHOT;
	sum = bpf_csum_diff(0, 0, (u32 *)head, sizeof(head), 0);
	bpf_csum_update(skb, sum);
	head[0] = 0x60;
	return bpf_skb_store_bytes(skb, 14, head, 8, 1) ? TC_ACT_SHOT : TC_ACT_OK;
}

SEC("lwt_xmit")
int prefix(struct __sk_buff *skb)
{
	u8 *data, *end;
	int i;

	if (bpf_skb_change_head(skb, 14, 0))
		return TC_ACT_SHOT;
	data = SKB_DATA(skb);
	end = SKB_END(skb);
	if (data + 14 > end)
		return TC_ACT_SHOT;
	for (i = 0; i < 12; i++)
		data[i] = i;
	data[12] = 8;
	data[13] = 0;
	return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
