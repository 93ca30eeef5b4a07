//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What leaves the straight way: static functions with all arguments alive,
 * bpf_loop with callbacks that stop, that loop themselves and that write their
 * caller's variables, walks over maps that change them, may_goto.
 */
#include "../../testdata/include/bpf_helpers.h"

#define __noinline __attribute__((noinline))

static long (*bpf_map_delete_elem)(void *map, const void *key) = (void *)3;
static long (*bpf_for_each_map_elem)(void *map, void *fn, void *ctx, u64 flags) = (void *)164;
static long (*bpf_loop)(u32 nr, void *fn, void *ctx, u64 flags) = (void *)181;

/* Leaves the loop when the function's budget is spent. */
#define can_loop(out) asm volatile goto("may_goto %l[" #out "]" :::: out)

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u64);
	__type(value, u64);
} seen SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 7);
	__type(key, u32);
	__type(value, u64[2]);
} sums SEC(".maps");

struct walk {
	u64 sum;
	u32 turns;
	u8 byte;
	u8 stop;
	u16 last;
	u64 mix[3];
};

static __noinline u64 blend(u64 a, u64 b, u64 c, u64 d, u64 e)
{
	return (a * 31 + b) ^ (c << 7) ^ (d >> 3) ^ (e * 17 + a);
}

static long inner(u32 i, void *ctx)
{
	struct walk *w = ctx;

	w->mix[i % 3 == 0 ? 0 : i % 3 == 1 ? 1 : 2] += i * w->byte + 1;
	w->last = i;
	return i > w->stop;
}

static long outer(u32 i, void *ctx)
{
	struct walk *w = ctx, own = {.byte = i + 1, .stop = w->stop & 7};
	long turns = bpf_loop(w->byte & 15, inner, &own, 0);

	w->turns += turns;
	w->sum = blend(w->sum, own.mix[0], own.mix[1], own.mix[2], own.last);
	bpf_loop(3, inner, w, 0);
	return w->turns > 60;
}

static long each_sum(void *map, u32 *key, u64 *value, struct walk *w)
{
	w->mix[0] = w->mix[0] * 3 + value[0] + *key;
	value[1] += w->byte;
	__sync_fetch_and_add(&value[0], *key + 1);
	return *key == (w->stop & 15);
}

static long each_seen(void *map, u64 *key, u64 *value, struct walk *w)
{
	u64 copy = *key;

	w->sum += blend(*key, *value, 1, 2, 3);
	w->turns++;
	*value += w->byte;
	if ((*value & 0xff) > 200)
		bpf_map_delete_elem(map, &copy);
	return 0;
}

static __noinline u32 collatz(u32 n, u32 limit)
{
	u32 steps = 0;

	for (;;) {
		can_loop(out);
		if (n <= 1 || steps >= limit)
			break;
		n = n & 1 ? 3 * n + 1 : n / 2;
		steps++;
	}
out:
	return steps;
}

SEC("xdp")
int callbacks(struct xdp_md *ctx)
{
	u8 *p = (u8 *)XDP_DATA(ctx);

	if (p + 14 > XDP_END(ctx))
		return XDP_PASS;
	struct walk w = {.byte = p[0], .stop = p[1], .mix = {p[2], p[3], p[4]}};
	u64 key = p[5] & 31, value = p[6];
	u32 r = bpf_loop(p[7] & 31, outer, &w, p[8] == 0xff);

	bpf_map_update_elem(&seen, &key, &value, 0);
	r = r * 31 + bpf_for_each_map_elem(&sums, each_sum, &w, 0);
	r = r * 31 + bpf_for_each_map_elem(&seen, each_seen, &w, p[9] & 0x80);
	r = r * 31 + bpf_loop((1 << 23) + p[10], inner, &w, 0);
	r = r * 31 + collatz(p[11] * 256 + p[12], p[13] * 4);
	r += blend(w.sum, w.turns, w.mix[0], w.mix[1], w.mix[2]) + w.last;
	p[0] ^= r;
	return r ^ collatz(p[2], 9);
}

char _license[] SEC("license") = "GPL";
