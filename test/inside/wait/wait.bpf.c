//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that run long, each in another way. A collector of garbage waits
 * beside them.
 */
#include "../../../testdata/include/bpf_helpers.h"

static long (*bpf_for_each_map_elem)(void *map, void *function, void *ctx, u64 flags) = (void *)164;
static long (*bpf_loop)(u32 turns, void *function, void *ctx, u64 flags) = (void *)181;

#define MULTIPLIER 6364136223846793005ull

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, u64);
} numbers SEC(".maps");

/* STEP is what no compiler shortens: one multiplication behind another. */
#define STEP(x) do { x = x * MULTIPLIER + 1; asm volatile("" : "+r"(x)); } while (0)
#define STEPS4(x) STEP(x); STEP(x); STEP(x); STEP(x)
#define STEPS16(x) STEPS4(x); STEPS4(x); STEPS4(x); STEPS4(x)
#define STEPS64(x) STEPS16(x); STEPS16(x); STEPS16(x); STEPS16(x)

/* million is one loop with next to nothing in it. */
SEC("raw")
u64 million(const u8 *data, u64 len)
{
	u64 x = len;
	u32 i;

	for (i = 0; i < 1000000; i++)
		STEP(x);
	return x;
}

/* nested has a loop in a loop, neither of which is long. */
SEC("raw")
u64 nested(const u8 *data, u64 len)
{
	u64 x = len;
	u32 i, k;

	for (i = 0; i < 1000; i++)
		for (k = 0; k < 1000; k++)
			STEP(x);
	return x;
}

/* large has 128 divisions in a loop, each of which waits for the one before. */
#define DIVIDE(x) do { x = ~x / (x >> 32 | 3); asm volatile("" : "+r"(x)); } while (0)
#define DIVIDE4(x) DIVIDE(x); DIVIDE(x); DIVIDE(x); DIVIDE(x)
#define DIVIDE16(x) DIVIDE4(x); DIVIDE4(x); DIVIDE4(x); DIVIDE4(x)
#define DIVIDE64(x) DIVIDE16(x); DIVIDE16(x); DIVIDE16(x); DIVIDE16(x)

SEC("raw")
u64 large(const u8 *data, u64 len)
{
	u64 x = len;
	u32 i;

	for (i = 0; i < 4000; i++) {
		DIVIDE64(x);
		DIVIDE64(x);
	}
	return x;
}

/* part is a function of its own that has no loop and calls nothing. */
static NOINLINE u64 part(u64 x)
{
	STEPS64(x);
	return x;
}

SEC("raw")
u64 calls(const u8 *data, u64 len)
{
	u64 x = len;
	u32 i;

	for (i = 0; i < 8000; i++) {
		x = part(x);
		x ^= part(x + 1);
	}
	return x;
}

/* walk looks a hash map through. */
SEC("raw")
u64 walk(const u8 *data, u64 len)
{
	u64 sum = 0, key, *value;
	u32 i;

	for (i = 0; i < 100000; i++) {
		key = i & 1023;
		value = bpf_map_lookup_elem(&numbers, &key);
		if (value)
			sum += *value;
	}
	return sum;
}

/* each looks the map through by itself, many times. */
static long add(void *map, const u64 *key, const u64 *value, u64 *sum)
{
	*sum += *key ^ *value;
	return 0;
}

SEC("raw")
u64 each(const u8 *data, u64 len)
{
	u64 sum = len;
	u32 i;

	for (i = 0; i < 100; i++)
		bpf_for_each_map_elem(&numbers, add, &sum, 0);
	return sum;
}

/* turns has as many turns as bpf_loop allows. */
static long turn(u32 i, u64 *x)
{
	STEP(*x);
	return 0;
}

SEC("raw")
u64 turns(const u8 *data, u64 len)
{
	u64 x = len;

	bpf_loop(1 << 23, turn, &x, 0);
	return x;
}

/* gotos goes back as often as may_goto allows. */
SEC("raw")
u64 gotos(const u8 *data, u64 len)
{
	u64 x = len;

	for (;;) {
		asm volatile goto("may_goto %l[out]" : : : : out);
		STEP(x);
	}
out:
	return x;
}

/* short_loop is run many times: none takes long. */
SEC("raw")
u64 short_loop(const u8 *data, u64 len)
{
	u64 x = len;
	u32 i;

	for (i = 0; i < 10000; i++)
		STEP(x);
	return x;
}

/* straight has no loop, and is run many times. */
SEC("xdp")
int straight(struct xdp_md *ctx)
{
	u64 x = ctx->rx_queue_index;

	STEPS64(x);
	STEPS64(x);
	STEPS64(x);
	STEPS64(x);
	return x & 1 ? XDP_PASS : XDP_DROP;
}

/* tiny is run many times. */
SEC("xdp")
int tiny(struct xdp_md *ctx)
{
	u64 x = ctx->rx_queue_index;

	STEPS16(x);
	return x & 1 ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "Apache-2.0";
