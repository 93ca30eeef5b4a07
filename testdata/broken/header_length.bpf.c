//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: the IP header length comes from the packet; only 20 bytes of header are proven when the port is read behind it. */
#include "../include/bpf_more.h"


SEC("xdp")
int header_length(struct xdp_md *ctx)
{
	const u8 *data = XDP_DATA(ctx);
	const u8 *end = XDP_END(ctx);
	u32 length;

	if (data + 14 + 20 > end)
		return XDP_DROP;
	length = (data[14] & 15) * 4;
	return data[14 + length + 3] == 53 ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
