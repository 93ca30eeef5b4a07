//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that those of package first call and that call back, as Go bodies. */
#include "../../../testdata/include/bpf_more.h"

struct {
	__uint(type, 3); /* BPF_MAP_TYPE_PROG_ARRAY */
	__uint(max_entries, 8);
	__uint(key_size, sizeof(u32));
	__uint(value_size, sizeof(u32));
} back SEC(".maps");

/* A map of another kind, at another place than in first. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 300);
	__type(key, u32);
	__type(value, u64);
} seen SEC(".maps");

u64 mark = 22;

SEC("xdp/land")
int land(struct xdp_md *ctx)
{
	return mark;
}

/* relay counts what it sees and goes where byte 1 of the packet says. */
SEC("xdp/relay")
int relay(struct xdp_md *ctx)
{
	const u8 *data = XDP_DATA(ctx), *end = XDP_END(ctx);
	u32 index = 255;
	u64 *n;

	if (data + 2 <= end)
		index = data[1];
	n = bpf_map_lookup_elem(&seen, &index);
	if (n)
		*n += 1;
	bpf_tail_call(ctx, &back, index);
	return 3000 + index;
}

static NOINLINE u32 deep(struct xdp_md *ctx, u32 index)
{
	bpf_tail_call(ctx, &back, index);
	return index * 2;
}

/* below goes there from a function. */
SEC("xdp/below")
int below(struct xdp_md *ctx)
{
	const u8 *data = XDP_DATA(ctx), *end = XDP_END(ctx);

	if (data + 2 > end)
		return 0;
	return 4000 + deep(ctx, data[1]);
}

char _license[] SEC("license") = "Apache-2.0";
