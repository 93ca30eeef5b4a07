//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* The price of a call: into the smallest program, and out of a program to the
 * cheapest helper that is not compiled in place. */
#include "bench.h"

SEC("xdp")
int empty(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp")
int helper_base(struct xdp_md *ctx)
{
	u32 x = seed(ctx), sum = 0;

	ROLLED for (u32 i = 0; i < OPS; i++) {
		OPAQUE(x);
		sum += x;
	}
	return sum;
}

SEC("xdp")
int helper(struct xdp_md *ctx)
{
	u32 x = seed(ctx), sum = 0;

	ROLLED for (u32 i = 0; i < OPS; i++) {
		OPAQUE(x);
		/* 0, and used, so that the call stays. */
		sum += x + (u32)(bpf_get_prandom_u32() >> 32);
	}
	return sum;
}

char _license[] SEC("license") = "Apache-2.0";
