//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* classifier on a packet. It returns the low 32 bits of the result as the verdict, so
 * that a test run of the kernel shows them. */
#define SPAN_BY_END
#include "include/bpf_helpers.h"
#include "classifier.h"

SEC("xdp")
int classifier_xdp(struct xdp_md *ctx)
{
	struct span s = {XDP_DATA(ctx), XDP_END(ctx)};

	return (u32)classify_span(s);
}

char _license[] SEC("license") = "Apache-2.0";
