//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: the packet may have moved, data was computed before bpf_xdp_adjust_head. */
#include "../include/bpf_more.h"


SEC("xdp")
int stale_packet(struct xdp_md *ctx)
{
	u8 *data = (u8 *)XDP_DATA(ctx);
	const u8 *end = XDP_END(ctx);

	if (data + 18 > end)
		return XDP_DROP;
	if (bpf_xdp_adjust_head(ctx, 4))
		return XDP_DROP;
	data[0] = 1;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
