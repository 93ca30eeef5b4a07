//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What C leaves to the machine: division by anything, also by zero and by -1,
 * signed and unsigned; shifts by a variable; sign extension; bytes and
 * halfwords that wrap; signed and unsigned comparisons; masks of all shapes.
 * Compiled for -mcpu=v4, whose instructions have the signs.
 */
#include "../../testdata/include/bpf_helpers.h"

typedef signed char s8;
typedef short s16;

u64 quotients[12];
u64 shifts[8];
u64 masks[8];

static ALWAYS_INLINE u64 bytes(const u8 *p)
{
	u8 x = p[0] + p[1], y = p[2] - x;
	u16 w = p[3] << 8 | p[4];
	s8 s = (s8)p[5] - 100;
	s16 t = (s16)(s * (s8)p[6]);

	w *= x;
	x = x << 3 | x >> 5;
	t /= 3;
	s >>= 1;
	return x + (y << 8) + ((u64)w << 16) + s * 7 + t * 11 + (x > y) + ((s8)x > (s8)y);
}

SEC("xdp")
int arithmetic(struct xdp_md *ctx)
{
	const u8 *p = XDP_DATA(ctx);

	if (p + 40 > XDP_END(ctx))
		return XDP_PASS;
	u64 a = *(u64 *)p, b = *(u64 *)(p + 8);
	u32 c = *(u32 *)(p + 16), d = *(u32 *)(p + 20), n = p[24];
	s64 sa = a, sb = b;
	s32 sc = c, sd = d;

	quotients[0] = a / b;
	quotients[1] = a % b;
	quotients[2] = c / d;
	quotients[3] = c % d;
	quotients[4] = sa / sb;
	quotients[5] = sa % sb;
	quotients[6] = sc / sd;
	quotients[7] = sc % sd;
	quotients[8] = a / 1000000007 + a % 10;
	quotients[9] = sa / 7 + sc % 12;
	quotients[10] = a / (s8)p[25];
	quotients[11] = c % (p[26] & 3);
	shifts[0] = a << (n & 63);
	shifts[1] = a >> (n & 63);
	shifts[2] = sa >> (n & 63);
	shifts[3] = c << (n & 31);
	shifts[4] = c >> (n & 31);
	shifts[5] = sc >> (n & 31);
	shifts[6] = a << (n & 63) | a >> (-n & 63);
	shifts[7] = c << (n & 31) | c >> (-n & 31);
	masks[0] = (c & 0x55555555) + (c >> 1 & 0x55555555);
	masks[1] = c | 0x80000001;
	masks[2] = c ^ 0xffff00ff;
	masks[3] = a & 0xff00ff00ff00ff00;
	masks[4] = a | 0x8000000000000001;
	masks[5] = (s16)b + (s64)(s8)c + (s64)sd;
	masks[6] = __builtin_bswap64(a) + __builtin_bswap32(c) + __builtin_bswap16(n);
	masks[7] = bytes(p + 27);

	u32 order = (sa < sb) | (a < b) << 1 | (sc <= sd) << 2 | (c <= d) << 3 | (sa == sc) << 4 | ((s8)a > (s8)b) << 5;
	u64 mix = order;
	for (int i = 0; i < 8; i++)
		mix = mix * 31 + (quotients[i] ^ shifts[i] ^ masks[i]);
	return mix ^ mix >> 32;
}
