//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Lookup (present and absent), update and delete with insert of hash maps with
 * keys of 4, 16 and 64 bytes. */
#include "hash4.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ENTRIES);
	__type(key, struct key16);
	__type(value, u64);
} hash16 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ENTRIES);
	__type(key, struct key64);
	__type(value, u64);
} hash64 SEC(".maps");

/* 19 lookups and an update, again and again. */
LOOP(hash4_mix, {
	u32 key = key_of(index, 0);

	if (n % 20 == 0) {
		u64 value = value_of(index);

		sum += (u32)value + bpf_map_update_elem(&hash4, &key, &value, 0);
	} else {
		u64 *value = bpf_map_lookup_elem(&hash4, &key);

		if (value)
			sum += *value;
	}
})

/* One operation is a delete and an insert of the same key. */
LOOP(hash4_replace, {
	u32 key = key_of(index, 0);
	u64 value = value_of(index);

	sum += key + bpf_map_delete_elem(&hash4, &key);
	sum += bpf_map_update_elem(&hash4, &key, &value, 0);
})

LOOP(hash16_base, {
	struct key16 key = key16_of(index, 0);

	OPAQUE(key.half[0]);
	OPAQUE(key.half[1]);
	sum += key.half[1] >> 32;
})

LOOP(hash16_lookup, {
	struct key16 key = key16_of(index, 0);
	u64 *value = bpf_map_lookup_elem(&hash16, &key);

	if (value)
		sum += *value;
})

LOOP(hash16_absent, {
	struct key16 key = key16_of(index, 1);
	u64 *value = bpf_map_lookup_elem(&hash16, &key);

	if (value)
		sum += *value;
})

LOOP(hash16_update, {
	struct key16 key = key16_of(index, 0);
	u64 value = value_of(index);

	sum += index + bpf_map_update_elem(&hash16, &key, &value, 0);
})

/* The key is stored, as it is for a lookup. */
LOOP(hash64_base, {
	struct key64 key = key64_of(index, 0);

	asm volatile("" : : "r"(&key) : "memory");
	sum += index;
})

LOOP(hash64_lookup, {
	struct key64 key = key64_of(index, 0);
	u64 *value = bpf_map_lookup_elem(&hash64, &key);

	if (value)
		sum += *value;
})

LOOP(hash64_absent, {
	struct key64 key = key64_of(index, 1);
	u64 *value = bpf_map_lookup_elem(&hash64, &key);

	if (value)
		sum += *value;
})

LOOP(hash64_update, {
	struct key64 key = key64_of(index, 0);
	u64 value = value_of(index);

	sum += index + bpf_map_update_elem(&hash64, &key, &value, 0);
})

char _license[] SEC("license") = "Apache-2.0";
