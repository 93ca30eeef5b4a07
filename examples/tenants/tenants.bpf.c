//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tenants decides the packets of several tenants, each by a policy of its own.
 *
 * The tenant of a packet is its VLAN. Its policy is a map in a hash of maps, which
 * the host replaces as a whole while packets come. A policy has rules of three
 * kinds, all with the policy's version:
 *
 *   KIND_NET      by the first 16 bits of the IPv4 source
 *   KIND_PORT     by protocol and destination port
 *   KIND_DEFAULT  one, for packets that no other rule is about
 *
 * A packet is dropped when a rule by net or port says so, else passed when one of
 * them says so, else decided by the default. Packets without a VLAN, without a
 * policy, of other protocols than TCP and UDP over IPv4, fragments, and those
 * that end inside a header are dropped.
 *
 * The versions of the rules that were found are stamped into the source address
 * of the frame: 16 bits for net, port and default, 0 for a rule that is not there.
 * The next hop, or a test, sees which policy has decided.
 */
#include "../../testdata/include/bpf_helpers.h"

/* What the header does not have, as in linux/bpf.h and libbpf. */
#define BPF_MAP_TYPE_PERCPU_ARRAY 6
#define BPF_MAP_TYPE_HASH_OF_MAPS 13
#define __array(field, what) typeof(what) *field[]
#define bpf_htons(n) __builtin_bswap16(n)
#define bpf_ntohs(n) __builtin_bswap16(n)

#define ETH_P_IPV4 0x0800
#define ETH_P_8021Q 0x8100
#define VLAN_ID 0x0fff
#define PROTO_TCP 6
#define PROTO_UDP 17
#define FRAGMENTED 0x3fff /* offset and "more fragments" */

enum kind {
	KIND_DEFAULT,
	KIND_NET,
	KIND_PORT,
};

enum action {
	ACTION_PASS = 1,
	ACTION_DROP = 2,
};

/* What the counters count. */
enum count {
	COUNT_PASSED,
	COUNT_DROPPED,
	COUNT_NO_POLICY,
	COUNT_NOT_MINE, /* none of the above: no VLAN, no TCP or UDP, too short */
	COUNT_COUNT,
};

struct rule_key {
	u8 kind;
	u8 protocol; /* KIND_PORT */
	u16 number;  /* net or port, in network order */
};

struct rule {
	u16 version; /* of the policy, not 0 */
	u16 action;
};

/* The policy of VLAN 0, which is no VLAN but a priority. The host fills it. */
struct policy {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct rule_key);
	__type(value, struct rule);
} untagged SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 1024);
	__type(key, u32); /* VLAN */
	__array(values, struct policy);
} policies SEC(".maps") = {
	.values = {[0] = &untagged},
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNT_COUNT);
	__type(key, u32);
	__type(value, u64);
} counters SEC(".maps");

struct headers {
	u8 destination[6];
	u16 stamp[3]; /* the source address */
	u16 tag_type;
	u16 tag_control;
	u16 type;
	u8 version_length;
	u8 service;
	u16 total_length;
	u16 id;
	u16 fragment;
	u8 ttl;
	u8 protocol;
	u16 checksum;
	u16 source[2];
	u32 target;
} __attribute__((packed));

struct ports {
	u16 source;
	u16 destination;
};

static __attribute__((always_inline)) int decided(u32 count, int verdict)
{
	u64 *n = bpf_map_lookup_elem(&counters, &count);

	if (n)
		(*n)++; /* this CPU's */
	return verdict;
}

/* ask finds a rule and stamps its version; 0 when there is no such rule. */
static __attribute__((always_inline)) u16 ask(void *policy, struct rule_key key, u16 *stamp)
{
	struct rule *r = bpf_map_lookup_elem(policy, &key);

	*stamp = r ? r->version : 0;
	return r ? r->action : 0;
}

SEC("xdp")
int tenants(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct headers *h = data;

	if (data + sizeof(*h) > end || h->tag_type != bpf_htons(ETH_P_8021Q) || h->type != bpf_htons(ETH_P_IPV4))
		return decided(COUNT_NOT_MINE, XDP_DROP);

	/* The headers may have options: the ports are behind them. */
	u32 length = (h->version_length & 0x0f) * 4;
	struct ports *p = data + 18 + length;

	if ((h->version_length >> 4) != 4 || length < 20 || (void *)(p + 1) > end)
		return decided(COUNT_NOT_MINE, XDP_DROP);
	if ((h->protocol != PROTO_TCP && h->protocol != PROTO_UDP) || (h->fragment & bpf_htons(FRAGMENTED)))
		return decided(COUNT_NOT_MINE, XDP_DROP);

	u32 tenant = bpf_ntohs(h->tag_control) & VLAN_ID;
	void *policy = bpf_map_lookup_elem(&policies, &tenant);

	if (!policy)
		return decided(COUNT_NO_POLICY, XDP_DROP);

	/* One lookup has found the policy: all rules are of its version. */
	struct rule_key net = {.kind = KIND_NET, .number = h->source[0]};
	struct rule_key port = {.kind = KIND_PORT, .protocol = h->protocol, .number = p->destination};
	struct rule_key other = {.kind = KIND_DEFAULT};
	u16 by_net = ask(policy, net, &h->stamp[0]);
	u16 by_port = ask(policy, port, &h->stamp[1]);
	u16 by_default = ask(policy, other, &h->stamp[2]);

	if (by_net == ACTION_DROP || by_port == ACTION_DROP)
		return decided(COUNT_DROPPED, XDP_DROP);
	if (by_net != ACTION_PASS && by_port != ACTION_PASS && by_default != ACTION_PASS)
		return decided(COUNT_DROPPED, XDP_DROP);
	return decided(COUNT_PASSED, XDP_PASS);
}
