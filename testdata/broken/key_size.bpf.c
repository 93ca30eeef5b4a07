//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: the keys of the map have 16 bytes, the key that is passed has 4. */
#include "../include/bpf_more.h"

struct flow {
	u32 src, dst, ports, proto;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct flow);
	__type(value, u64);
} flows SEC(".maps");

SEC("xdp")
int key_size(struct xdp_md *ctx)
{
	u32 key = ctx->rx_queue_index;

	return bpf_map_lookup_elem(&flows, &key) ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
