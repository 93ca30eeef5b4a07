//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: r7 is read on the path that never wrote it. Written by hand, since a
 * C compiler would not emit it; r1 is the context all the same. */
#include "../include/bpf_helpers.h"

SEC("xdp")
__attribute__((naked)) int uninitialised(void)
{
	asm volatile(
		"r2 = *(u32 *)(r1 + 16)\n" /* rx_queue_index */
		"if r2 == 0 goto 1f\n"
		"r7 = 2\n"
		"1: r0 = r7\n"
		"exit\n");
}

char _license[] SEC("license") = "Apache-2.0";
