//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: a function calls itself. */
#include "../include/bpf_more.h"


static NOINLINE int depth(int n)
{
	volatile int m = n;

	if (m <= 0)
		return 0;
	return depth(m - 1) + m;
}

SEC("xdp")
int recursion(struct xdp_md *ctx)
{
	return depth(ctx->rx_queue_index & 3);
}

char _license[] SEC("license") = "GPL";
