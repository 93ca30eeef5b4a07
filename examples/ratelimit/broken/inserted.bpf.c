//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: a bucket that was just inserted may be gone already, evicted by another
 * CPU, and nothing asks whether the second lookup finds it. */
#include "../limit.h"

SEC("xdp")
int inserted(struct xdp_md *ctx)
{
	const struct eth_header *eth = (const void *)XDP_DATA(ctx);
	const struct ipv6_header *ip = (const void *)(eth + 1);
	u64 now = bpf_ktime_get_ns();
	struct address source;
	u64 *full;

	if ((const u8 *)(ip + 1) > XDP_END(ctx))
		return XDP_PASS;
	source = ip->source;
	full = bpf_map_lookup_elem(&buckets, &source);
	if (!full) {
		bpf_map_update_elem(&buckets, &source, &now, 0);
		full = bpf_map_lookup_elem(&buckets, &source);
	}
	return *full > now + burst * cost_ns ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "Apache-2.0";
