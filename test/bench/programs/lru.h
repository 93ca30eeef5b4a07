/* SPDX-License-Identifier: Apache-2.0 */
/* An LRU hash map with ENTRIES entries: lookup and update of keys that are
 * there, and inserts of keys that mostly are not, so that each evicts one. */
#include "bench.h"

/* Half full: the kernel may evict at any update when it is not. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2 * ENTRIES);
	__type(key, u32);
	__type(value, u64);
} lru SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, ENTRIES);
	__type(key, u32);
	__type(value, u64);
} full SEC(".maps");

LOOP(lru_base, {
	u32 key = key_of(index, 0);

	OPAQUE(key);
	sum += key;
})

LOOP(lru_lookup, {
	u32 key = key_of(index, 0);
	u64 *value = bpf_map_lookup_elem(&lru, &key);

	if (value)
		sum += *value;
})

LOOP(lru_update, {
	u32 key = key_of(index, 0);
	u64 value = value_of(index);

	sum += key + bpf_map_update_elem(&lru, &key, &value, 0);
})

/* x itself is the key: its sequence repeats after 2^32 steps. */
LOOP(lru_insert, {
	u64 value = value_of(index);

	sum += index + bpf_map_update_elem(&full, &x, &value, 0);
})
