//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Maps of maps: an operation is a lookup of the inner map and one in it. */
#include "bench.h"

#define INNER (ENTRIES / 4) /* entries of an inner map */

struct inner_array {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, INNER);
	__type(key, u32);
	__type(value, u64);
} array0 SEC(".maps"), array1 SEC(".maps"), array2 SEC(".maps"), array3 SEC(".maps");

struct inner_hash {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, INNER);
	__type(key, u32);
	__type(value, u64);
} hash0 SEC(".maps"), hash1 SEC(".maps"), hash2 SEC(".maps"), hash3 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, u32);
	__array(values, struct inner_array);
} arrays SEC(".maps") = {.values = {&array0, &array1, &array2, &array3}};

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, u32);
	__array(values, struct inner_hash);
} hashes SEC(".maps") = {.values = {&hash0, &hash1, &hash2, &hash3}};

LOOP(inner_array_base, {
	u32 outer = index % 4, inner = index / 4;

	OPAQUE(outer);
	OPAQUE(inner);
	sum += outer + inner;
})

LOOP(inner_array_lookup, {
	u32 outer = index % 4, inner = index / 4;
	void *map = bpf_map_lookup_elem(&arrays, &outer);

	if (map) {
		u64 *value = bpf_map_lookup_elem(map, &inner);

		if (value)
			sum += *value;
	}
})

LOOP(inner_hash_base, {
	u32 outer = index % 4, inner = key_of(index, 0);

	OPAQUE(outer);
	OPAQUE(inner);
	sum += outer + inner;
})

LOOP(inner_hash_lookup, {
	u32 outer = index % 4, inner = key_of(index, 0);
	void *map = bpf_map_lookup_elem(&hashes, &outer);

	if (map) {
		u64 *value = bpf_map_lookup_elem(map, &inner);

		if (value)
			sum += *value;
	}
})

char _license[] SEC("license") = "Apache-2.0";
