//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Lookup and update of an array map, OPS times a run. */
#include "bench.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ENTRIES);
	__type(key, u32);
	__type(value, u64);
} array SEC(".maps");

SEC("xdp")
int array_base(struct xdp_md *ctx)
{
	u32 x = seed(ctx), sum = 0;

	ROLLED for (u32 i = 0; i < OPS; i++) {
		u32 key = pick(x);

		x = step(x);
		OPAQUE(key);
		sum += key;
	}
	return sum;
}

SEC("xdp")
int array_lookup(struct xdp_md *ctx)
{
	u32 x = seed(ctx), sum = 0;

	ROLLED for (u32 i = 0; i < OPS; i++) {
		u32 key = pick(x);
		u64 *value;

		x = step(x);
		value = bpf_map_lookup_elem(&array, &key);
		if (value)
			sum += *value;
	}
	return sum;
}

SEC("xdp")
int array_update(struct xdp_md *ctx)
{
	u32 x = seed(ctx), sum = 0;

	ROLLED for (u32 i = 0; i < OPS; i++) {
		u32 key = pick(x);
		u64 value = value_of(key);

		x = step(x);
		sum += key + bpf_map_update_elem(&array, &key, &value, 0);
	}
	return sum;
}

char _license[] SEC("license") = "Apache-2.0";
