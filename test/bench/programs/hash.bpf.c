//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Lookup (present and absent), update and delete with insert of hash maps with
 * keys of 4 and of 16 bytes, OPS times a run. */
#include "bench.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ENTRIES);
	__type(key, u32);
	__type(value, u64);
} hash4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, ENTRIES);
	__type(key, struct key16);
	__type(value, u64);
} hash16 SEC(".maps");

SEC("xdp")
int hash4_base(struct xdp_md *ctx)
{
	u32 x = seed(ctx), sum = 0;

	ROLLED for (u32 i = 0; i < OPS; i++) {
		u32 key = key_of(pick(x), 0);

		x = step(x);
		OPAQUE(key);
		sum += key;
	}
	return sum;
}

SEC("xdp")
int hash16_base(struct xdp_md *ctx)
{
	u32 x = seed(ctx), sum = 0;

	ROLLED for (u32 i = 0; i < OPS; i++) {
		struct key16 key = key16_of(pick(x), 0);

		x = step(x);
		OPAQUE(key.half[0]);
		OPAQUE(key.half[1]);
		sum += key.half[1] >> 32;
	}
	return sum;
}

static ALWAYS_INLINE u32 lookup4(struct xdp_md *ctx, u32 absent)
{
	u32 x = seed(ctx), sum = 0;

	ROLLED for (u32 i = 0; i < OPS; i++) {
		u32 key = key_of(pick(x), absent);
		u64 *value;

		x = step(x);
		value = bpf_map_lookup_elem(&hash4, &key);
		if (value)
			sum += *value;
	}
	return sum;
}

SEC("xdp")
int hash4_lookup(struct xdp_md *ctx)
{
	return lookup4(ctx, 0);
}

SEC("xdp")
int hash4_absent(struct xdp_md *ctx)
{
	return lookup4(ctx, 1);
}

static ALWAYS_INLINE u32 lookup16(struct xdp_md *ctx, u32 absent)
{
	u32 x = seed(ctx), sum = 0;

	ROLLED for (u32 i = 0; i < OPS; i++) {
		struct key16 key = key16_of(pick(x), absent);
		u64 *value;

		x = step(x);
		value = bpf_map_lookup_elem(&hash16, &key);
		if (value)
			sum += *value;
	}
	return sum;
}

SEC("xdp")
int hash16_lookup(struct xdp_md *ctx)
{
	return lookup16(ctx, 0);
}

SEC("xdp")
int hash16_absent(struct xdp_md *ctx)
{
	return lookup16(ctx, 1);
}

SEC("xdp")
int hash4_update(struct xdp_md *ctx)
{
	u32 x = seed(ctx), sum = 0;

	ROLLED for (u32 i = 0; i < OPS; i++) {
		u32 index = pick(x), key = key_of(index, 0);
		u64 value = value_of(index);

		x = step(x);
		sum += key + bpf_map_update_elem(&hash4, &key, &value, 0);
	}
	return sum;
}

SEC("xdp")
int hash16_update(struct xdp_md *ctx)
{
	u32 x = seed(ctx), sum = 0;

	ROLLED for (u32 i = 0; i < OPS; i++) {
		u32 index = pick(x);
		struct key16 key = key16_of(index, 0);
		u64 value = value_of(index);

		x = step(x);
		sum += index + bpf_map_update_elem(&hash16, &key, &value, 0);
	}
	return sum;
}

/* One operation is a delete and an insert of the same key. */
SEC("xdp")
int hash4_replace(struct xdp_md *ctx)
{
	u32 x = seed(ctx), sum = 0;

	ROLLED for (u32 i = 0; i < OPS; i++) {
		u32 index = pick(x), key = key_of(index, 0);
		u64 value = value_of(index);

		x = step(x);
		sum += key + bpf_map_delete_elem(&hash4, &key);
		sum += bpf_map_update_elem(&hash4, &key, &value, 0);
	}
	return sum;
}

char _license[] SEC("license") = "Apache-2.0";
