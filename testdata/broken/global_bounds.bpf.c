//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: a global array is indexed by a number without a bound. */
#include "../include/bpf_more.h"

u32 table[8];
SEC("xdp")
int global_bounds(struct xdp_md *ctx)
{
	return table[ctx->rx_queue_index] ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
