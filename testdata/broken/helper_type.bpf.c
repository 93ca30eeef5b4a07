//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: the helper exists, but an XDP program may not call it. */
#include "../include/bpf_helpers.h"

SEC("xdp")
int helper_type(struct xdp_md *ctx)
{
	u8 first[4];

	if (bpf_skb_load_bytes(ctx, 0, first, sizeof(first)) != 0)
		return XDP_DROP;
	return first[0] & 1 ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "Apache-2.0";
