//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted: XDP programs that forward: routes of the kernel, devices, processors, sockets, metadata in front of the packet. */
#include "../include/bpf_more.h"

enum {
	BPF_MAP_TYPE_DEVMAP = 14,
	BPF_MAP_TYPE_CPUMAP = 16,
	BPF_MAP_TYPE_XSKMAP = 17,
};

struct fib {
	u8 family, l4_protocol;
	u16 sport, dport, tot_len;
	u32 ifindex, tos;
	u32 src[4], dst[4];
	u16 vlan_proto, vlan_tci;
	u8 smac[6], dmac[6];
};

static long (*bpf_redirect_map)(void *map, u64 key, u64 flags) = (void *)51;
static long (*bpf_xdp_adjust_meta)(struct xdp_md *ctx, int delta) = (void *)54;
static long (*bpf_fib_lookup)(void *ctx, struct fib *params, int size, u32 flags) = (void *)69;
static long (*bpf_xdp_load_bytes)(struct xdp_md *ctx, u32 offset, void *to, u32 len) = (void *)189;
static u64 (*bpf_xdp_get_buff_len)(struct xdp_md *ctx) = (void *)188;

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 64);
	__uint(key_size, 4);
	__uint(value_size, 4);
} devices SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 16);
	__uint(key_size, 4);
	__uint(value_size, 4);
} processors SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, 16);
	__uint(key_size, 4);
	__uint(value_size, 4);
} sockets SEC(".maps");

SEC("xdp")
int forward(struct xdp_md *ctx)
{
	u8 *data = (u8 *)XDP_DATA(ctx);
	const u8 *end = XDP_END(ctx);
	struct fib f = {.family = 2};

	if (data + 34 > end || data[12] != 8 || data[22] <= 1)
		return XDP_PASS;
	f.tos = data[15];
	f.l4_protocol = data[23];
	f.src[0] = *(load32 *)(data + 26);
	f.dst[0] = *(load32 *)(data + 30);
	f.ifindex = ctx->ingress_ifindex;
	if (bpf_fib_lookup(ctx, &f, sizeof(f), 0) != 0)
		return XDP_PASS;
	data[22]--;
	__builtin_memcpy(data, f.dmac, 6);
	__builtin_memcpy(data + 6, f.smac, 6);
	return bpf_redirect_map(&devices, f.ifindex, 0);
}

SEC("xdp")
int spread(struct xdp_md *ctx)
{
	u32 h = 0;

	if (bpf_xdp_load_bytes(ctx, 26, &h, sizeof(h)))
		return XDP_PASS;
	h *= 0x9e3779b1;
	return bpf_redirect_map(&processors, h >> 28, XDP_PASS);
}

SEC("xdp")
int deliver(struct xdp_md *ctx)
{
	u32 queue = ctx->rx_queue_index;

	if (!bpf_map_lookup_elem(&sockets, &queue))
		return XDP_PASS;
	return bpf_redirect_map(&sockets, queue, 0);
}

SEC("xdp")
int mark(struct xdp_md *ctx)
{
	u32 *meta;

	if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*meta)))
		return XDP_PASS;
	meta = (u32 *)(unsigned long)ctx->data_meta;
	if ((const u8 *)(meta + 1) > XDP_DATA(ctx))
		return XDP_PASS;
	*meta = bpf_xdp_get_buff_len(ctx);
	return XDP_PASS;
}

SEC("xdp")
int shorten(struct xdp_md *ctx)
{
	u64 len = bpf_xdp_get_buff_len(ctx);

	if (len > 128 && bpf_xdp_adjust_tail(ctx, 128 - (int)len))
		return XDP_DROP;
	return XDP_TX;
}

char _license[] SEC("license") = "GPL";
