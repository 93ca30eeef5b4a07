/* SPDX-License-Identifier: Apache-2.0 */
/* The eBPF side: helpers that testdata's header has no need of, and the seed. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "include/bpf_helpers.h"
#include "ops.h"

static long (*bpf_map_delete_elem)(void *map, const void *key) = (void *)3;
/* u32 to the header of libbpf; here all of r0, to tell that its upper half is 0. */
static u64 (*bpf_get_prandom_u32)(void) = (void *)7;

#define ROLLED _Pragma("clang loop unroll(disable)")

/* The first four bytes of the packet: where the sequence of keys begins. */
static ALWAYS_INLINE u32 seed(struct xdp_md *ctx)
{
	const u8 *data = XDP_DATA(ctx);

	return data + 4 <= XDP_END(ctx) ? *(const load32 *)data : 0;
}

#endif
