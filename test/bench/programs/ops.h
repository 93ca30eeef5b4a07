/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the measured loops share, on the eBPF side and on the host side: how many
 * operations a run has, how keys are drawn and what the maps hold. Every loop has
 * a twin without the operation (base); a cost is the difference of the two.
 */
#ifndef BENCH_OPS_H
#define BENCH_OPS_H

#include "include/types.h"

#define OPS 256	    /* operations of one run */
#define ENTRIES 4096 /* entries of each map */

struct key16 {
	u64 half[2];
};

/* Keeps the compiler from folding, vectorising or removing x. No instruction. */
#define OPAQUE(x) asm volatile("" : "+r"(x))

/* A Weyl sequence, whose high bits are the index: it spreads evenly over the
 * entries, and costs an addition, so that loops are bound by the operation. */
static ALWAYS_INLINE u32 step(u32 x)
{
	return x + 0x9e3779b1u;
}

static ALWAYS_INLINE u32 pick(u32 x)
{
	return x >> 20; /* below ENTRIES */
}

/* The key of entry i, and with absent = 1 a key that no entry has: a product
 * with an odd number is different for each factor. */
static ALWAYS_INLINE u32 key_of(u32 i, u32 absent)
{
	return (i << 1 | absent) * 0x85ebca6bu;
}

static ALWAYS_INLINE struct key16 key16_of(u32 i, u32 absent)
{
	u64 k = key_of(i, absent);

	return (struct key16){{k << 32 | 0xb80d0120, (u64)i << 32 | (k ^ 0x5bd1e995)}};
}

/* The value of entry i. Updates store the value that is there already. */
static ALWAYS_INLINE u64 value_of(u32 i)
{
	return i * 3ull + 1;
}

#endif
