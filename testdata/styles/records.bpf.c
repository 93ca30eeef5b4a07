//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted: ring buffers: records filled in pieces, dynptrs of records, copies of packets, discarded on errors. */
#include "../include/bpf_more.h"

struct header {
	u32 kind, len;
	u64 when;
};

struct record {
	struct header head;
	u8 bytes[64];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} ring SEC(".maps");

u64 dropped;

static long (*bpf_ringbuf_query)(void *ring, u64 flags) = (void *)134;
static long (*bpf_ringbuf_reserve_dynptr)(void *ring, u32 size, u64 flags, struct bpf_dynptr *ptr) = (void *)198;
static void (*bpf_ringbuf_submit_dynptr)(struct bpf_dynptr *ptr, u64 flags) = (void *)199;
static void (*bpf_ringbuf_discard_dynptr)(struct bpf_dynptr *ptr, u64 flags) = (void *)200;
static long (*bpf_dynptr_write)(const struct bpf_dynptr *to, u32 offset, void *from, u32 len, u64 flags) = (void *)202;

SEC("tc")
int capture(struct __sk_buff *skb)
{
	struct record *r;
	u32 len = skb->len;

	if (bpf_ringbuf_query(&ring, 0) > 60000)
		return TC_ACT_OK;
	r = bpf_ringbuf_reserve(&ring, sizeof(*r), 0);
	if (!r) {
		__sync_fetch_and_add(&dropped, 1);
		return TC_ACT_OK;
	}
	r->head.kind = 1;
	r->head.when = bpf_ktime_get_ns();
	if (len > sizeof(r->bytes))
		len = sizeof(r->bytes);
	if (len == 0 || bpf_skb_load_bytes(skb, 0, r->bytes, len)) {
		bpf_ringbuf_discard(r, 0);
		return TC_ACT_OK;
	}
	r->head.len = len;
	bpf_ringbuf_submit(r, 0);
	return TC_ACT_OK;
}

SEC("tc")
int variable(struct __sk_buff *skb)
{
	struct header h = {.kind = 2, .len = skb->len, .when = bpf_ktime_get_ns()};
	struct bpf_dynptr p;
	u64 *at;

	if (bpf_ringbuf_reserve_dynptr(&ring, 16 + (skb->len & 255), 0, &p)) {
		bpf_ringbuf_discard_dynptr(&p, 0);
		return TC_ACT_OK;
	}
	if (bpf_dynptr_write(&p, 0, &h, sizeof(h), 0)) {
		bpf_ringbuf_discard_dynptr(&p, 0);
		return TC_ACT_SHOT;
	}
	at = bpf_dynptr_data(&p, 8, 8);
	if (at)
		*at = skb->mark;
	bpf_ringbuf_submit_dynptr(&p, 0);
	return TC_ACT_OK;
}

SEC("tc")
int pair(struct __sk_buff *skb)
{
	struct header *a, *b;

	a = bpf_ringbuf_reserve(&ring, sizeof(*a), 0);
	if (!a)
		return TC_ACT_OK;
	b = bpf_ringbuf_reserve(&ring, sizeof(*b), 0);
	if (!b) {
		bpf_ringbuf_discard(a, 0);
		return TC_ACT_OK;
	}
	a->kind = skb->len;
	b->kind = a->kind + 1;
	bpf_ringbuf_submit(b, 0);
	bpf_ringbuf_submit(a, 0);
	return TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
