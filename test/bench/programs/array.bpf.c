//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Lookup and update of an array map. */
#include "bench.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ENTRIES);
	__type(key, u32);
	__type(value, u64);
} array SEC(".maps");

LOOP(array_base, {
	OPAQUE(index);
	sum += index;
})

LOOP(array_lookup, {
	u64 *value = bpf_map_lookup_elem(&array, &index);

	if (value)
		sum += *value;
})

LOOP(array_update, {
	u64 value = value_of(index);

	sum += index + bpf_map_update_elem(&array, &index, &value, 0);
})

char _license[] SEC("license") = "Apache-2.0";
