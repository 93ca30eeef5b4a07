/* SPDX-License-Identifier: Apache-2.0 */
/* A measured function of the C side, and the tables of them. */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include "ops.h"

struct peer {
	const char *name;
	u64 (*run)(const u8 *data, u64 len);
};

extern const struct peer call_peers[], algorithm_peers[], map_peers[],
	big_map_peers[]; /* end with a null name */

/* Fills the maps with the entries that the programs expect. */
void maps_fill(u64 secret);
void maps_fill_big(u64 secret);

static ALWAYS_INLINE u32 seed(const u8 *data, u64 len)
{
	return len >= 4 ? *(const load32 *)data : 0;
}

/* The loop that measured functions are, as in bench.h. The driver's inputs are not constant. */
#define LOOP(name, ...)                                   \
	static NOINLINE u64 name(const u8 *data, u64 len) \
	{                                                 \
		u32 x = seed(data, len), sum = 0;         \
                                                          \
		for (u32 n = 0; n < OPS; n++) {           \
			u32 index = pick(x);              \
                                                          \
			x = step(x);                      \
			__VA_ARGS__                       \
		}                                         \
		if (len >= 4)                             \
			*(load32 *)data = x;              \
		return sum;                               \
	}

#endif
