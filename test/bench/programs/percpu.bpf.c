//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Lookup and update of per-CPU maps. */
#include "bench.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ENTRIES);
	__type(key, u32);
	__type(value, u64);
} array SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, ENTRIES);
	__type(key, u32);
	__type(value, u64);
} hash SEC(".maps");

LOOP(percpu_array_base, {
	OPAQUE(index);
	sum += index;
})

LOOP(percpu_array_lookup, {
	u64 *value = bpf_map_lookup_elem(&array, &index);

	if (value)
		sum += *value;
})

LOOP(percpu_array_update, {
	u64 value = value_of(index);

	sum += index + bpf_map_update_elem(&array, &index, &value, 0);
})

LOOP(percpu_hash_base, {
	u32 key = key_of(index, 0);

	OPAQUE(key);
	sum += key;
})

LOOP(percpu_hash_lookup, {
	u32 key = key_of(index, 0);
	u64 *value = bpf_map_lookup_elem(&hash, &key);

	if (value)
		sum += *value;
})

LOOP(percpu_hash_update, {
	u32 key = key_of(index, 0);
	u64 value = value_of(index);

	sum += key + bpf_map_update_elem(&hash, &key, &value, 0);
})

/* What per-CPU maps are for: each processor counts for itself. */
LOOP(percpu_count, {
	u64 *value = bpf_map_lookup_elem(&array, &index);

	if (value)
		*value += 1;
	sum += index;
})

char _license[] SEC("license") = "Apache-2.0";
