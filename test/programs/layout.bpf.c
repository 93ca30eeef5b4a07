//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structures as C lays them out: bit fields, packed and nested ones, unions,
 * padding; copied whole between packet, stack and hash maps whose keys are
 * structures; updates with every flag, and deletion.
 */
#include "../../testdata/include/bpf_helpers.h"

enum {
	BPF_ANY,
	BPF_NOEXIST,
	BPF_EXIST,
};

static long (*bpf_map_delete_elem)(void *map, const void *key) = (void *)3;

struct flags {
	u32 a : 3, b : 5, c : 11, d : 13;
	s32 e : 7, f : 25;
	u64 g : 40, h : 24;
} __attribute__((packed));

struct record {
	u8 kind;
	struct flags flags;
	struct {
		u16 port;
		u32 address;
	} __attribute__((packed)) ends[2];
} __attribute__((packed));

struct key {
	u16 port;
	u8 kind;
	union {
		u8 bytes[4];
		u32 word;
	} tag;
};

struct value {
	struct record record;
	u64 seen;
	char name[12];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, struct key);
	__type(value, struct value);
} records SEC(".maps");

struct flags total;

SEC("xdp")
int layout(struct xdp_md *ctx)
{
	u8 *p = (u8 *)XDP_DATA(ctx);

	if (p + 14 + sizeof(struct record) > XDP_END(ctx))
		return XDP_PASS;
	struct record *r = (struct record *)(p + 14);
	struct key k;
	struct value fresh;

	__builtin_memset(&k, 0, sizeof k); /* the padding, too */
	__builtin_memset(&fresh, 0, sizeof fresh);
	k.port = r->ends[0].port & 3;
	k.kind = r->kind & 1;
	k.tag.bytes[2] = p[0] & 1;

	struct value *v = bpf_map_lookup_elem(&records, &k);
	if (!v) {
		fresh.record = *r;
		__builtin_memcpy(fresh.name, p, sizeof fresh.name);
		return -bpf_map_update_elem(&records, &k, &fresh, p[1] & 3);
	}
	v->seen++;
	v->record.flags.c += r->flags.d;
	v->record.flags.e = r->flags.f;
	v->record.flags.g ^= r->flags.h;
	v->record.ends[1] = r->ends[0];
	total.f += v->record.flags.e;
	total.h = v->record.flags.g;
	total.b++;
	r->flags = v->record.flags;
	if (__builtin_memcmp(v->name, p, 6) == 0)
		return bpf_map_delete_elem(&records, &k);
	return v->record.flags.c * 3 + total.f + k.tag.word + v->name[11];
}
