//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: a function uses what its caller did not test for NULL. */
#include "../include/bpf_more.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, u64);
} cells SEC(".maps");
static NOINLINE u64 bump(u64 *cell, u32 by)
{
	*cell += by;
	return *cell;
}

SEC("xdp")
int subprog_null(struct xdp_md *ctx)
{
	u32 key = ctx->rx_queue_index;
	u64 *cell = bpf_map_lookup_elem(&cells, &key);

	return bump(cell, 3) > 7 ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
