/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subprogs: work spread over three functions that are not inlined, with one,
 * three and five arguments; one calls another, and one fills a structure on its
 * caller's stack. data is aligned to 8.
 */
#ifndef TESTDATA_SUBPROGS_H
#define TESTDATA_SUBPROGS_H

#include "include/span.h"

#define SUBPROGS_INPUT 40

struct parts {
	u64 quotient;
	u32 remainder;
	u32 folded;
};

static NOINLINE u32 fold(u64 x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdull;
	return (u32)(x >> 32) ^ (u32)x;
}

static NOINLINE int split(u64 value, u32 divisor, struct parts *out)
{
	if (divisor == 0)
		return -1;
	out->quotient = value / divisor;
	out->remainder = value % divisor;
	out->folded = fold(value);
	return out->remainder > 100;
}

static NOINLINE u64 mix(u64 a, u64 b, u64 c, u64 d, u64 e)
{
	a += b ^ rotate64(c, 19);
	d -= e + (a >> 7);
	return a * 0x9e3779b97f4a7c15ull ^ d ^ b << 3;
}

static ALWAYS_INLINE u64 subprogs_span(struct span s)
{
	const load64 *word = (const load64 *)s.data;
	struct parts first = {0, 0, 0}, second = {1, 2, 3};
	int large;
	u64 all;

	if (!span_has(s, 0, SUBPROGS_INPUT))
		return 0;
	large = split(word[0], word[1], &first);
	large += split(word[2], s.data[24], &second);
	all = mix(first.quotient, second.quotient, first.remainder, second.remainder, word[4]);
	return all + fold(all ^ first.folded) - second.folded + large;
}

#endif
