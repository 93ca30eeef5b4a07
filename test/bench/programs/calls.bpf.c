//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* The price of a call: into the smallest program, and out of a program to the
 * smallest helper. */
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
		/* Used, so that it stays, and no number of CPUs reaches bit 31. */
		sum += x + (bpf_get_smp_processor_id() >> 31);
	}
	return sum;
}

char _license[] SEC("license") = "Apache-2.0";
