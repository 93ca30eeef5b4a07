//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: a constant is written through a pointer that lost its const. */
#include "../include/bpf_more.h"


volatile const u32 limit = 100;

SEC("xdp")
int const_write(struct xdp_md *ctx)
{
	*(volatile u32 *)&limit = ctx->rx_queue_index;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
