//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0 */
/*
 * Programs that are looked at while they run: long loops without a call, helpers
 * called with many values live, functions called deep, maps that a host changes.
 * All but one take memory. trace_printk is how a test gets in: its writer is Go
 * code of the test's.
 */
#include "../../testdata/include/bpf_more.h"

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
	bpf_trace_printk(format, sizeof(format), len); /* speaks */
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

/* crowd has sixteen values alive while it waits for the writer. */
SEC("raw")
u64 crowd(const u8 *data, u64 len)
{
	char format[] = "crowd %d";
	const load64 *in = (const load64 *)data;
	u64 v[2 * LIVE], sum = 0;
	int i;

	if (len < 2 * 8 * LIVE)
		return 0;
	for (i = 0; i < 2 * LIVE; i++)
		v[i] = in[i] * MULTIPLIER + i;
	bpf_trace_printk(format, sizeof(format), len);
	for (i = 0; i < 2 * LIVE; i++)
		sum = sum * 31 + v[i];
	return sum;
}

/*
 * Eight functions deep, each of which is one of its own in machine code, too: it
 * is long and called from two places. All five arguments are used before and
 * after the next call.
 */
#define ROUND(a, b, c, d)                                                     \
	do {                                                                  \
		a = a * MULTIPLIER + b;                                       \
		b ^= a >> 29;                                                 \
		c += b * 3;                                                   \
		d = (d << 7 | d >> 57) ^ c;                                   \
	} while (0)

#define LINK(n, next)                                                         \
	static NOINLINE u64 link##n(u64 *total, u64 a, u64 b, u64 c, u64 d)   \
	{                                                                     \
		u64 mine = a ^ n, deeper;                                     \
									      \
		ROUND(a, b, c, d);                                            \
		ROUND(b, c, d, a);                                            \
		ROUND(c, d, a, b);                                            \
		ROUND(d, a, b, c);                                            \
		deeper = next(&mine, a, b, c, d);                             \
		*total += mine;                                               \
		return deeper * 7 + (a ^ b) - (c ^ d);                        \
	}

static NOINLINE u64 link7(u64 *total, u64 a, u64 b, u64 c, u64 d)
{
	char format[] = "link %d";

	ROUND(a, b, c, d);
	ROUND(b, c, d, a);
	ROUND(c, d, a, b);
	bpf_trace_printk(format, sizeof(format), a); /* the end of the chain */
	ROUND(d, a, b, c);
	*total += a ^ c;
	return b - d;
}

LINK(6, link7)
LINK(5, link6)
LINK(4, link5)
LINK(3, link4)
LINK(2, link3)
LINK(1, link2)

/* chain begins where the first byte says. */
SEC("raw")
u64 chain(const u8 *data, u64 len)
{
	u64 total = len, r;

	if (len < 1)
		return 0;
	if (data[0] & 8)
		len = link1(&total, len, len + 1, 4, 5);
	switch (data[0] & 7) {
	case 2: r = link2(&total, len, len + 1, 2, 3); break;
	case 3: r = link3(&total, len, len + 1, 2, 3); break;
	case 4: r = link4(&total, len, len + 1, 2, 3); break;
	case 5: r = link5(&total, len, len + 1, 2, 3); break;
	case 6: r = link6(&total, len, len + 1, 2, 3); break;
	case 7: r = link7(&total, len, len + 1, 2, 3); break;
	default: r = link1(&total, len, len + 1, 2, 3);
	}
	return r ^ total;
}

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
} four SEC(".maps");

/* What the callbacks of calls_back share with it. */
struct sum {
	u64 x, y;
};

static long turn(u32 i, struct sum *s)
{
	char format[] = "turn %d";
	u64 i2 = i + 2, i3 = i * 3;

	s->x = s->x * 31 + i;
	ROUND(s->x, s->y, i2, i3);
	ROUND(i2, s->x, s->y, i3);
	s->y += i2 ^ i3;
	if (i == 3)
		bpf_trace_printk(format, sizeof(format), i);
	return i == 9;
}

static long element(void *map, const u32 *key, u64 *value, struct sum *s)
{
	char format[] = "element %d";

	s->y = s->y * 31 + *key + *value;
	if (*key == 2)
		bpf_trace_printk(format, sizeof(format), *key); /* an element speaks */
	return 0;
}

/* calls_back has its callbacks called by loops: one is left early. */
SEC("raw")
u64 calls_back(const u8 *data, u64 len)
{
	struct sum s = {len, ~len};
	u64 n;

	n = bpf_loop(100, turn, &s, 0);
	n = n * 100 + bpf_loop(5, turn, &s, 0);
	n = n * 100 + bpf_for_each_map_elem(&four, element, &s, 0);
	return s.x * 7 + s.y + n;
}

/* steps has iterators within each other. */
SEC("raw")
u64 steps(const u8 *data, u64 len)
{
	char format[] = "step %d";
	struct bpf_iter_num outer, inner;
	u64 sum = len;
	int *a, *b;

	bpf_iter_num_new(&outer, 0, 6);
	while ((a = bpf_iter_num_next(&outer))) {
		if (*a == 4)
			bpf_trace_printk(format, sizeof(format), *a);
		bpf_iter_num_new(&inner, 10, 14);
		while ((b = bpf_iter_num_next(&inner)))
			sum = sum * 31 + *b;
		bpf_iter_num_destroy(&inner);
		sum ^= *a;
	}
	bpf_iter_num_destroy(&outer);
	return sum;
}

/* atoms has every kind of atomic operation, around the writer. */
SEC("raw")
u64 atoms(const u8 *data, u64 len)
{
	char format[] = "atoms %d";
	u64 a = len, r;
	u32 b = len;

	r = __sync_fetch_and_add(&a, MULTIPLIER);
	r = r * 31 + __sync_fetch_and_xor(&b, 0x5a5a5a5a);
	r = r * 31 + __sync_lock_test_and_set(&b, r);
	bpf_trace_printk(format, sizeof(format), len);
	r = r * 31 + __sync_fetch_and_or(&a, r);
	r = r * 31 + __sync_fetch_and_and(&b, 0xffff00ff);
	r = r * 31 + __sync_val_compare_and_swap(&a, a, r);
	r = r * 31 + __sync_val_compare_and_swap(&b, 1, r);
	return r * 31 + a + b;
}

int land(struct xdp_md *ctx);
int hop(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, sizeof(u32));
	__array(values, int(struct xdp_md *));
} jumps SEC(".maps") = {
	.values = {
		[1] = (void *)&land,
		[2] = (void *)&hop,
	},
};

/* land is where hop ends, with the packet that hop got. */
SEC("xdp")
int land(struct xdp_md *ctx)
{
	const u8 *data = XDP_DATA(ctx), *end = XDP_END(ctx);
	char format[] = "land %d";

	bpf_trace_printk(format, sizeof(format), 0);
	return data + 1 > end ? 0 : data[0] * 1000;
}

/* leap does not return when it leaps. */
static NOINLINE u32 leap(struct xdp_md *ctx, u32 *n, u32 slot)
{
	char format[] = "leap %d";
	u64 a = slot, b = *n, c = 3, d = 4;

	bpf_trace_printk(format, sizeof(format), slot);
	ROUND(a, b, c, d);
	ROUND(b, c, d, a);
	*n += a ^ b ^ c ^ d;
	bpf_tail_call(ctx, &jumps, slot);
	return *n;
}

/* hop goes where the queue says: to land, or to itself until no call is left. */
SEC("xdp")
int hop(struct xdp_md *ctx)
{
	u32 n = ctx->ingress_ifindex, missed;

	if (ctx->rx_queue_index == 0) {
		missed = leap(ctx, &n, 0); /* an empty slot */
		n += missed;
	}
	return leap(ctx, &n, ctx->rx_queue_index) + 1000000;
}

char _license[] SEC("license") = "GPL";
