//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: the event of a keepalive is neither submitted nor discarded, and
 * nobody could read what comes behind it. */
#include "../event.h"

SEC("xdp")
int forgotten(struct xdp_md *ctx)
{
	const struct datagram *d = (const void *)XDP_DATA(ctx);
	struct event *e;

	if ((const u8 *)(d + 1) > XDP_END(ctx))
		return XDP_PASS;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e)
		return XDP_PASS;
	e->sequence = d->sequence;
	e->kind = d->kind;
	if (e->kind == KIND_KEEPALIVE)
		return XDP_PASS;
	bpf_ringbuf_submit(e, 0);
	return XDP_PASS;
}

char _license[] SEC("license") = "Apache-2.0";
