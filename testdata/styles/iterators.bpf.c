//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted: nested iterators, an iterator left early, a callback in a callback, may_goto and loops over slices. */
#include "../include/bpf_more.h"

struct row {
	u32 cells[32];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, struct row);
} rows SEC(".maps");

SEC("tc")
int nested(struct __sk_buff *skb)
{
	struct bpf_iter_num i, j;
	u64 sum = 0;
	int *a, *b;

	bpf_iter_num_new(&i, 0, 8);
	while ((a = bpf_iter_num_next(&i))) {
		u32 key = *a;
		struct row *r = bpf_map_lookup_elem(&rows, &key);

		if (!r)
			break;
		bpf_iter_num_new(&j, 0, 32);
		while ((b = bpf_iter_num_next(&j))) {
			u32 k = *b;

			if (k < 32)
				sum += r->cells[k];
		}
		bpf_iter_num_destroy(&j);
	}
	bpf_iter_num_destroy(&i);
	return sum & 1;
}

SEC("tc")
int early(struct __sk_buff *skb)
{
	struct bpf_iter_num it;
	int found = -1, *v;

	bpf_iter_num_new(&it, 0, 100);
	while ((v = bpf_iter_num_next(&it))) {
		if (*v * *v > skb->len) {
			found = *v;
			break;
		}
	}
	bpf_iter_num_destroy(&it);
	return found > 10 ? TC_ACT_SHOT : TC_ACT_OK;
}

struct matrix {
	u32 row, sum, wanted;
};

static int inner(u32 i, void *ctx)
{
	struct matrix *m = ctx;
	u32 key = m->row & 7;
	struct row *r = bpf_map_lookup_elem(&rows, &key);

	if (!r)
		return 1;
	m->sum += r->cells[i & 31];
	return 0;
}

static int outer(u32 i, void *ctx)
{
	struct matrix *m = ctx;

	m->row = i;
	bpf_loop(32, inner, m, 0);
	return m->sum > m->wanted;
}

SEC("tc")
int doubled(struct __sk_buff *skb)
{
	struct matrix m = {.wanted = skb->len};

	bpf_loop(8, outer, &m, 0);
	return m.sum & 3;
}

SEC("tc")
int may(struct __sk_buff *skb)
{
	u32 x = skb->len;

	while (x != 1) {
		asm volatile goto("may_goto %l[out]" : : : : out);
		x = x & 1 ? 3 * x + 1 : x / 2;
	}
out:
	return x == 1 ? TC_ACT_OK : TC_ACT_SHOT;
}

char _license[] SEC("license") = "GPL";
