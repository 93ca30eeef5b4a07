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

LOOP(helper_base, {
	OPAQUE(index);
	sum += index;
})

LOOP(helper, {
	OPAQUE(index);
	/* 0, and used, so that the call stays. */
	sum += index + (u32)(bpf_get_prandom_u32() >> 32);
})

char _license[] SEC("license") = "Apache-2.0";
