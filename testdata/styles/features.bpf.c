//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted: callbacks, iterators, global functions, locks, timers, dynptrs, maps of maps. */
#include "../include/bpf_more.h"

struct bucket {
	struct bpf_spin_lock lock;
	u32 tokens;
	u64 when;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, struct bucket);
} buckets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, u64);
} counters SEC(".maps");

struct timed {
	struct bpf_timer timer;
	u64 fired;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, struct timed);
} timers SEC(".maps");

struct inner {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 128);
	__type(key, u32);
	__type(value, u64);
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 32);
	__type(key, u32);
	__array(values, struct inner);
} tenants SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("tc")
int limiter(struct __sk_buff *skb)
{
	u32 key = skb->mark;
	struct bucket *b = bpf_map_lookup_elem(&buckets, &key);
	u64 now = bpf_ktime_get_ns();
	int pass = 0;

	if (!b)
		return TC_ACT_OK;
	bpf_spin_lock(&b->lock);
	u64 add = (now - b->when) >> 20;
	if (add) {
		b->tokens = add > 100 - b->tokens ? 100 : b->tokens + add;
		b->when = now;
	}
	if (b->tokens) {
		b->tokens--;
		pass = 1;
	}
	bpf_spin_unlock(&b->lock);
	return pass ? TC_ACT_OK : TC_ACT_SHOT;
}

struct scan {
	const u8 *name;
	u32 sum, limit;
};

static int step(u32 i, void *ctx)
{
	struct scan *s = ctx;

	if (i >= s->limit)
		return 1;
	s->sum += i * 7;
	return 0;
}

SEC("tc")
int looped(struct __sk_buff *skb)
{
	struct scan s = {.limit = skb->len};

	bpf_loop(1000, step, &s, 0);
	return s.sum & 1;
}

static long each(void *map, const u32 *key, u64 *value, void *ctx)
{
	u64 *total = ctx;

	*total += *value;
	if (*key == 63)
		return 1;
	return 0;
}

SEC("tc")
int summed(struct __sk_buff *skb)
{
	u64 total = 0;

	bpf_for_each_map_elem(&counters, each, &total, 0);
	return total > 1000;
}

SEC("tc")
int counted(struct __sk_buff *skb)
{
	struct bpf_iter_num it;
	u64 sum = 0;
	int *i;

	bpf_iter_num_new(&it, 0, skb->len);
	while ((i = bpf_iter_num_next(&it))) {
		u32 key = *i & 63;
		u64 *v = bpf_map_lookup_elem(&counters, &key);

		if (v)
			sum += *v;
	}
	bpf_iter_num_destroy(&it);
	return sum & 3;
}

static int fire(void *map, u32 *key, struct timed *t)
{
	t->fired++;
	if (*key == 0)
		bpf_timer_start(&t->timer, 1000000, 0);
	return 0;
}

SEC("tc")
int timing(struct __sk_buff *skb)
{
	u32 key = skb->ifindex & 3;
	struct timed *t = bpf_map_lookup_elem(&timers, &key);

	if (!t)
		return TC_ACT_OK;
	bpf_timer_init(&t->timer, &timers, 1);
	bpf_timer_set_callback(&t->timer, fire);
	bpf_timer_start(&t->timer, 1000000, 0);
	return TC_ACT_OK;
}

SEC("tc")
int tenant(struct __sk_buff *skb)
{
	u32 id = skb->mark >> 16, key = skb->mark & 0xffff;
	void *m = bpf_map_lookup_elem(&tenants, &id);
	u64 *v, one = 1;

	if (!m)
		return TC_ACT_SHOT;
	v = bpf_map_lookup_elem(m, &key);
	if (v)
		__sync_fetch_and_add(v, 1);
	else
		bpf_map_update_elem(m, &key, &one, 1);
	return TC_ACT_OK;
}

struct point {
	s32 x, y;
	u32 weight;
};

NOINLINE int distance(const struct point *a, const struct point *b)
{
	s32 dx, dy;

	if (!a || !b)
		return -1;
	dx = a->x - b->x;
	dy = a->y - b->y;
	return (dx < 0 ? -dx : dx) + (dy < 0 ? -dy : dy);
}

NOINLINE int classify(struct __sk_buff *skb, int scale)
{
	u8 *data = SKB_DATA(skb), *end = SKB_END(skb);

	if (data + 14 > end)
		return 0;
	return data[12] * scale;
}

SEC("tc")
int contract(struct __sk_buff *skb)
{
	struct point a = {.x = skb->len, .y = skb->mark}, b = {.x = 3, .y = 4};

	return distance(&a, &b) + classify(skb, 3) > 100;
}

SEC("tc")
int pointed(struct __sk_buff *skb)
{
	u32 key = 0, got;
	u64 *v = bpf_map_lookup_elem(&counters, &key);
	struct bpf_dynptr p;
	u32 *slice;

	if (!v)
		return TC_ACT_OK;
	if (bpf_dynptr_from_mem(v, 8, 0, &p))
		return TC_ACT_OK;
	if (bpf_dynptr_read(&got, 4, &p, skb->len & 7, 0))
		return TC_ACT_SHOT;
	slice = bpf_dynptr_data(&p, 0, 4);
	return slice ? *slice & 3 : got & 1;
}

char _license[] SEC("license") = "GPL";
