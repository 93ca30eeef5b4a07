//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted: socket filters that load from the packet by the instructions of classic BPF. */
#include "../include/bpf_more.h"

u64 load_byte(void *skb, u64 off) asm("llvm.bpf.load.byte");
u64 load_half(void *skb, u64 off) asm("llvm.bpf.load.half");
u64 load_word(void *skb, u64 off) asm("llvm.bpf.load.word");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, u32);
	__type(value, u64);
} talkers SEC(".maps");

SEC("socket")
int absolute(struct __sk_buff *skb)
{
	if (load_half(skb, 12) != 0x0800)
		return 0;
	if (load_byte(skb, 23) != 17)
		return 0;
	return skb->len;
}

SEC("socket")
int indirect(struct __sk_buff *skb)
{
	u32 at = 14 + (load_byte(skb, 14) & 15) * 4;
	u32 key = load_word(skb, 26);
	u64 one = 1, *n;

	if (load_half(skb, 20) & 0x1fff)
		return 0;
	if (load_half(skb, at + 2) != 53 && load_half(skb, at) != 53)
		return 0;
	n = bpf_map_lookup_elem(&talkers, &key);
	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&talkers, &key, &one, 0);
	return -1;
}

SEC("socket")
int labels(struct __sk_buff *skb)
{
	u32 at = 54, i;

	for (i = 0; i < 10; i++) {
		u32 len = load_byte(skb, at);

		if (len == 0)
			return i > 4 ? 128 : 64;
		if (len > 63)
			return 0;
		at += len + 1;
	}
	return 0;
}

char _license[] SEC("license") = "GPL";
