//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted: a firewall and a name server filter: header chains of IPv6, TCP options, a loop over the labels of a DNS name, per-source buckets. */
#include "../include/bpf_more.h"

struct name {
	u32 bits;
	u8 label[60];
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 20000);
	__uint(key_size, sizeof(struct name));
	__uint(value_size, 4);
} names SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 256);
	__uint(value_size, 16);
} recent SEC(".maps");

SEC("xdp")
int extensions(struct xdp_md *ctx)
{
	const u8 *data = XDP_DATA(ctx), *end = XDP_END(ctx), *p = data + 54;
	u8 next;
	int i;

	if (p > end || data[12] != 0x86 || data[13] != 0xdd)
		return XDP_PASS;
	next = data[20];
	for (i = 0; i < 6; i++) {
		if (next != 0 && next != 43 && next != 60 && next != 51)
			break;
		if (p + 2 > end)
			return XDP_DROP;
		next = p[0];
		p += next == 51 ? (p[1] + 2) * 4 : (p[1] + 1) * 8;
	}
	if (p + 4 > end)
		return XDP_DROP;
	return next == 17 && p[2] == 0 && p[3] == 53 ? XDP_TX : XDP_PASS;
}

SEC("xdp")
int options(struct xdp_md *ctx)
{
	const u8 *data = XDP_DATA(ctx), *end = XDP_END(ctx);
	u32 at = 54, i, len, mss = 0;

	if (data + 54 > end || data[23] != 6)
		return XDP_PASS;
	len = 34 + (data[46] >> 4) * 4;
	for (i = 0; i < 40 && at < len; i++) {
		const u8 *o = data + (at & 127);

		if (o + 4 > end || o[0] == 0)
			break;
		if (o[0] == 1) {
			at++;
			continue;
		}
		if (o[0] == 2 && o[1] == 4)
			mss = o[2] << 8 | o[3];
		if (o[1] < 2)
			return XDP_DROP;
		at += o[1];
	}
	return mss && mss < 500 ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int dns(struct xdp_md *ctx)
{
	const u8 *data = XDP_DATA(ctx), *end = XDP_END(ctx), *q = data + 54;
	struct name n = {};
	u32 i, *found;
	u64 item[2] = {};

	if (q + 1 > end)
		return XDP_PASS;
	for (i = 0; i < 59; i++) {
		if (q + i + 1 > end)
			return XDP_DROP;
		n.label[i] = q[i];
		if (!q[i])
			break;
	}
	n.bits = 8 * i;
	found = bpf_map_lookup_elem(&names, &n);
	if (!found)
		return XDP_PASS;
	item[0] = *found;
	item[1] = i;
	bpf_map_push_elem(&recent, item, 2);
	if (bpf_map_pop_elem(&recent, item) == 0 && item[0] == 7)
		return XDP_TX;
	return XDP_DROP;
}

struct tuple {
	u32 saddr, daddr;
	u16 sport, dport;
};

struct sock {
	u32 bound_if, family, type, protocol, mark, priority, src_ip4;
};

SEC("tc")
int established(struct __sk_buff *skb)
{
	const u8 *data = SKB_DATA(skb), *end = SKB_END(skb);
	struct tuple t;
	struct sock *sk;
	int mark;

	if (data + 38 > end)
		return TC_ACT_OK;
	t.saddr = *(load32 *)(data + 26);
	t.daddr = *(load32 *)(data + 30);
	t.sport = *(load16 *)(data + 34);
	t.dport = *(load16 *)(data + 36);
	sk = bpf_sk_lookup_tcp(skb, &t, sizeof(t), -1, 0);
	if (!sk)
		return TC_ACT_SHOT;
	mark = sk->mark;
	if (sk->family != 2) {
		bpf_sk_release(sk);
		return TC_ACT_SHOT;
	}
	bpf_sk_release(sk);
	return mark & 3;
}

SEC("socket")
int sniff(struct __sk_buff *skb)
{
	u8 proto;
	u32 len = skb->len;

	if (bpf_skb_load_bytes(skb, 23, &proto, 1) < 0)
		return 0;
	return proto == 6 ? len : 0;
}

char _license[] SEC("license") = "GPL";
