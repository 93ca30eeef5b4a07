//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: programs of cgroup_skb return 0 or 1. */
#include "../include/bpf_more.h"


SEC("cgroup_skb/ingress")
int return_range(struct __sk_buff *skb)
{
	return skb->len > 1500 ? 2 : 1;
}

char _license[] SEC("license") = "GPL";
