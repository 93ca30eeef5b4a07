//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: one offset is compared, another one is used. */
#include "../include/bpf_more.h"

SEC("xdp")
int other_check(struct xdp_md *ctx)
{
	const u8 *data = XDP_DATA(ctx);
	const u8 *end = XDP_END(ctx);
	u32 offset;

	if (data + 20 > end)
		return XDP_PASS;
	offset = data[14] & 63;
	if (data + offset + 4 > end)
		return XDP_PASS;
	offset = data[15] & 63;
	return data[offset] ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
