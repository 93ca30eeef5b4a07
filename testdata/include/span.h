/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A span is the input of an algorithm: some bytes, and a way to prove that a
 * piece of them exists. There are two ways, and each program picks one before
 * it includes this header:
 *
 *   default        the length is a number: raw programs and host code
 *   SPAN_BY_END    the end is a pointer: packets (data and data_end)
 *
 * An algorithm asks span_has and then reads span.data; so one source serves
 * both kinds of proof.
 */
#ifndef TESTDATA_SPAN_H
#define TESTDATA_SPAN_H

#include "types.h"

struct span {
	const u8 *data;
#ifdef SPAN_BY_END
	const u8 *end;
#else
	u64 len;
#endif
};

/* span_has says whether bytes off to off+n-1 are within the span. The sum must
 * not overflow; callers keep both far below 2^31. */
static ALWAYS_INLINE int span_has(struct span s, u64 off, u64 n)
{
#ifdef SPAN_BY_END
	return s.data + off + n <= s.end;
#else
	return off + n <= s.len;
#endif
}

/* span_be16 and span_be32 read big-endian numbers at an aligned address. */
static ALWAYS_INLINE u16 span_be16(struct span s, u64 off)
{
	return __builtin_bswap16(*(const load16 *)(s.data + off));
}

static ALWAYS_INLINE u32 span_be32(struct span s, u64 off)
{
	return __builtin_bswap32(*(const load32 *)(s.data + off));
}

#endif
