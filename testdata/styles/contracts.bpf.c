//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted: global functions that are verified on their own: out-parameters, the context, small structs, calls of each other. */
#include "../include/bpf_more.h"

struct parsed {
	u32 saddr, daddr;
	u16 sport, dport;
	u8 proto, flags, ihl, pad;
};

struct limits {
	u32 rate, burst;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 128);
	__type(key, u32);
	__type(value, struct limits);
} limits SEC(".maps");

NOINLINE int parse_ip(struct xdp_md *ctx, struct parsed *out)
{
	const u8 *data = XDP_DATA(ctx), *end = XDP_END(ctx);

	if (!out || data + 34 > end)
		return -1;
	out->ihl = (data[14] & 15) * 4;
	out->proto = data[23];
	out->saddr = *(load32 *)(data + 26);
	out->daddr = *(load32 *)(data + 30);
	return out->ihl < 20 ? -1 : 0;
}

NOINLINE int parse_ports(struct xdp_md *ctx, u32 offset, struct parsed *out)
{
	const u8 *data = XDP_DATA(ctx), *end = XDP_END(ctx), *l4;

	if (!out || offset > 80)
		return -1;
	l4 = data + offset;
	if (l4 + 4 > end)
		return -1;
	out->sport = *(load16 *)l4;
	out->dport = *(load16 *)(l4 + 2);
	return 0;
}

NOINLINE int over(u32 addr, int weight)
{
	struct limits *l = bpf_map_lookup_elem(&limits, &addr);

	return l && l->rate < weight * 3u;
}

NOINLINE u64 mixed(u64 a, u64 b)
{
	a ^= b * 0x9e3779b97f4a7c15ull;
	return a ^ a >> 32;
}

NOINLINE int choose(const struct parsed *p, u32 slots)
{
	if (!p || !slots)
		return 0;
	return mixed((u64)p->saddr << 32 | p->daddr, (u64)p->sport << 16 | p->dport) % slots;
}

SEC("xdp")
int police(struct xdp_md *ctx)
{
	struct parsed p = {};

	if (parse_ip(ctx, &p))
		return XDP_PASS;
	if (p.proto != 6 && p.proto != 17)
		return XDP_PASS;
	if (parse_ports(ctx, 14 + p.ihl, &p))
		return XDP_DROP;
	if (over(p.saddr, choose(&p, 16)))
		return XDP_DROP;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
