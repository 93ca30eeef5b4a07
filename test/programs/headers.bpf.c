//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Headers of variable length: an IPv4 header with options, whose checksum is
 * made anew and updated with csum_diff, or IPv6 with extension headers; then
 * type-length-value options in a loop.
 */
#include "../../testdata/include/bpf_helpers.h"

static s64 (*bpf_csum_diff)(u32 *from, u32 from_size, u32 *to, u32 to_size, u32 seed) = (void *)28;

u64 kinds[4];

static ALWAYS_INLINE u16 fold(u64 sum)
{
	for (int i = 0; i < 4; i++)
		if (sum >> 16)
			sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static __attribute__((noinline)) u32 options(const u8 *p, const u8 *end)
{
	u32 sum = 0;

	for (int i = 0; i < 6; i++) {
		if (p + 3 > end)
			return sum;
		if (p[0] == 0) {
			p++;
			continue;
		}
		u32 n = p[1] & 15;
		if (n > 0)
			sum = sum * 33 + p[2];
		p += 2 + n;
	}
	return sum;
}

static ALWAYS_INLINE int v4(u8 *ip, const u8 *end)
{
	if (ip + 20 > end)
		return XDP_ABORTED;
	u32 size = (ip[0] & 15) * 4;
	if (size < 20 || ip + size > end)
		return XDP_DROP;
	u32 source = *(u32 *)(ip + 12), changed = 0x0100000a;

	*(u16 *)(ip + 10) = 0;
	u16 check = fold(bpf_csum_diff(0, 0, (u32 *)ip, 20, 0));
	*(u16 *)(ip + 10) = fold(bpf_csum_diff(&source, 4, &changed, 4, (u16)~check));
	*(u32 *)(ip + 12) = changed;
	kinds[0]++;
	return options(ip + size, end);
}

static ALWAYS_INLINE int v6(const u8 *ip, const u8 *end)
{
	if (ip + 40 > end)
		return XDP_ABORTED;
	u8 next = ip[6];
	const u8 *p = ip + 40;

	for (int i = 0; i < 4; i++) {
		if (next != 0 && next != 43 && next != 60)
			break;
		if (p + 8 > end)
			return XDP_DROP;
		next = p[0];
		p += (p[1] + 1) * 8;
	}
	if (p + 4 > end)
		return XDP_DROP;
	kinds[1]++;
	return next << 16 | (u16)(*(const u16 *)p ^ *(const u16 *)(p + 2));
}

SEC("xdp")
int headers(struct xdp_md *ctx)
{
	u8 *p = (u8 *)XDP_DATA(ctx);
	const u8 *end = XDP_END(ctx);

	if (p + 14 > end)
		return XDP_ABORTED;
	switch (p[12] << 8 | p[13]) {
	case 0x0800:
		return v4(p + 14, end);
	case 0x86dd:
		return v6(p + 14, end);
	default:
		kinds[2]++;
		return options(p + 14, end);
	}
}
