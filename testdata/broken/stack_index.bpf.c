//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: a buffer on the stack is indexed by a number that may be beyond its end. */
#include "../include/bpf_more.h"


SEC("xdp")
int stack_index(struct xdp_md *ctx)
{
	volatile u8 seen[16] = {};
	u32 i = ctx->rx_queue_index;

	if (i < 600)
		seen[i] = 1;
	return seen[3] ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
