//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: the value that is passed is smaller than the map values. */
#include "../include/bpf_more.h"

struct entry {
	u64 a, b, c;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, struct entry);
} entries SEC(".maps");

SEC("xdp")
int value_size(struct xdp_md *ctx)
{
	u32 key = 1;
	u64 one = 1;

	bpf_map_update_elem(&entries, &key, &one, 0);
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
