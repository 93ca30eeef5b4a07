/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the programs of this repository need to talk to an eBPF run time, and no
 * more: section placement, BTF map definitions, the XDP context and a few
 * helpers. Numbers are those of the Linux UAPI (linux/bpf.h).
 */
#ifndef TESTDATA_BPF_HELPERS_H
#define TESTDATA_BPF_HELPERS_H

#include "types.h"

/* Place a function or a variable in a section and keep it there. */
#define SEC(where) __attribute__((section(where), used))

/* Fields of a BTF map definition: a number is the length of an array type, a
 * type is what a pointer points to. Neither is ever stored. */
#define __uint(field, number) int(*field)[number]
#define __type(field, what) typeof(what) *field

enum {
	BPF_MAP_TYPE_HASH = 1,
	BPF_MAP_TYPE_ARRAY = 2,
};

enum xdp_action {
	XDP_ABORTED = 0,
	XDP_DROP = 1,
	XDP_PASS = 2,
	XDP_TX = 3,
	XDP_REDIRECT = 4,
};

struct xdp_md {
	u32 data;
	u32 data_end;
	u32 data_meta;
	u32 ingress_ifindex;
	u32 rx_queue_index;
	u32 egress_ifindex;
};

/* The 32-bit context fields stand for pointers. */
#define XDP_DATA(ctx) ((const u8 *)(unsigned long)(ctx)->data)
#define XDP_END(ctx) ((const u8 *)(unsigned long)(ctx)->data_end)

/* Calling address n calls helper number n. */
static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*bpf_map_update_elem)(void *map, const void *key, const void *value, u64 flags) = (void *)2;
static long (*bpf_skb_load_bytes)(const void *skb, u32 offset, void *to, u32 len) = (void *)26;

#endif
