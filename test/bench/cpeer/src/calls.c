/* SPDX-License-Identifier: Apache-2.0 */
/* The loops of calls.bpf.c. */
#include "ops.h"
#include "peer.h"

/* XDP_PASS, as the empty program. */
static NOINLINE u64 empty(const u8 *data, u64 len)
{
	(void)data, (void)len;
	return 2;
}

static NOINLINE u64 helper_base(const u8 *data, u64 len)
{
	u32 x = len >= 4 ? *(const load32 *)data : 0, sum = 0;

	for (u32 i = 0; i < OPS; i++) {
		OPAQUE(x);
		sum += x;
	}
	return sum;
}

/* A helper reads a number; the call is one through a pointer that may change. */
static volatile u32 processor;

static NOINLINE u32 processor_id(void)
{
	return processor;
}

static NOINLINE u64 helper(const u8 *data, u64 len)
{
	u32 (*volatile call)(void) = processor_id;
	u32 x = len >= 4 ? *(const load32 *)data : 0, sum = 0;

	for (u32 i = 0; i < OPS; i++) {
		OPAQUE(x);
		sum += x + (call() >> 31);
	}
	return sum;
}

const struct peer call_peers[] = {
	{"empty", empty},
	{"helper_base", helper_base},
	{"helper", helper},
	{0, 0},
};
