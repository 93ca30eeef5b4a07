//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: an index that is equal to the number of elements passes the test. */
#include "../include/bpf_more.h"


struct table {
	u32 slots[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct table);
} tables SEC(".maps");

SEC("xdp")
int index_range(struct xdp_md *ctx)
{
	u32 zero = 0, i = ctx->rx_queue_index;
	struct table *t = bpf_map_lookup_elem(&tables, &zero);

	if (!t)
		return XDP_PASS;
	if (i > 16)
		return XDP_DROP;
	t->slots[i]++;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
