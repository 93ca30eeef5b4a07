//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: the value of a map lookup is used without asking whether it exists. */
#include "../include/bpf_helpers.h"

struct endpoint {
	u64 packets;
	u64 bytes;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, struct endpoint);
} endpoints SEC(".maps");

SEC("xdp")
int null_check(struct xdp_md *ctx)
{
	u32 key = ctx->ingress_ifindex;
	struct endpoint *e = bpf_map_lookup_elem(&endpoints, &key);

	e->packets++;
	return XDP_PASS;
}

char _license[] SEC("license") = "Apache-2.0";
