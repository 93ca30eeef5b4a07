/* SPDX-License-Identifier: Apache-2.0 */
/* The loops of hash_big.bpf.c. */
#define BIG
#define ENTRY_BITS 20
#define NAME(name) "big_" #name
#define PEERS big_map_peers
#define FILL maps_fill_big
#include "maps.c"
