//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* The hash map with a million entries. */
#define ENTRY_BITS 20
#include "hash4.h"

char _license[] SEC("license") = "Apache-2.0";
