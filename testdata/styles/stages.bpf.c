//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted: a chain of tail calls that parses and filters in stages, and one that calls itself until the limit of 33. */
#include "../include/bpf_more.h"

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 8);
	__uint(key_size, 4);
	__uint(value_size, 4);
} chain SEC(".maps");

struct scratch {
	u32 offset, proto, depth, hops[33];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

static ALWAYS_INLINE struct scratch *scratch(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&scratches, &zero);
}

SEC("xdp")
int ethernet(struct xdp_md *ctx)
{
	const u8 *data = XDP_DATA(ctx), *end = XDP_END(ctx);
	struct scratch *s = scratch();

	if (!s || data + 14 > end)
		return XDP_DROP;
	s->offset = 14;
	s->proto = data[12] << 8 | data[13];
	bpf_tail_call(ctx, &chain, s->proto == 0x0800 ? 1 : 2);
	return XDP_PASS;
}

SEC("xdp")
int ipv4(struct xdp_md *ctx)
{
	const u8 *data = XDP_DATA(ctx), *end = XDP_END(ctx), *ip;
	struct scratch *s = scratch();

	if (!s)
		return XDP_DROP;
	if (s->offset > 100)
		return XDP_DROP;
	ip = data + s->offset;
	if (ip + 20 > end)
		return XDP_DROP;
	s->offset += (ip[0] & 15) * 4;
	s->proto = ip[9];
	bpf_tail_call(ctx, &chain, 3);
	return XDP_PASS;
}

SEC("xdp")
int transport(struct xdp_md *ctx)
{
	const u8 *data = XDP_DATA(ctx), *end = XDP_END(ctx), *l4;
	struct scratch *s = scratch();
	u32 offset;

	if (!s)
		return XDP_DROP;
	offset = s->offset & 0xff;
	l4 = data + offset;
	if (l4 + 8 > end)
		return XDP_DROP;
	return s->proto == 17 && l4[3] == 53 ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int descend(struct xdp_md *ctx)
{
	struct scratch *s = scratch();

	if (!s)
		return XDP_DROP;
	if (s->depth < 33) {
		s->hops[s->depth]++;
		s->depth++;
	}
	bpf_tail_call(ctx, &chain, 4);
	s->depth = 0;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
