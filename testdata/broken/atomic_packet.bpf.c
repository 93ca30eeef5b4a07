//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: an atomic addition to the packet. */
#include "../include/bpf_more.h"

SEC("xdp")
int atomic_packet(struct xdp_md *ctx)
{
	u8 *data = (u8 *)XDP_DATA(ctx);

	if (data + 16 > XDP_END(ctx))
		return XDP_PASS;
	__sync_fetch_and_add((u64 *)(data + 8), 1);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
