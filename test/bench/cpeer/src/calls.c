/* SPDX-License-Identifier: Apache-2.0 */
/* The loops of calls.bpf.c. */
#include "peer.h"

/* XDP_PASS, as the empty program. */
static NOINLINE u64 empty(const u8 *data, u64 len)
{
	(void)data, (void)len;
	return 2;
}

LOOP(helper_base, {
	OPAQUE(index);
	sum += index;
})

/* A helper reads a number; the call is one through a pointer that may change. */
static volatile u32 processor;

static NOINLINE u32 processor_id(void)
{
	return processor;
}

static u32 (*volatile call)(void) = processor_id;

LOOP(helper, { sum += index + (call() >> 31); })

const struct peer call_peers[] = {
	{"empty", empty},
	{"helper_base", helper_base},
	{"helper", helper},
	{0, 0},
};
