/* SPDX-License-Identifier: Apache-2.0 */
/*
 * globals: state in .data and .bss, settings in .rodata and a counter in an
 * array map. The result depends on every run before it. On a host the map is an
 * array, so that the same sequence of inputs gives the same results.
 */
#ifndef TESTDATA_GLOBALS_H
#define TESTDATA_GLOBALS_H

#include "include/span.h"

#define GLOBALS_SLOTS 4

/* .rodata: the loader may change these before the program is loaded. */
const volatile u32 scale = 3;
const volatile u8 weights[16] = {1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 7, 11, 18};
/* .data */
u64 chain = 0x0123456789abcdefull;
u32 step = 1;
/* .bss */
u64 runs;
u32 histogram[16];
static volatile u16 previous; /* reached by section and offset: no symbol of its own */

#ifdef __bpf__
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GLOBALS_SLOTS);
	__type(key, u32);
	__type(value, u64);
} seen SEC(".maps");

static ALWAYS_INLINE u64 globals_count(u32 slot)
{
	u64 *count = bpf_map_lookup_elem(&seen, &slot);

	if (!count)
		return 0;
	__sync_fetch_and_add(count, 1);
	return *count;
}
#else
static u64 seen[GLOBALS_SLOTS];

static u64 globals_count(u32 slot)
{
	return slot < GLOBALS_SLOTS ? ++seen[slot] : 0;
}
#endif

static ALWAYS_INLINE u64 globals_span(struct span s)
{
	u64 total, count;
	u8 low;

	if (!span_has(s, 0, 2))
		return 0;
	low = s.data[0] & 15;
	runs++;
	step += 2;
	histogram[low] += weights[low];
	count = globals_count(s.data[1] & 7); /* slots 4 to 7 do not exist */
	total = runs * scale + histogram[low] + count * 1000 + previous;
	previous = s.data[1];
	chain = rotate64(chain, 9) + total * step;
	return chain;
}

#endif
