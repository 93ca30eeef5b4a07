//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that are looked at while they run: long loops without a call, helpers
 * called with many values live, functions called deep, maps that a host changes.
 * All but one take memory. trace_printk is how a test gets in: its writer is Go
 * code of the test's.
 */
#include "../../testdata/include/bpf_helpers.h"

static long (*bpf_map_delete_elem)(void *map, const void *key) = (void *)3;
static u64 (*bpf_ktime_get_ns)(void) = (void *)5;
static long (*bpf_trace_printk)(const char *format, u32 size, ...) = (void *)6;

#define LIVE 8
#define MULTIPLIER 6364136223846793005ull

/* b is ~a in every value that a host or a program stores. */
struct pair {
	u64 a, b;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, struct pair);
} pairs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, u64);
	__type(value, struct pair);
} own SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
} counts SEC(".maps");

/* count adds 1 to an element of counts. */
static ALWAYS_INLINE void count(u32 index)
{
	u64 *n = bpf_map_lookup_elem(&counts, &index);

	if (n)
		__sync_fetch_and_add(n, 1);
}

/* spin is short enough to run without a look at the scheduler. */
SEC("raw")
u64 spin(const u8 *data, u64 len)
{
	u64 x = len;
	u32 i;

	for (i = 0; i < 200000; i++) {
		x = x * MULTIPLIER + 1;
		asm volatile("" : "+r"(x));
	}
	return x;
}

/* spin_long is so long that it has to look. */
SEC("raw")
u64 spin_long(const u8 *data, u64 len)
{
	u64 x = len;
	u32 i;

	for (i = 0; i < 400000; i++) {
		x = x * MULTIPLIER + 1;
		asm volatile("" : "+r"(x));
	}
	return x;
}

/* speak calls the writer in the middle, with pointers to everything live, and
 * uses all of it afterwards. The second half of the memory is read only then. */
SEC("raw")
u64 speak(const u8 *data, u64 len)
{
	char format[] = "speak %d";
	const load64 *in = (const load64 *)data;
	u64 copy[LIVE], sum = 0;
	struct pair *p;
	u32 key = 1;
	int i;

	if (len < 2 * 8 * LIVE)
		return 0;
	for (i = 0; i < LIVE; i++)
		copy[i] = in[i] * MULTIPLIER;
	p = bpf_map_lookup_elem(&pairs, &key);
	if (!p)
		return 1;
	bpf_trace_printk(format, sizeof(format), len);
	count(0);
	for (i = 0; i < LIVE; i++)
		sum = sum * 31 + (copy[i] ^ in[LIVE + i]);
	return sum + p->a + ~p->b;
}

/* Seven functions deep, each with values that have to survive the call. */
#define LEVEL(n, next)                                                        \
	static NOINLINE u64 level##n(u64 *total, u64 x, u64 y)                \
	{                                                                     \
		u64 here = x * MULTIPLIER + y, mine = y ^ n, deeper;          \
									      \
		deeper = next(&mine, x + n, y * 3);                           \
		*total += mine;                                               \
		return deeper * 7 + here;                                     \
	}

static NOINLINE u64 level7(u64 *total, u64 x, u64 y)
{
	char format[] = "level %d";

	bpf_trace_printk(format, sizeof(format), x);
	*total += x;
	return x * 5 + y;
}

LEVEL(6, level7)
LEVEL(5, level6)
LEVEL(4, level5)
LEVEL(3, level4)
LEVEL(2, level3)
LEVEL(1, level2)

SEC("raw")
u64 descend(const u8 *data, u64 len)
{
	u64 total = len, r;

	r = level1(&total, len, len + 1);
	return r ^ total;
}

/* look reads a pair that a host may replace or delete at any time: 0 when it is
 * not there, 1 when it is whole, 2 when it is not. */
SEC("raw")
u64 look(const u8 *data, u64 len)
{
	struct pair *p;
	u64 a, begin;
	u32 key;

	if (len < 8)
		return 3;
	key = *(const load32 *)data;
	count(1);
	p = bpf_map_lookup_elem(&pairs, &key);
	if (!p)
		return 0;
	a = p->a;
	begin = bpf_ktime_get_ns();
	if (bpf_ktime_get_ns() < begin)
		return 4;
	return p->a == a && p->b == ~a ? 1 : 2;
}

/* churn stores a pair, finds it and deletes it; nobody else has the key. */
SEC("raw")
u64 churn(const u8 *data, u64 len)
{
	struct pair v, *p;
	u64 key, ok;

	if (len < 8)
		return 3;
	key = *(const load64 *)data;
	v.a = key * MULTIPLIER;
	v.b = ~v.a;
	if (bpf_map_update_elem(&own, &key, &v, 0))
		return 4;
	p = bpf_map_lookup_elem(&own, &key);
	if (!p)
		return 5;
	if (bpf_map_delete_elem(&own, &key))
		return 6;
	/* The value stays as it is until this program ends. */
	ok = p->a == v.a && p->b == v.b ? 1 : 2;
	count(2);
	return ok;
}

/* sum counts a packet and returns the sum of its first bytes. */
SEC("xdp")
int sum(struct xdp_md *ctx)
{
	const u8 *data = XDP_DATA(ctx), *end = XDP_END(ctx);
	u32 i, sum = 0;

	count(3);
	for (i = 0; i < 64; i++) {
		if (data + i + 1 > end)
			break;
		sum += data[i];
	}
	return sum & 1 ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "Apache-2.0";
