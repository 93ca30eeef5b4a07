//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted: every atomic operation, on map values, global data and the stack. */
#include "../include/bpf_more.h"

struct cell {
	u64 sum, bits, owner;
	u32 small, state;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, u32);
	__type(value, struct cell);
} cells SEC(".maps");

u64 total;
u32 turn;

SEC("tc")
int wide(struct __sk_buff *skb)
{
	u32 key = skb->mark & 15;
	struct cell *c = bpf_map_lookup_elem(&cells, &key);
	u64 old = 0;

	if (!c)
		return TC_ACT_OK;
	__sync_fetch_and_add(&c->sum, skb->len);
	__sync_fetch_and_or(&c->bits, 1ull << (skb->len & 63));
	__sync_fetch_and_and(&c->bits, ~4ull);
	__sync_fetch_and_xor(&c->bits, 8);
	old += __sync_fetch_and_add(&total, 1);
	old ^= __sync_fetch_and_or(&c->owner, 3);
	old ^= __sync_fetch_and_and(&c->owner, 0xff);
	old ^= __sync_fetch_and_xor(&c->owner, skb->hash);
	old ^= __sync_lock_test_and_set(&c->owner, old);
	if (__sync_val_compare_and_swap(&c->owner, 0, skb->ifindex) == 0)
		return TC_ACT_SHOT;
	return old & 1;
}

SEC("tc")
int narrow(struct __sk_buff *skb)
{
	u32 key = skb->mark & 15, mine = 0;
	struct cell *c = bpf_map_lookup_elem(&cells, &key);

	if (!c)
		return TC_ACT_OK;
	__sync_fetch_and_add(&turn, 1);
	mine = __sync_fetch_and_add(&c->small, 1);
	if (__sync_val_compare_and_swap(&c->state, 0, 1) != 0)
		return TC_ACT_SHOT;
	__sync_fetch_and_and(&c->small, 0xffff);
	__sync_lock_test_and_set(&c->state, 0);
	return mine > 100 ? TC_ACT_SHOT : TC_ACT_OK;
}

SEC("tc")
int on_stack(struct __sk_buff *skb)
{
	volatile u64 v[2] = {skb->len, 1};

	__sync_fetch_and_add(&v[1], v[0]);
	return __sync_fetch_and_or(&v[0], 16) > 1000 ? TC_ACT_SHOT : TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
