//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: the size of a copy comes from the packet and is not bounded by the buffer. */
#include "../include/bpf_more.h"


SEC("classifier")
int copy_size(struct __sk_buff *skb)
{
	u8 name[32];
	u32 len = skb->len - 14;

	if (bpf_skb_load_bytes(skb, 14, name, len) < 0)
		return TC_ACT_OK;
	return name[0] == 7 ? TC_ACT_SHOT : TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
