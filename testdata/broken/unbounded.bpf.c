//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: the loop waits for somebody else and may wait for ever. */
#include "../include/bpf_helpers.h"

volatile u32 ready;

SEC("xdp")
int unbounded(struct xdp_md *ctx)
{
	while (!ready)
		;
	return XDP_PASS;
}

char _license[] SEC("license") = "Apache-2.0";
