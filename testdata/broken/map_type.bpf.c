//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: an element is pushed to a hash map, which is no queue. */
#include "../include/bpf_more.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, u64);
} pending SEC(".maps");

SEC("xdp")
int map_type(struct xdp_md *ctx)
{
	u64 item = ctx->rx_queue_index;

	bpf_map_push_elem(&pending, &item, 0);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
