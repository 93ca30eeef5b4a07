//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* globals on a raw memory context: r1 points to len bytes. */
#include "include/bpf_helpers.h"
#include "globals.h"

SEC("raw")
u64 globals(const u8 *data, u64 len)
{
	struct span s = {data, len};

	return globals_span(s);
}

char _license[] SEC("license") = "Apache-2.0";
