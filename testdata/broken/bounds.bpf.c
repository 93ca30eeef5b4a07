//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: the Ethernet header is proven, but the byte read lies behind it. */
#include "../include/bpf_helpers.h"

SEC("xdp")
int bounds(struct xdp_md *ctx)
{
	const u8 *data = XDP_DATA(ctx);
	const u8 *end = XDP_END(ctx);

	if (data + 14 > end)
		return XDP_DROP;
	return data[23] == 17 ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "Apache-2.0";
