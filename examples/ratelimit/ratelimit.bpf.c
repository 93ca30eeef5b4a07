//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ratelimit gives each source address, IPv4 or IPv6, a token bucket: a packet
 * takes a token or is dropped, and tokens come back at a steady rate.
 *
 * Buckets are in an LRU map, so their number is bounded, whatever addresses a
 * sender makes up. A source that is forgotten starts again with a full bucket:
 * that must not happen to those that send much, and does not, because their
 * buckets are in use.
 *
 * A bucket is one number (limit.h), so CPUs that serve one source agree
 * by compare and swap: never do more packets pass than there are tokens.
 */
#include "limit.h"

#define NOEXIST 1

/* How often a CPU tries to take a token when others take some meanwhile. */
#define ATTEMPTS 16

/* read_source gives the packet's source, or says why there is none. */
static ALWAYS_INLINE enum outcome read_source(const u8 *data, const u8 *end, struct address *source)
{
	const struct eth_header *eth = (const void *)data;

	if ((const u8 *)(eth + 1) > end)
		return OUTCOME_SHORT;
	if (eth->type == __builtin_bswap16(ETH_P_IPV4)) {
		const struct ipv4_header *ip = (const void *)(eth + 1);

		if ((const u8 *)(ip + 1) > end || ip->version_length >> 4 != 4)
			return OUTCOME_SHORT;
		*source = (struct address){{0, 0, __builtin_bswap32(0xffff), ip->source}};
		return OUTCOME_PASSED;
	}
	if (eth->type == __builtin_bswap16(ETH_P_IPV6)) {
		const struct ipv6_header *ip = (const void *)(eth + 1);

		if ((const u8 *)(ip + 1) > end || *(const u8 *)ip >> 4 != 6)
			return OUTCOME_SHORT;
		*source = ip->source;
		return OUTCOME_PASSED;
	}
	return OUTCOME_OTHER;
}

/* take takes a token out of a bucket. */
static ALWAYS_INLINE enum outcome take(u64 *full, u64 now)
{
	for (int i = 0; i < ATTEMPTS; i++) {
		u64 old = *(volatile u64 *)full, from = old > now ? old : now;

		if (from - now > (burst - 1) * cost_ns)
			return OUTCOME_LIMITED;
		if (__sync_val_compare_and_swap(full, old, from + cost_ns) == old)
			return OUTCOME_PASSED;
	}
	return OUTCOME_LIMITED; /* so many CPUs at once are too many */
}

static ALWAYS_INLINE enum outcome admit(const struct address *source)
{
	u64 now = bpf_ktime_get_ns(), first = now + cost_ns;
	u64 *full = bpf_map_lookup_elem(&buckets, source);

	if (!full) {
		if (!bpf_map_update_elem(&buckets, source, &first, NOEXIST))
			return OUTCOME_FIRST;
		/* Another CPU was faster. */
		full = bpf_map_lookup_elem(&buckets, source);
		if (!full)
			return OUTCOME_FIRST;
	}
	return take(full, now);
}

SEC("xdp")
int ratelimit(struct xdp_md *ctx)
{
	struct address source;
	enum outcome outcome = read_source(XDP_DATA(ctx), XDP_END(ctx), &source);

	if (outcome == OUTCOME_PASSED)
		outcome = admit(&source);
	count(outcome);
	return outcome == OUTCOME_SHORT || outcome == OUTCOME_LIMITED ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "Apache-2.0";
