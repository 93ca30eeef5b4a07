//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * firewall drops packets by source address and destination port. The example
 * xdpfirewall is this program with tries, per-CPU counters and a ring of events.
 *
 * Exactly one rule decides a packet and is counted. In the order in which they
 * are asked:
 *
 *   SHORT         drop   the packet ends inside a header that must be read
 *   VLAN_DEPTH    drop   more than two VLAN tags (802.1Q or 802.1ad)
 *   NOT_IP        pass   neither IPv4 nor IPv6
 *   BAD_HEADER    drop   wrong IP version, header length or total length
 *   SOURCE_V4     drop   the IPv4 source is in blocked_v4
 *   SOURCE_V6     drop   the IPv6 source is in blocked_v6
 *   FRAGMENT      pass   IPv4, not the first fragment: there are no ports
 *   OTHER         pass   neither TCP nor UDP (IPv6 extension headers as well)
 *   PORT_TCP      drop   the TCP destination port is blocked
 *   PORT_UDP      drop   the UDP destination port is blocked
 *   ACCEPT        pass   nothing objects
 *
 * No packet gives XDP_ABORTED. The IPv4 total length is only compared with the
 * header length: Ethernet pads short packets, and a truncated capture is SHORT
 * only where a header is missing.
 */
#include "include/bpf_helpers.h"

#define ETH_P_IPV4 0x0800
#define ETH_P_IPV6 0x86dd
#define ETH_P_8021Q 0x8100
#define ETH_P_8021AD 0x88a8
#define VLAN_TAGS_MAX 2
#define PROTO_TCP 6
#define PROTO_UDP 17
#define FRAGMENT_OFFSET 0x1fff

enum rule {
	RULE_SHORT,
	RULE_VLAN_DEPTH,
	RULE_NOT_IP,
	RULE_BAD_HEADER,
	RULE_SOURCE_V4,
	RULE_SOURCE_V6,
	RULE_FRAGMENT,
	RULE_OTHER,
	RULE_PORT_TCP,
	RULE_PORT_UDP,
	RULE_ACCEPT,
	RULE_COUNT,
};

/* Bits of a blocked_ports entry. */
enum port_flag {
	PORT_BLOCK_TCP = 1,
	PORT_BLOCK_UDP = 2,
};

struct eth_header {
	u8 destination[6];
	u8 source[6];
	u16 type;
};

struct vlan_tag {
	u16 control;
	u16 type;
};

struct ipv4_header {
	u8 version_length;
	u8 service;
	u16 total_length;
	u16 id;
	u16 fragment;
	u8 ttl;
	u8 protocol;
	u16 checksum;
	u32 source;
	u32 destination;
};

struct in6 {
	u8 byte[16];
};

struct ipv6_header {
	u32 version_class_flow;
	u16 payload_length;
	u8 next_header;
	u8 hop_limit;
	struct in6 source;
	struct in6 destination;
};

struct tcp_header {
	u16 source;
	u16 destination;
	u32 sequence;
	u32 acknowledgment;
	u16 flags;
	u16 window;
	u16 checksum;
	u16 urgent;
};

struct udp_header {
	u16 source;
	u16 destination;
	u16 length;
	u16 checksum;
};

/* Keys are addresses in network order; the value says which list blocked it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10000);
	__type(key, u32);
	__type(value, u32);
} blocked_v4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10000);
	__type(key, struct in6);
	__type(value, u32);
} blocked_v6 SEC(".maps");

/* By port number in host order: PORT_BLOCK_ bits. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 65536);
	__type(key, u32);
	__type(value, u8);
} blocked_ports SEC(".maps");

/* Packets by enum rule. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RULE_COUNT);
	__type(key, u32);
	__type(value, u64);
} counters SEC(".maps");

static ALWAYS_INLINE int port_blocked(u16 port, u8 flag)
{
	u32 key = __builtin_bswap16(port);
	u8 *flags = bpf_map_lookup_elem(&blocked_ports, &key);

	return flags && (*flags & flag);
}

/* decide_ports reads the transport header at data. */
static ALWAYS_INLINE enum rule decide_ports(const u8 *data, const u8 *end, u8 protocol)
{
	if (protocol == PROTO_TCP) {
		const struct tcp_header *tcp = (const void *)data;

		if ((const u8 *)(tcp + 1) > end)
			return RULE_SHORT;
		return port_blocked(tcp->destination, PORT_BLOCK_TCP) ? RULE_PORT_TCP : RULE_ACCEPT;
	}
	if (protocol == PROTO_UDP) {
		const struct udp_header *udp = (const void *)data;

		if ((const u8 *)(udp + 1) > end)
			return RULE_SHORT;
		return port_blocked(udp->destination, PORT_BLOCK_UDP) ? RULE_PORT_UDP : RULE_ACCEPT;
	}
	return RULE_OTHER;
}

static ALWAYS_INLINE enum rule decide_v4(const u8 *data, const u8 *end)
{
	const struct ipv4_header *ip = (const void *)data;
	u32 length, source;

	if ((const u8 *)(ip + 1) > end)
		return RULE_SHORT;
	length = (ip->version_length & 15) * 4;
	if (ip->version_length >> 4 != 4 || length < sizeof(*ip) ||
	    __builtin_bswap16(ip->total_length) < length)
		return RULE_BAD_HEADER;
	if (data + length > end)
		return RULE_SHORT;
	source = ip->source;
	if (bpf_map_lookup_elem(&blocked_v4, &source))
		return RULE_SOURCE_V4;
	if (ip->fragment & __builtin_bswap16(FRAGMENT_OFFSET))
		return RULE_FRAGMENT;
	return decide_ports(data + length, end, ip->protocol);
}

static ALWAYS_INLINE enum rule decide_v6(const u8 *data, const u8 *end)
{
	const struct ipv6_header *ip = (const void *)data;

	if ((const u8 *)(ip + 1) > end)
		return RULE_SHORT;
	if (*data >> 4 != 6)
		return RULE_BAD_HEADER;
	/* The key is read out of the packet in place. */
	if (bpf_map_lookup_elem(&blocked_v6, &ip->source))
		return RULE_SOURCE_V6;
	return decide_ports((const u8 *)(ip + 1), end, ip->next_header);
}

static ALWAYS_INLINE int is_vlan(u16 type)
{
	return type == __builtin_bswap16(ETH_P_8021Q) || type == __builtin_bswap16(ETH_P_8021AD);
}

static ALWAYS_INLINE enum rule decide(const u8 *data, const u8 *end)
{
	const struct eth_header *eth = (const void *)data;
	u16 type;
	int i;

	if ((const u8 *)(eth + 1) > end)
		return RULE_SHORT;
	type = eth->type;
	data = (const u8 *)(eth + 1);
	for (i = 0; i < VLAN_TAGS_MAX && is_vlan(type); i++) {
		const struct vlan_tag *tag = (const void *)data;

		if ((const u8 *)(tag + 1) > end)
			return RULE_SHORT;
		type = tag->type;
		data = (const u8 *)(tag + 1);
	}
	if (is_vlan(type))
		return RULE_VLAN_DEPTH;
	if (type == __builtin_bswap16(ETH_P_IPV4))
		return decide_v4(data, end);
	if (type == __builtin_bswap16(ETH_P_IPV6))
		return decide_v6(data, end);
	return RULE_NOT_IP;
}

static ALWAYS_INLINE int verdict(enum rule rule)
{
	switch (rule) {
	case RULE_NOT_IP:
	case RULE_FRAGMENT:
	case RULE_OTHER:
	case RULE_ACCEPT:
		return XDP_PASS;
	default:
		return XDP_DROP;
	}
}

SEC("xdp")
int xdpfirewall(struct xdp_md *ctx)
{
	u32 rule = decide(XDP_DATA(ctx), XDP_END(ctx));
	u64 *count = bpf_map_lookup_elem(&counters, &rule);

	if (count)
		__sync_fetch_and_add(count, 1);
	return verdict(rule);
}

char _license[] SEC("license") = "Apache-2.0";
