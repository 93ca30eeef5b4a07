//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* A trie of 1000000 prefixes. */
#define PREFIXES 1000000
#include "lpm.h"

char _license[] SEC("license") = "Apache-2.0";
