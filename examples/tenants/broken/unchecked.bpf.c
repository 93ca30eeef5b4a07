//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Broken: a tenant without a policy is forgotten. */
#include "../../../testdata/include/bpf_helpers.h"

#define BPF_MAP_TYPE_HASH_OF_MAPS 13
#define __array(field, what) typeof(what) *field[]

struct policy {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
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
int unchecked(struct xdp_md *ctx)
{
	u32 tenant = ctx->rx_queue_index, key = 0;
	void *policy = bpf_map_lookup_elem(&policies, &tenant);
	u32 *action = bpf_map_lookup_elem(policy, &key); /* policy may be NULL */

	return action ? *action & 3 : XDP_DROP;
}
