//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: a socket that was looked up is not released. */
#include "../include/bpf_more.h"


struct tuple {
	u32 saddr, daddr;
	u16 sport, dport;
};

SEC("classifier")
int socket_leak(struct __sk_buff *skb)
{
	struct tuple t = {.saddr = 1, .daddr = 2, .sport = 3, .dport = 4};
	void *sk = bpf_sk_lookup_tcp(skb, &t, sizeof(t), -1, 0);

	return sk ? TC_ACT_OK : TC_ACT_SHOT;
}

char _license[] SEC("license") = "GPL";
