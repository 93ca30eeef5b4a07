//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* LRU hash maps with a million entries. */
#define ENTRY_BITS 20
#include "lru.h"

char _license[] SEC("license") = "Apache-2.0";
