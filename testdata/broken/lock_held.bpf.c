//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: the program can end while it holds the lock. */
#include "../include/bpf_more.h"


struct bucket {
	struct bpf_spin_lock lock;
	u32 tokens;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, struct bucket);
} buckets SEC(".maps");

SEC("classifier")
int lock_held(struct __sk_buff *skb)
{
	u32 key = skb->ifindex;
	struct bucket *b = bpf_map_lookup_elem(&buckets, &key);

	if (!b)
		return TC_ACT_OK;
	bpf_spin_lock(&b->lock);
	if (!b->tokens)
		return TC_ACT_SHOT;
	b->tokens--;
	bpf_spin_unlock(&b->lock);
	return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
