//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted: a load balancer of five thousand instructions: many services, each with its own test, hash and counters, written out by macros. */
#include "../include/bpf_more.h"

struct flow {
	u32 src, dst;
	u16 sport, dport;
	u32 proto;
};

struct backend {
	u32 addr, flags;
	u64 packets, bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct flow);
	__type(value, u32);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, struct backend);
} backends SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, u64[4]);
} stats SEC(".maps");

static ALWAYS_INLINE int serve(struct flow *f, u32 service, u32 len, u8 *data, const u8 *end)
{
	u32 slot, *known = bpf_map_lookup_elem(&flows, f), key = service & 63;
	struct backend *b;
	u64 *s = bpf_map_lookup_elem(&stats, &key);

	if (s) {
		s[0]++;
		s[1] += len;
	}
	if (known) {
		slot = *known;
		if (s)
			s[2]++;
	} else {
		slot = rotate32(f->src * 0xcc9e2d51 ^ f->sport, 13) * 5 + service;
		slot ^= slot >> 15;
		slot = (service * 16 + slot % 16) & 1023;
		bpf_map_update_elem(&flows, f, &slot, 0);
	}
	b = bpf_map_lookup_elem(&backends, &slot);
	if (!b || b->flags & 1) {
		if (s)
			s[3]++;
		return XDP_DROP;
	}
	__sync_fetch_and_add(&b->packets, 1);
	__sync_fetch_and_add(&b->bytes, len);
	if (data + 34 > end)
		return XDP_DROP;
	*(u32 *)(data + 30) = b->addr;
	data[22]--;
	return b->flags & 2 ? XDP_PASS : XDP_TX;
}

#define SERVICE(n) \
	if (f.dport == (u16)(0x1000 + n * 37) && (f.dst & 0xff) == n % 200) \
		return serve(&f, n, len, data, end);
#define FOUR(n) SERVICE(n) SERVICE(n + 1) SERVICE(n + 2) SERVICE(n + 3)
#define SIXTEEN(n) FOUR(n) FOUR(n + 4) FOUR(n + 8) FOUR(n + 12)

SEC("xdp")
int big_balancer(struct xdp_md *ctx)
{
	u8 *data = (u8 *)XDP_DATA(ctx);
	const u8 *end = XDP_END(ctx);
	struct flow f = {};
	u32 len = end - data;

	if (data + 54 > end || data[12] != 8 || data[13] != 0)
		return XDP_PASS;
	if ((data[14] & 15) != 5)
		return XDP_PASS;
	f.src = *(load32 *)(data + 26);
	f.dst = *(load32 *)(data + 30);
	f.sport = *(load16 *)(data + 34);
	f.dport = *(load16 *)(data + 36);
	f.proto = data[23];
	SIXTEEN(0) SIXTEEN(16) SIXTEEN(32) SIXTEEN(48)
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
