//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: the context is read at a variable offset. */
#include "../include/bpf_more.h"

SEC("classifier")
int context_offset(struct __sk_buff *skb)
{
	u32 i = skb->mark & 3;

	return ((volatile u32 *)skb->cb)[i] ? TC_ACT_SHOT : TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
