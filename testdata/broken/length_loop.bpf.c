//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: a loop runs to a length that the packet gives, past what was compared. */
#include "../include/bpf_more.h"

SEC("xdp")
int length_loop(struct xdp_md *ctx)
{
	const u8 *data = XDP_DATA(ctx);
	const u8 *end = XDP_END(ctx);
	u32 i, len, sum = 0;

	if (data + 34 > end)
		return XDP_PASS;
	len = data[16] << 8 | data[17];
	for (i = 0; i < len; i++)
		sum += data[i];
	return sum & 1 ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
