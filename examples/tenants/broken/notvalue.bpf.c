//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Broken: the inner map is read as if it were its first value. */
#include "../../../testdata/include/bpf_helpers.h"

#define BPF_MAP_TYPE_HASH_OF_MAPS 13
#define __array(field, what) typeof(what) *field[]

struct policy {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} untagged SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 1024);
	__type(key, u32);
	__array(values, struct policy);
} policies SEC(".maps");

SEC("xdp")
int notvalue(struct xdp_md *ctx)
{
	u32 tenant = ctx->rx_queue_index;
	u32 *action = bpf_map_lookup_elem(&policies, &tenant);

	if (!action)
		return XDP_DROP;
	return *action & 3; /* this is a map, not a value */
}
