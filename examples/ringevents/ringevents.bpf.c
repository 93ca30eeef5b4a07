//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ringevents passes every packet and tells about the datagrams of a protocol:
 * UDP over IPv4 without options, whose payload begins with a sequence number of
 * 8 bytes and a kind of 1 byte.
 *
 * For each one it reserves an event in the ring buffer and fills it in. Events of
 * keepalives are discarded then, the others submitted. When the reader is too
 * slow the ring has no room, and the event is dropped and counted. So for each
 * CPU
 *
 *   submitted + discarded + dropped + ignored = packets
 *
 * and what the reader receives of a CPU are the submitted ones, in order.
 */
#include "event.h"

#define ETH_P_IPV4 0x0800
#define IPV4_PLAIN 0x45
#define PROTO_UDP 17

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, u32);
	__type(value, u64);
	__uint(max_entries, COUNTS);
} counts SEC(".maps");

/* Keeps the type in the object, for the Go type of it. */
const struct event *unused_event __attribute__((unused));

static ALWAYS_INLINE void count(u32 what)
{
	u64 *n = bpf_map_lookup_elem(&counts, &what);

	if (n)
		*n += 1;
}

SEC("xdp")
int ringevents(struct xdp_md *ctx)
{
	const struct datagram *d = (const void *)XDP_DATA(ctx);
	const u8 *end = XDP_END(ctx);
	struct event *e;

	if ((const u8 *)(d + 1) > end || d->type != __builtin_bswap16(ETH_P_IPV4) || d->version_length != IPV4_PLAIN ||
	    d->protocol != PROTO_UDP) {
		count(COUNT_IGNORED);
		return XDP_PASS;
	}
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		count(COUNT_DROPPED);
		return XDP_PASS;
	}
	e->sequence = d->sequence;
	e->source = d->source;
	e->destination = d->destination;
	e->source_port = d->source_port;
	e->destination_port = d->destination_port;
	e->length = end - (const u8 *)d;
	e->kind = d->kind;
	e->ttl = d->ttl;
	if (e->kind == KIND_KEEPALIVE) {
		bpf_ringbuf_discard(e, 0);
		count(COUNT_DISCARDED);
		return XDP_PASS;
	}
	bpf_ringbuf_submit(e, 0);
	count(COUNT_SUBMITTED);
	return XDP_PASS;
}

char _license[] SEC("license") = "Apache-2.0";
