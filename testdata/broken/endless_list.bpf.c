//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: a loop follows offsets that the packet gives, without a limit on their number. */
#include "../include/bpf_more.h"


SEC("xdp")
int endless_list(struct xdp_md *ctx)
{
	const u8 *data = XDP_DATA(ctx);
	const u8 *end = XDP_END(ctx);
	u32 at = 0;

	while (1) {
		const u8 *p = data + (at & 0xfff);

		if (p + 2 > end)
			return XDP_PASS;
		if (p[0] == 255)
			return XDP_DROP;
		at = p[1];
	}
}

char _license[] SEC("license") = "GPL";
