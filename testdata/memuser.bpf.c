//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* memuser on a raw memory context: r1 points to len bytes. */
#include "include/bpf_helpers.h"
#include "memuser.h"

SEC("raw")
u64 memuser(const u8 *data, u64 len)
{
	struct span s = {data, len};

	return memuser_span(s);
}

char _license[] SEC("license") = "Apache-2.0";
