//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted: a load balancer: IPv4 and IPv6, two transports, a hash over the flow, backends in an array of structs, IPIP encapsulation by adjust_head. */
#include "../include/bpf_more.h"

#define ETH 14
#define RING 1021

struct flow {
	u32 src[4], dst[4];
	u16 sport, dport;
	u8 proto, pad[3];
};

struct backend {
	u32 addr[4];
	u8 mac[6];
	u16 flags;
};

struct service {
	u32 id;
	u32 flags;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512);
	__type(key, struct flow);
	__type(value, struct service);
} services SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RING);
	__type(key, u32);
	__type(value, u32);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, struct backend);
} backends SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 10000);
	__type(key, struct flow);
	__type(value, u32);
} connections SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, u64[2]);
} stats SEC(".maps");

static ALWAYS_INLINE void count(u32 what, u64 bytes)
{
	u64 *s = bpf_map_lookup_elem(&stats, &what);

	if (s) {
		s[0]++;
		s[1] += bytes;
	}
}

static ALWAYS_INLINE u32 mix(const struct flow *f)
{
	u32 h = 0x9747b28c ^ f->proto;
	int i;

#pragma unroll
	for (i = 0; i < 4; i++) {
		h = rotate32(h ^ f->src[i] * 0xcc9e2d51, 13) * 5;
		h = rotate32(h ^ f->dst[i] * 0x1b873593, 17) + 0xe6546b64;
	}
	h ^= (u32)f->sport << 16 | f->dport;
	h ^= h >> 16;
	h *= 0x85ebca6b;
	return h ^ h >> 13;
}

static ALWAYS_INLINE int parse(const u8 *data, const u8 *end, struct flow *f)
{
	u16 proto;
	const u8 *l4;

	if (data + ETH > end)
		return -1;
	proto = data[12] << 8 | data[13];
	if (proto == 0x0800) {
		const u8 *ip = data + ETH;

		if (ip + 20 > end || (ip[0] & 15) != 5)
			return -1;
		if ((ip[6] & 0x3f) | ip[7])
			return -1;
		f->proto = ip[9];
		f->src[0] = *(load32 *)(ip + 12);
		f->dst[0] = *(load32 *)(ip + 16);
		l4 = ip + 20;
	} else if (proto == 0x86dd) {
		const u8 *ip = data + ETH;
		int i;

		if (ip + 40 > end)
			return -1;
		f->proto = ip[6];
		for (i = 0; i < 4; i++) {
			f->src[i] = *(load32 *)(ip + 8 + 4 * i);
			f->dst[i] = *(load32 *)(ip + 24 + 4 * i);
		}
		l4 = ip + 40;
	} else {
		return -1;
	}
	if (f->proto != 6 && f->proto != 17)
		return -1;
	if (l4 + 8 > end)
		return -1;
	f->sport = *(load16 *)l4;
	f->dport = *(load16 *)(l4 + 2);
	return 0;
}

static ALWAYS_INLINE int encapsulate(struct xdp_md *ctx, const struct backend *b, u32 len)
{
	u8 *data, *end;
	u32 sum = 0;
	int i;

	if (bpf_xdp_adjust_head(ctx, -20))
		return XDP_DROP;
	data = (u8 *)XDP_DATA(ctx);
	end = (u8 *)XDP_END(ctx);
	if (data + ETH + 20 > end)
		return XDP_DROP;
	__builtin_memcpy(data, b->mac, 6);
	__builtin_memset(data + 6, 2, 6);
	data[12] = 8;
	data[13] = 0;
	u8 *ip = data + ETH;
	ip[0] = 0x45;
	ip[1] = 0;
	*(u16 *)(ip + 2) = len + 20;
	*(u32 *)(ip + 4) = 0;
	ip[8] = 64;
	ip[9] = 4;
	*(u16 *)(ip + 10) = 0;
	*(u32 *)(ip + 12) = 0x0100000a;
	*(u32 *)(ip + 16) = b->addr[0];
	for (i = 0; i < 10; i++)
		sum += *(load16 *)(ip + 2 * i);
	sum = (sum & 0xffff) + (sum >> 16);
	*(u16 *)(ip + 10) = ~(sum + (sum >> 16));
	return XDP_TX;
}

SEC("xdp")
int balance(struct xdp_md *ctx)
{
	const u8 *data = XDP_DATA(ctx), *end = XDP_END(ctx);
	struct flow f = {}, vip = {};
	u32 slot, *at, len = end - data;
	struct service *s;
	struct backend *b;

	if (parse(data, end, &f) < 0)
		return XDP_PASS;
	__builtin_memcpy(vip.dst, f.dst, 16);
	vip.dport = f.dport;
	vip.proto = f.proto;
	s = bpf_map_lookup_elem(&services, &vip);
	if (!s) {
		count(0, len);
		return XDP_PASS;
	}
	at = bpf_map_lookup_elem(&connections, &f);
	if (at) {
		slot = *at;
		count(1, len);
	} else {
		u32 i = mix(&f) % RING;

		at = bpf_map_lookup_elem(&ring, &i);
		if (!at)
			return XDP_DROP;
		slot = *at;
		if (!(s->flags & 1))
			bpf_map_update_elem(&connections, &f, &slot, 0);
		count(2, len);
	}
	b = bpf_map_lookup_elem(&backends, &slot);
	if (!b || b->flags & 1) {
		count(3, len);
		return XDP_DROP;
	}
	return encapsulate(ctx, b, len - ETH);
}

char _license[] SEC("license") = "GPL";
