//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: a field of the context that programs may only read is written. */
#include "../include/bpf_more.h"


SEC("classifier")
int context_write(struct __sk_buff *skb)
{
	skb->ifindex = 1;
	return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
