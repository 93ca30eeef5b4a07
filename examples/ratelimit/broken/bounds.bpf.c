//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: the packet is as long as an IPv4 header, which says nothing about that
 * of IPv6. */
#include "../limit.h"

SEC("xdp")
int bounds(struct xdp_md *ctx)
{
	const struct eth_header *eth = (const void *)XDP_DATA(ctx);
	const struct ipv4_header *v4 = (const void *)(eth + 1);
	const struct ipv6_header *v6 = (const void *)(eth + 1);
	struct address source;

	if ((const u8 *)(v4 + 1) > XDP_END(ctx))
		return XDP_PASS;
	if (eth->type == __builtin_bswap16(ETH_P_IPV6))
		source = v6->source;
	else
		source = (struct address){{0, 0, __builtin_bswap32(0xffff), v4->source}};
	return bpf_map_lookup_elem(&buckets, &source) ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "Apache-2.0";
