//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: a helper is given packet bytes that were not compared. */
#include "../include/bpf_more.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, u64);
} hosts SEC(".maps");

SEC("xdp")
int helper_packet(struct xdp_md *ctx)
{
	const u8 *data = XDP_DATA(ctx);

	return bpf_map_lookup_elem(&hosts, data + 26) ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
