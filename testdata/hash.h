/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash: mixes a block of 64 bytes into 64 bits. Straight-line 32-bit and 64-bit
 * arithmetic: multiply, rotate, xor, add, subtract. data is aligned to 4.
 */
#ifndef TESTDATA_HASH_H
#define TESTDATA_HASH_H

#include "include/span.h"

#define HASH_BLOCK 64

static ALWAYS_INLINE u64 hash_span(struct span s)
{
	const load32 *word = (const load32 *)s.data;
	u32 a = 0x2545f491, b = 0x7f4a7c15, c = 0x1ce4e5b9, d = HASH_BLOCK;
	u64 x, y;
	int i;

	if (!span_has(s, 0, HASH_BLOCK))
		return 0;
	for (i = 0; i < HASH_BLOCK / 4; i += 4) {
		a = rotate32(a ^ word[i] * 0x9e3779b1u, 13) + d;
		b = rotate32(b + word[i + 1], 7) * 0x85ebca77u ^ a;
		c = rotate32(c - (word[i + 2] ^ b), 21) * 5 + 0x3c6ef372u;
		d = rotate32(d + word[i + 3] * 0xc2b2ae3du, 17) ^ (c >> 3);
	}
	x = (u64)a << 32 | c;
	y = (u64)d << 32 | b;
	x = (x ^ x >> 31) * 0xd6e8feb86659fd93ull;
	y = (y ^ y >> 29) * 0xa0761d6478bd642full;
	x += rotate64(y, 23);
	y ^= rotate64(x, 41);
	return (x ^ x >> 32) + y;
}

#endif
