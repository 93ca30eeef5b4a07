/* SPDX-License-Identifier: Apache-2.0 */
/* A hash map with keys of 4 bytes and ENTRIES entries. */
#include "bench.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ENTRIES);
	__type(key, u32);
	__type(value, u64);
} hash4 SEC(".maps");

LOOP(hash4_base, {
	u32 key = key_of(index, 0);

	OPAQUE(key);
	sum += key;
})

LOOP(hash4_lookup, {
	u32 key = key_of(index, 0);
	u64 *value = bpf_map_lookup_elem(&hash4, &key);

	if (value)
		sum += *value;
})

LOOP(hash4_absent, {
	u32 key = key_of(index, 1);
	u64 *value = bpf_map_lookup_elem(&hash4, &key);

	if (value)
		sum += *value;
})

LOOP(hash4_update, {
	u32 key = key_of(index, 0);
	u64 value = value_of(index);

	sum += key + bpf_map_update_elem(&hash4, &key, &value, 0);
})
