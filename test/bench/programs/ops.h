/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the measured loops share, on the eBPF side and on the host side: how many
 * operations a run has, how keys are drawn and what the maps hold. Every loop has
 * a twin without the operation (base); a cost is the difference of the two.
 */
#ifndef BENCH_OPS_H
#define BENCH_OPS_H

#include "include/types.h"

#define OPS 256 /* operations of one run */

#ifndef ENTRY_BITS
#define ENTRY_BITS 12
#endif
#define ENTRIES (1u << ENTRY_BITS) /* entries of each map */

struct key16 {
	u64 half[2];
};

struct key64 {
	u64 word[8];
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
	return x >> (32 - ENTRY_BITS); /* below ENTRIES */
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

static ALWAYS_INLINE struct key64 key64_of(u32 i, u32 absent)
{
	u64 k = key_of(i, absent), a = k << 32 | i, b = k << 16 ^ 0x9ae16a3b;

	return (struct key64){{a, b, a + 1, b + 1, a + 2, b + 2, a + 3, b + 3}};
}

/* An IPv4 prefix as tries have it: the address is in network order. */
struct prefix {
	u32 length; /* bits */
	u32 address;
};

/* The prefix number i: three of four have the length 24, the others 16 to 23, as
 * in a table of Internet routes. The product spreads them over all addresses. */
static ALWAYS_INLINE u32 prefix_length(u32 i)
{
	return i % 4 ? 24 : 16 + i / 4 % 8;
}

static ALWAYS_INLINE u32 prefix_bits(u32 i)
{
	u32 h = i * 0x85ebca6bu;

	h ^= h >> 15;
	return h * 0xc2b2ae35u;
}

/* An address in host order below prefix number x * n / 2^32; its lower bits are
 * those of x. */
static ALWAYS_INLINE u32 address_below(u32 x, u32 n)
{
	u32 i = (u64)x * n >> 32, host = 0xffffffffu >> prefix_length(i);

	return (prefix_bits(i) & ~host) | (x & host);
}

static ALWAYS_INLINE struct prefix address_in(u32 x, u32 n)
{
	return (struct prefix){32, __builtin_bswap32(address_below(x, n))};
}

/* The value of entry i. Updates store the value that is there already. */
static ALWAYS_INLINE u64 value_of(u32 i)
{
	return i * 3ull + 1;
}

#endif
