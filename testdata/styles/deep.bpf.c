//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted: functions nested eight deep that pass pointers to the stacks of their callers, and one called from many places. */
#include "../include/bpf_more.h"

struct acc {
	u64 sum;
	u32 depth, last;
};

#define LEVEL(n, next) \
	static NOINLINE int level##n(struct acc *a, u32 x) \
	{ \
		volatile u32 own[4] = {x, x + 1, x + 2, x + 3}; \
		a->depth = n; \
		a->sum += own[x & 3]; \
		return next(a, x * 3 + n) + (int)own[0]; \
	}

static NOINLINE int level7(struct acc *a, u32 x)
{
	a->depth = 7;
	a->last = x;
	return a->sum & 0xff;
}
LEVEL(6, level7)
LEVEL(5, level6)
LEVEL(4, level5)
LEVEL(3, level4)
LEVEL(2, level3)
LEVEL(1, level2)

SEC("xdp")
int deep(struct xdp_md *ctx)
{
	struct acc a = {};

	return level1(&a, ctx->rx_queue_index) + a.last > 1000 ? XDP_DROP : XDP_PASS;
}

static NOINLINE u32 field(const u8 *data, const u8 *end, u32 at)
{
	if (at > 200 || data + at + 4 > end)
		return 0;
	return data[at] << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3];
}

static NOINLINE int find(struct xdp_md *ctx, u32 *at)
{
	const u8 *data = XDP_DATA(ctx), *end = XDP_END(ctx);
	u32 i;

	for (i = 14; i < 64; i++) {
		if (data + i + 1 > end)
			return -1;
		if (data[i] == 0xff) {
			*at = i;
			return 0;
		}
	}
	return -1;
}

SEC("xdp")
int called(struct xdp_md *ctx)
{
	const u8 *data = XDP_DATA(ctx), *end = XDP_END(ctx);
	u32 sum = field(data, end, 14) ^ field(data, end, 18) ^ field(data, end, 26), at = 0;

	if (find(ctx, &at) == 0)
		sum ^= field(data, end, at);
	return sum & 1 ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
