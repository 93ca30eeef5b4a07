/* SPDX-License-Identifier: Apache-2.0 */
/* The maps of the rate limiter, and how a packet's source is read. */
#ifndef RATELIMIT_LIMIT_H
#define RATELIMIT_LIMIT_H

#include "../../testdata/include/bpf_more.h"

#define ETH_P_IPV4 0x0800
#define ETH_P_IPV6 0x86dd

/* What happened to a packet: indices of counts. */
enum outcome {
	OUTCOME_OTHER,   /* pass   neither IPv4 nor IPv6 */
	OUTCOME_SHORT,   /* drop   ends inside a header, or has another version */
	OUTCOME_FIRST,   /* pass   the source was not known */
	OUTCOME_PASSED,  /* pass   there was a token */
	OUTCOME_LIMITED, /* drop   there was none */
	OUTCOMES,
};

struct eth_header {
	u8 destination[6];
	u8 source[6];
	u16 type;
};

struct ipv4_header {
	u8 version_length;
	u8 service;
	u16 total_length;
	u16 id;
	u16 fragment;
	u8 ttl;
	u8 protocol;
	u16 checksum;
	u32 source;
	u32 destination;
};

/* An address in network order; that of IPv4 is ::ffff:a.b.c.d (RFC 4291). */
struct address {
	u32 word[4];
};

struct ipv6_header {
	u32 version_class_flow;
	u16 payload_length;
	u8 next_header;
	u8 hop_limit;
	struct address source;
	struct address destination;
};

/* A token is what a packet costs: cost_ns nanoseconds of a source's time. A full
 * bucket has burst of them. Loaders may set both. */
const volatile u64 cost_ns = 10000000;
const volatile u64 burst = 20;

/* By source: when its bucket will be full, in nanoseconds. That is all there is to
 * know: tokens = burst - (full - now) / cost_ns. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct address);
	__type(value, u64);
} buckets SEC(".maps");

/* Packets by enum outcome. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, OUTCOMES);
	__type(key, u32);
	__type(value, u64);
} counts SEC(".maps");

static ALWAYS_INLINE void count(u32 what)
{
	u64 *n = bpf_map_lookup_elem(&counts, &what);

	if (n)
		*n += 1;
}

#endif
