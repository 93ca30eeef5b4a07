//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* hash on a packet. It returns the low 32 bits of the result as the verdict, so
 * that a test run of the kernel shows them. */
#define SPAN_BY_END
#include "include/bpf_helpers.h"
#include "hash.h"

SEC("xdp")
int hash_xdp(struct xdp_md *ctx)
{
	struct span s = {XDP_DATA(ctx), XDP_END(ctx)};

	return (u32)hash_span(s);
}

char _license[] SEC("license") = "Apache-2.0";
