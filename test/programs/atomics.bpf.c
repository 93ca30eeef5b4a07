//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Every atomic operation, with and without its old value, on 32 and 64 bits of
 * a map value and of a global variable. */
#include "../../testdata/include/bpf_helpers.h"

struct cell {
	u64 sum;
	u32 bits;
	u32 flips;
	u64 last;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, struct cell);
} cells SEC(".maps");

u64 runs;
u32 state;

SEC("xdp")
int atomics(struct xdp_md *ctx)
{
	const u8 *p = XDP_DATA(ctx);

	if (p + 16 > XDP_END(ctx))
		return XDP_PASS;
	u32 key = p[0] & 7;
	struct cell *c = bpf_map_lookup_elem(&cells, &key);

	__sync_fetch_and_add(&runs, 1);
	if (!c)
		return XDP_DROP;
	u64 x = *(u64 *)(p + 8);
	u32 y = *(u32 *)(p + 4);

	__sync_fetch_and_or(&state, y & 0xff);
	__sync_fetch_and_and(&state, ~(u32)p[2]);
	__sync_fetch_and_xor(&state, 0x01010101);
	u64 a = __sync_fetch_and_add(&c->sum, x);
	u32 b = __sync_fetch_and_or(&c->bits, y);
	b += __sync_fetch_and_and(&c->bits, ~(y >> 3));
	b += __sync_fetch_and_xor(&c->flips, y * 0x01010101);
	a ^= __sync_lock_test_and_set(&c->last, a);
	a += __sync_val_compare_and_swap(&c->sum, a + (p[1] & 1 ? x : 0), 5);
	b ^= __sync_val_compare_and_swap(&c->bits, b, 9);
	__sync_fetch_and_sub(&c->last, 3);
	return a ^ a >> 32 ^ b ^ state;
}
