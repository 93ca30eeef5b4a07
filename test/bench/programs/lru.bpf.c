//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* LRU hash maps. */
#include "lru.h"

char _license[] SEC("license") = "Apache-2.0";
