/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memuser: copies, compares, sorts and clears structures on the stack, with the
 * builtins that compilers expand in place and with loops. data is aligned to 8.
 */
#ifndef TESTDATA_MEMUSER_H
#define TESTDATA_MEMUSER_H

#include "include/span.h"

#define MEMUSER_RECORDS 4
#define MEMUSER_INPUT 80

struct record {
	u8 key[8];
	u32 weight;
	u32 tag;
} __attribute__((aligned(8), may_alias));

struct table {
	struct record row[MEMUSER_RECORDS];
} __attribute__((may_alias));

/* record_after orders records by key, as memcmp orders bytes. */
static ALWAYS_INLINE int record_after(const struct record *a, const struct record *b)
{
	int i;

	for (i = 0; i < 8; i++) {
		if (a->key[i] != b->key[i])
			return a->key[i] > b->key[i];
	}
	return 0;
}

/* record_equal compares whole records. Old compilers for eBPF turn memcmp into a
 * call of a function that does not exist, so they get it spelled out. */
static ALWAYS_INLINE int record_equal(const struct record *a, const struct record *b)
{
#if defined(__bpf__) && __clang_major__ < 15
	const load64 *x = (const load64 *)a, *y = (const load64 *)b;

	return x[0] == y[0] && x[1] == y[1];
#else
	return __builtin_memcmp(a, b, sizeof(*a)) == 0;
#endif
}

static ALWAYS_INLINE u64 memuser_span(struct span s)
{
	struct table sorted, original; /* 64 bytes each */
	struct record probe, other;    /* 16 bytes each */
	u64 digest = 0xcbf29ce484222325ull;
	u32 i, j, found = 0;

	if (!span_has(s, 0, MEMUSER_INPUT))
		return 0;
	__builtin_memcpy(&original, (const struct table *)s.data, sizeof(original));
	__builtin_memcpy(&probe, s.data + sizeof(original), sizeof(probe)); /* byte by byte */
	__builtin_memcpy(&sorted, &original, sizeof(sorted));

	for (i = 0; i + 1 < MEMUSER_RECORDS; i++) {
		for (j = 0; j + 1 < MEMUSER_RECORDS - i; j++) {
			if (!record_after(&sorted.row[j], &sorted.row[j + 1]))
				continue;
			__builtin_memcpy(&other, &sorted.row[j], sizeof(other));
			__builtin_memcpy(&sorted.row[j], &sorted.row[j + 1], sizeof(other));
			__builtin_memcpy(&sorted.row[j + 1], &other, sizeof(other));
		}
	}
	for (i = 0; i < MEMUSER_RECORDS; i++) {
		if (record_equal(&original.row[i], &probe))
			found |= 1u << i;
		if (!record_equal(&original.row[i], &sorted.row[i]))
			found |= 16u << i;
	}
	__builtin_memset(&other, 0, sizeof(other));
	__builtin_memcpy(&other.key[2], &probe.key[3], 4);
	for (i = 0; i < sizeof(other); i++)
		digest = (digest ^ ((const u8 *)&other)[i]) * 0x100000001b3ull;
	for (i = 0; i < sizeof(sorted); i++)
		digest = (digest ^ ((const u8 *)&sorted)[i]) * 0x100000001b3ull;
	/* An index that is known only at run time. */
	digest += sorted.row[probe.tag % MEMUSER_RECORDS].weight;
	return digest ^ found;
}

#endif
