//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: the first pointer is tested for NULL, the second is used. */
#include "../include/bpf_more.h"


struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, u64);
} from SEC(".maps"), to SEC(".maps");

SEC("xdp")
int wrong_null_check(struct xdp_md *ctx)
{
	u32 key = ctx->rx_queue_index;
	u64 *a = bpf_map_lookup_elem(&from, &key);
	u64 *b = bpf_map_lookup_elem(&to, &key);

	if (!a)
		return XDP_PASS;
	*b += *a;
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
