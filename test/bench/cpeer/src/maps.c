/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loops of array.bpf.c and hash.bpf.c on tables as a C programmer writes them:
 * an array with a bounds check, and open addressing with linear probing, at most
 * half full, with a secret seed. A value of zero marks a free slot. Deletion moves
 * later entries of the run back, so there are no tombstones.
 *
 * maps_big.c includes this file for the tables with a million entries.
 */
#include "peer.h"

#define SLOTS (2 * ENTRIES)
#ifndef BIG
#define NAME(name) #name
#define PEERS map_peers
#define FILL maps_fill
#endif
#define MIX 0x9e3779b97f4a7c15ull

struct slot4 {
	u32 key;
	u64 value;
};

struct slot16 {
	struct key16 key;
	u64 value;
};

struct slot64 {
	struct key64 key;
	u64 value;
};

static struct slot4 table4[SLOTS];
static u64 secret;

static ALWAYS_INLINE u64 fold(u64 a, u64 b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (u64)product ^ (u64)(product >> 64);
}

static ALWAYS_INLINE u64 hash4(u32 key)
{
	return fold(key ^ secret, MIX);
}

/* The slot that holds the key, or the free one where it would be put. */
static ALWAYS_INLINE struct slot4 *find4(u32 key)
{
	for (u64 i = hash4(key);; i++) {
		struct slot4 *s = &table4[i % SLOTS];

		if (s->key == key || !s->value)
			return s;
	}
}

static ALWAYS_INLINE void put4(u32 key, u64 value)
{
	*find4(key) = (struct slot4){key, value};
}

LOOP(hash4_base, {
	u32 key = key_of(index, 0);

	OPAQUE(key);
	sum += key;
})

LOOP(hash4_lookup, { sum += find4(key_of(index, 0))->value; })
LOOP(hash4_absent, { sum += find4(key_of(index, 1))->value; })

LOOP(hash4_update, {
	u32 key = key_of(index, 0);

	put4(key, value_of(index));
	sum += key;
})

#ifndef BIG

static u64 values[ENTRIES];
static u32 entries = ENTRIES; /* not constant: set through maps_fill */
static struct slot16 table16[SLOTS];
static struct slot64 table64[SLOTS];

static ALWAYS_INLINE u64 hash16(const struct key16 *key)
{
	return fold(fold(key->half[0] ^ secret, key->half[1] ^ ~secret) ^ key->half[0], MIX);
}

static ALWAYS_INLINE int same16(const struct key16 *a, const struct key16 *b)
{
	return a->half[0] == b->half[0] && a->half[1] == b->half[1];
}

static ALWAYS_INLINE struct slot16 *find16(const struct key16 *key)
{
	for (u64 i = hash16(key);; i++) {
		struct slot16 *s = &table16[i % SLOTS];

		if (!s->value || same16(&s->key, key))
			return s;
	}
}

static ALWAYS_INLINE u64 hash64(const struct key64 *key)
{
	const u64 *w = key->word;
	u64 a = fold(w[0] ^ secret, w[1] ^ ~secret) ^ fold(w[2] ^ secret, w[3] ^ MIX);
	u64 b = fold(w[4] ^ secret, w[5] + ~secret) ^ fold(w[6] ^ secret, w[7] + MIX);

	return fold(a ^ secret, b ^ MIX);
}

static ALWAYS_INLINE int same64(const struct key64 *a, const struct key64 *b)
{
	return !__builtin_memcmp(a, b, sizeof(*a));
}

static ALWAYS_INLINE struct slot64 *find64(const struct key64 *key)
{
	for (u64 i = hash64(key);; i++) {
		struct slot64 *s = &table64[i % SLOTS];

		if (!s->value || same64(&s->key, key))
			return s;
	}
}

static ALWAYS_INLINE void put64(const struct key64 *key, u64 value)
{
	*find64(key) = (struct slot64){*key, value};
}

static ALWAYS_INLINE void put16(const struct key16 *key, u64 value)
{
	*find16(key) = (struct slot16){*key, value};
}

LOOP(array_base, {
	OPAQUE(index);
	sum += index;
})

LOOP(array_lookup, {
	OPAQUE(index);
	if (index < entries)
		sum += values[index];
})

LOOP(array_update, {
	OPAQUE(index);
	if (index < entries)
		values[index] = value_of(index);
	sum += index;
})

static ALWAYS_INLINE int delete4(u32 key)
{
	u64 hole = find4(key) - table4;

	if (!table4[hole].value)
		return -2;
	for (u64 i = (hole + 1) % SLOTS; table4[i].value; i = (i + 1) % SLOTS) {
		u64 home = hash4(table4[i].key) % SLOTS;

		/* Move back what does not start between the hole and here. */
		if ((i - home) % SLOTS >= (i - hole) % SLOTS) {
			table4[hole] = table4[i];
			hole = i;
		}
	}
	table4[hole].value = 0;
	return 0;
}

LOOP(hash4_mix, {
	u32 key = key_of(index, 0);

	if (n % 20 == 0) {
		put4(key, value_of(index));
		sum += (u32)value_of(index);
	} else {
		sum += find4(key)->value;
	}
})

LOOP(hash4_replace, {
	u32 key = key_of(index, 0);

	sum += key + delete4(key);
	put4(key, value_of(index));
})

LOOP(hash16_base, {
	struct key16 key = key16_of(index, 0);

	OPAQUE(key.half[0]);
	OPAQUE(key.half[1]);
	sum += key.half[1] >> 32;
})

LOOP(hash16_lookup, {
	struct key16 key = key16_of(index, 0);

	sum += find16(&key)->value;
})

LOOP(hash16_absent, {
	struct key16 key = key16_of(index, 1);

	sum += find16(&key)->value;
})

LOOP(hash16_update, {
	struct key16 key = key16_of(index, 0);

	put16(&key, value_of(index));
	sum += index;
})

LOOP(hash64_base, {
	struct key64 key = key64_of(index, 0);

	asm volatile("" : : "r"(&key) : "memory");
	sum += index;
})

LOOP(hash64_lookup, {
	struct key64 key = key64_of(index, 0);

	sum += find64(&key)->value;
})

LOOP(hash64_absent, {
	struct key64 key = key64_of(index, 1);

	sum += find64(&key)->value;
})

LOOP(hash64_update, {
	struct key64 key = key64_of(index, 0);

	put64(&key, value_of(index));
	sum += index;
})

#endif

const struct peer PEERS[] = {
	{NAME(hash4_base), hash4_base},
	{NAME(hash4_lookup), hash4_lookup},
	{NAME(hash4_absent), hash4_absent},
	{NAME(hash4_update), hash4_update},
#ifndef BIG
	{"array_base", array_base},
	{"array_lookup", array_lookup},
	{"array_update", array_update},
	{"hash4_mix", hash4_mix},
	{"hash4_replace", hash4_replace},
	{"hash16_base", hash16_base},
	{"hash16_lookup", hash16_lookup},
	{"hash16_absent", hash16_absent},
	{"hash16_update", hash16_update},
	{"hash64_base", hash64_base},
	{"hash64_lookup", hash64_lookup},
	{"hash64_absent", hash64_absent},
	{"hash64_update", hash64_update},
#endif
	{0, 0},
};

void FILL(u64 random)
{
	secret = random;
	for (u32 i = 0; i < ENTRIES; i++)
		put4(key_of(i, 0), value_of(i));
#ifndef BIG
	entries = ENTRIES + (random == 0);
	for (u32 i = 0; i < ENTRIES; i++) {
		struct key16 key = key16_of(i, 0);
		struct key64 long_key = key64_of(i, 0);

		values[i] = value_of(i);
		put16(&key, value_of(i));
		put64(&long_key, value_of(i));
	}
#endif
}
