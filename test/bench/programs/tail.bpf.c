//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Tail calls: one, and as many as an invocation takes, 33. Slot 0 has the end,
 * slot 1 the chain; who measures calls between instances puts others there. */
#include "bench.h"

int tail_end(struct xdp_md *ctx);
int tail_chain(struct xdp_md *ctx);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__array(values, int(struct xdp_md *));
} jumps SEC(".maps") = {.values = {&tail_end, &tail_chain}};

SEC("xdp") int tail_end(struct xdp_md *ctx)
{
	return 7;
}

/* No sequence begins with this number, so all but tail_base take their calls. */
#define NEVER 0xdeadbeef

SEC("xdp") int tail_base(struct xdp_md *ctx)
{
	if (seed(ctx) == NEVER)
		bpf_tail_call(ctx, &jumps, 0);
	return 7;
}

SEC("xdp") int tail_one(struct xdp_md *ctx)
{
	if (seed(ctx) != NEVER)
		bpf_tail_call(ctx, &jumps, 0);
	return 1;
}

SEC("xdp") int tail_chain(struct xdp_md *ctx)
{
	if (seed(ctx) != NEVER)
		bpf_tail_call(ctx, &jumps, 1);
	return 7;
}

char _license[] SEC("license") = "Apache-2.0";
