//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* A trie of 10000 prefixes. */
#define PREFIXES 10000
#include "lpm.h"

char _license[] SEC("license") = "Apache-2.0";
