//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: the loop runs to its limit and forgets the length. */
#include "../include/bpf_helpers.h"

SEC("raw")
u64 bounds_raw(const u8 *data, u64 len)
{
	u64 sum = 0;
	u32 i;

	if (len < 16)
		return 0;
	for (i = 0; i <= 16; i++)
		sum = sum * 31 + data[i];
	return sum;
}

char _license[] SEC("license") = "Apache-2.0";
