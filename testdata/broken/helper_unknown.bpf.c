//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: no helper has this number. */
#include "../include/bpf_helpers.h"

static long (*bpf_no_such_helper)(u64 value) = (void *)9999;

SEC("xdp")
int helper_unknown(struct xdp_md *ctx)
{
	return bpf_no_such_helper(ctx->rx_queue_index) ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "Apache-2.0";
