//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* loops on a raw memory context: r1 points to len bytes. */
#include "include/bpf_helpers.h"
#include "loops.h"

SEC("raw")
u64 loops(const u8 *data, u64 len)
{
	struct span s = {data, len};

	return loops_span(s);
}

char _license[] SEC("license") = "Apache-2.0";
