/* SPDX-License-Identifier: Apache-2.0 */
/* The eBPF side: map types and helpers that testdata's header has no need of,
 * and the loop that all measured programs are. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "include/bpf_helpers.h"
#include "ops.h"

enum {
	BPF_MAP_TYPE_PROG_ARRAY = 3,
	BPF_MAP_TYPE_PERCPU_HASH = 5,
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LRU_HASH = 9,
	BPF_MAP_TYPE_LPM_TRIE = 11,
	BPF_MAP_TYPE_ARRAY_OF_MAPS = 12,
	BPF_MAP_TYPE_HASH_OF_MAPS = 13,
	BPF_MAP_TYPE_RINGBUF = 27,
};

#define BPF_F_NO_PREALLOC 1

/* What the values of a map of maps or of programs look like. */
#define __array(field, what) typeof(what) *field[]

static long (*bpf_map_delete_elem)(void *map, const void *key) = (void *)3;
/* u32 to the header of libbpf; here all of r0, to tell that its upper half is 0. */
static u64 (*bpf_get_prandom_u32)(void) = (void *)7;
static long (*bpf_tail_call)(void *ctx, void *programs, u32 index) = (void *)12;
static long (*bpf_ringbuf_output)(void *ring, void *data, u64 size, u64 flags) = (void *)130;
static void *(*bpf_ringbuf_reserve)(void *ring, u64 size, u64 flags) = (void *)131;
static void (*bpf_ringbuf_submit)(void *data, u64 flags) = (void *)132;

#define ROLLED _Pragma("clang loop unroll(disable)")

/* The first four bytes of the packet: where the sequence of keys begins. */
static ALWAYS_INLINE u32 seed(struct xdp_md *ctx)
{
	const u8 *data = XDP_DATA(ctx);

	return data + 4 <= XDP_END(ctx) ? *(const load32 *)data : 0;
}

/* Where the next run with this packet goes on: the repetitions of a test run
 * reach all entries so, as inputs in turn do. */
static ALWAYS_INLINE void save(struct xdp_md *ctx, u32 x)
{
	u8 *data = (u8 *)XDP_DATA(ctx);

	if (data + 4 <= XDP_END(ctx))
		*(load32 *)data = x;
}

/* A program that does its body for OPS entries; index is the entry's number. */
#define LOOP(name, ...)                             \
	SEC("xdp") int name(struct xdp_md *ctx)     \
	{                                           \
		u32 x = seed(ctx), sum = 0;         \
                                                    \
		ROLLED for (u32 n = 0; n < OPS; n++) \
		{                                   \
			u32 index = pick(x);        \
                                                    \
			x = step(x);                \
			__VA_ARGS__                 \
		}                                   \
		save(ctx, x);                       \
		return sum;                         \
	}

#endif
