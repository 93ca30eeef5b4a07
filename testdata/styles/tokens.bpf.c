//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted: rate limits and sketches: token buckets, a count-min sketch, an average that decays, per processor and shared. */
#include "../include/bpf_more.h"

struct bucket {
	u64 when, tokens;
};

struct sketch {
	u32 rows[4][256];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, u32);
	__type(value, struct bucket);
} buckets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct sketch);
} sketches SEC(".maps");

volatile const u64 rate = 1000, burst = 100;
u64 average;

SEC("xdp")
int bucket(struct xdp_md *ctx)
{
	const u8 *data = XDP_DATA(ctx), *end = XDP_END(ctx);
	u64 now = bpf_ktime_get_ns(), add;
	struct bucket *b, fresh = {.when = now, .tokens = burst};
	u32 key;

	if (data + 34 > end)
		return XDP_PASS;
	key = *(load32 *)(data + 26);
	b = bpf_map_lookup_elem(&buckets, &key);
	if (!b) {
		bpf_map_update_elem(&buckets, &key, &fresh, 1);
		return XDP_PASS;
	}
	add = (now - b->when) * rate / 1000000000;
	if (add) {
		b->tokens = b->tokens + add > burst ? burst : b->tokens + add;
		b->when = now;
	}
	if (!b->tokens)
		return XDP_DROP;
	b->tokens--;
	return XDP_PASS;
}

SEC("xdp")
int sketch(struct xdp_md *ctx)
{
	const u8 *data = XDP_DATA(ctx), *end = XDP_END(ctx);
	u32 zero = bpf_get_smp_processor_id() & 1, least = -1, i, h;
	struct sketch *s = bpf_map_lookup_elem(&sketches, &zero);

	if (!s || data + 34 > end)
		return XDP_PASS;
	h = *(load32 *)(data + 26);
	for (i = 0; i < 4; i++) {
		u32 *cell;

		h = rotate32(h * 0x85ebca6b, 13) + i;
		cell = &s->rows[i][h & 255];
		*cell += 1;
		if (*cell < least)
			least = *cell;
	}
	return least > 1000 ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int decay(struct xdp_md *ctx)
{
	u64 len = XDP_END(ctx) - XDP_DATA(ctx);

	average = average - (average >> 4) + (len << 4);
	return average >> 8 > 1400 ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
