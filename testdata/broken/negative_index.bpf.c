//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: the index is tested against its upper bound only and may be negative. */
#include "../include/bpf_more.h"


struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64[8]);
} counters SEC(".maps");

SEC("classifier")
int negative_index(struct __sk_buff *skb)
{
	u32 zero = 0;
	u64 *c = bpf_map_lookup_elem(&counters, &zero);
	s64 i = (s32)skb->mark;

	if (!c)
		return TC_ACT_OK;
	if (i >= 8)
		return TC_ACT_SHOT;
	c[i]++;
	return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
