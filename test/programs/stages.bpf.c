//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A parser in stages that call each other through a program array which the
 * object fills. The packet's bytes say which stage is next: empty slots, indices
 * behind the array and chains of more than 33 calls are among them.
 */
#include "../../testdata/include/bpf_more.h"

enum { OPTION, LABEL, PAYLOAD, EMPTY, STAGES };

int option(struct xdp_md *ctx);
int label(struct xdp_md *ctx);
int payload(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, STAGES);
	__uint(key_size, sizeof(u32));
	__array(values, int(struct xdp_md *));
} next SEC(".maps") = {
	.values = {
		[OPTION] = (void *)&option,
		[LABEL] = (void *)&label,
		[PAYLOAD] = (void *)&payload,
	},
};

/* What a stage leaves to the next one. */
struct parse {
	u32 off, depth;
	u64 trace;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct parse);
} state SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, u64);
} depths SEC(".maps");

static ALWAYS_INLINE struct parse *parse(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&state, &zero);
}

/* go_on calls the stage that the byte at p->off names; what follows is done when
 * the call is refused. */
static ALWAYS_INLINE int go_on(struct xdp_md *ctx, struct parse *p, u32 mark)
{
	u8 *data = (u8 *)XDP_DATA(ctx);
	const u8 *end = XDP_END(ctx);
	u32 off = p->off, depth = p->depth & 63;
	u64 *n = bpf_map_lookup_elem(&depths, &depth);

	if (n)
		__sync_fetch_and_add(n, 1);
	p->trace = p->trace * 31 + mark;
	p->depth++;
	if (off > 200 || data + off + 1 > end)
		return 100 + mark;
	data[off] ^= 0x40;
	bpf_tail_call(ctx, &next, data[off] & 7);
	p->trace = p->trace * 31 + 7;
	bpf_tail_call(ctx, &next, PAYLOAD); /* refused as well behind the last call */
	return 200 + mark;
}

SEC("xdp")
int stages(struct xdp_md *ctx)
{
	struct parse *p = parse();

	if (!p)
		return XDP_ABORTED;
	p->off = 12;
	p->depth = 0;
	return go_on(ctx, p, 1);
}

/* option has its length in its own byte, which may be 0. */
SEC("xdp")
int option(struct xdp_md *ctx)
{
	struct parse *p = parse();
	u8 *data = (u8 *)XDP_DATA(ctx);
	const u8 *end = XDP_END(ctx);
	u32 off;

	if (!p)
		return XDP_ABORTED;
	off = p->off;
	if (off > 200 || data + off + 1 > end)
		return XDP_DROP;
	data[off] &= 0xfb; /* stays an index of the array */
	p->off = off + (data[off] >> 3 & 3);
	return go_on(ctx, p, 2);
}

SEC("xdp")
int label(struct xdp_md *ctx)
{
	struct parse *p = parse();

	if (!p)
		return XDP_ABORTED;
	p->off++;
	return go_on(ctx, p, 3);
}

SEC("xdp")
int payload(struct xdp_md *ctx)
{
	struct parse *p = parse();

	if (!p)
		return XDP_ABORTED;
	p->trace = p->trace * 31 + 4;
	return (p->trace ^ p->trace >> 32) & 0x7fffffff;
}

char _license[] SEC("license") = "Apache-2.0";
