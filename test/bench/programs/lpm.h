/* SPDX-License-Identifier: Apache-2.0 */
/* Longest-prefix matches in a trie of PREFIXES IPv4 prefixes. */
#include "bench.h"

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, PREFIXES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix);
	__type(value, u64);
} trie SEC(".maps");

/* An address below a prefix that is there; the index of LOOP is not used. */
LOOP(lpm_base, {
	struct prefix key = address_in(x, PREFIXES);

	(void)index;
	asm volatile("" : : "r"(&key) : "memory");
	sum += key.address;
})

LOOP(lpm_lookup, {
	struct prefix key = address_in(x, PREFIXES);
	u64 *value = bpf_map_lookup_elem(&trie, &key);

	(void)index;
	if (value)
		sum += *value;
})
