/* SPDX-License-Identifier: Apache-2.0 */
/* A measured function of the C side, and the tables of them. */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include "include/types.h"

struct peer {
	const char *name;
	u64 (*run)(const u8 *data, u64 len);
};

extern const struct peer call_peers[], algorithm_peers[], map_peers[]; /* end with a null name */

/* Fills the maps with the entries that the programs expect. */
void maps_fill(u64 secret);

#endif
