/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loops of array.bpf.c and hash.bpf.c on tables as a C programmer writes them:
 * an array with a bounds check, and open addressing with linear probing, at most
 * half full, with a secret seed. A value of zero marks a free slot. Deletion moves
 * later entries of the run back, so there are no tombstones.
 */
#include "ops.h"
#include "peer.h"

#define SLOTS (2 * ENTRIES)
#define MIX 0x9e3779b97f4a7c15ull

struct slot4 {
	u32 key;
	u64 value;
};

struct slot16 {
	struct key16 key;
	u64 value;
};

static u64 values[ENTRIES];
static u32 entries = ENTRIES; /* not constant: set through maps_fill */
static struct slot4 table4[SLOTS];
static struct slot16 table16[SLOTS];
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

static ALWAYS_INLINE u64 hash16(const struct key16 *key)
{
	return fold(fold(key->half[0] ^ secret, key->half[1] ^ ~secret) ^ key->half[0], MIX);
}

static ALWAYS_INLINE int same16(const struct key16 *a, const struct key16 *b)
{
	return a->half[0] == b->half[0] && a->half[1] == b->half[1];
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

static ALWAYS_INLINE struct slot16 *find16(const struct key16 *key)
{
	for (u64 i = hash16(key);; i++) {
		struct slot16 *s = &table16[i % SLOTS];

		if (!s->value || same16(&s->key, key))
			return s;
	}
}

static ALWAYS_INLINE void put4(u32 key, u64 value)
{
	*find4(key) = (struct slot4){key, value};
}

static ALWAYS_INLINE void put16(const struct key16 *key, u64 value)
{
	*find16(key) = (struct slot16){*key, value};
}

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

static ALWAYS_INLINE u32 seed(const u8 *data, u64 len)
{
	return len >= 4 ? *(const load32 *)data : 0;
}

#define LOOP(name, body)                                  \
	static NOINLINE u64 name(const u8 *data, u64 len) \
	{                                                 \
		u32 x = seed(data, len), sum = 0;         \
                                                          \
		for (u32 n = 0; n < OPS; n++) {           \
			u32 index = pick(x);              \
                                                          \
			x = step(x);                      \
			body                              \
		}                                         \
		return sum;                               \
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

const struct peer map_peers[] = {
	{"array_base", array_base},
	{"array_lookup", array_lookup},
	{"array_update", array_update},
	{"hash4_base", hash4_base},
	{"hash4_lookup", hash4_lookup},
	{"hash4_absent", hash4_absent},
	{"hash4_update", hash4_update},
	{"hash4_replace", hash4_replace},
	{"hash16_base", hash16_base},
	{"hash16_lookup", hash16_lookup},
	{"hash16_absent", hash16_absent},
	{"hash16_update", hash16_update},
	{0, 0},
};

void maps_fill(u64 random)
{
	secret = random;
	entries = ENTRIES + (random == 0);
	for (u32 i = 0; i < ENTRIES; i++) {
		struct key16 key = key16_of(i, 0);

		values[i] = value_of(i);
		put4(key_of(i, 0), value_of(i));
		put16(&key, value_of(i));
	}
}
