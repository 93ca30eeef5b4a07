/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loops: two nested bounded loops over a 16 x 16 product with division and
 * remainder, then Euclid's algorithm in at most 48 steps. data is aligned to 4.
 */
#ifndef TESTDATA_LOOPS_H
#define TESTDATA_LOOPS_H

#include "include/span.h"

#define LOOPS_SIDE 16
#define LOOPS_STEPS 48
#define LOOPS_INPUT 40

static ALWAYS_INLINE u64 loops_span(struct span s)
{
	u64 sum = 0, a, b, t;
	u32 i, j, k;

	if (!span_has(s, 0, LOOPS_INPUT))
		return 0;
	for (i = 0; i < LOOPS_SIDE; i++) {
		u32 row = s.data[i] + 1;

		for (j = 0; j < LOOPS_SIDE; j++) {
			u32 cell = row * (s.data[LOOPS_SIDE + j] | 1);

			sum += cell / (j + 3) + (cell ^ sum) % row;
		}
		sum ^= sum << 5;
	}
	a = *(const load32 *)(s.data + 32);
	b = *(const load32 *)(s.data + 36);
	for (k = 0; k < LOOPS_STEPS; k++) {
		if (b == 0)
			break;
		t = a % b;
		a = b;
		b = t;
	}
	return sum + (a << 8) + k;
}

#endif
