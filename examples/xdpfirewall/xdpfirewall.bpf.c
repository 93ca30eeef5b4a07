//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xdpfirewall drops packets by source network and destination port, and tells of
 * each drop in a ring buffer.
 *
 * Exactly one rule decides a packet and is counted. In the order in which they
 * are asked:
 *
 *   SHORT         drop   the packet ends inside a header that must be read
 *   VLAN_DEPTH    drop   more than two VLAN tags (802.1Q or 802.1ad)
 *   NOT_IP        pass   neither IPv4 nor IPv6
 *   BAD_HEADER    drop   wrong IP version, header length or total length
 *   SOURCE_V4     drop   the longest prefix of the IPv4 source in networks_v4 blocks
 *   SOURCE_V6     drop   the longest prefix of the IPv6 source in networks_v6 blocks
 *   FRAGMENT      pass   IPv4, not the first fragment: there are no ports
 *   OTHER         pass   neither TCP nor UDP (IPv6 extension headers as well)
 *   PORT_TCP      drop   the TCP destination port is blocked
 *   PORT_UDP      drop   the UDP destination port is blocked
 *   ACCEPT        pass   nothing objects
 *
 * No packet gives XDP_ABORTED. The IPv4 total length is only compared with the
 * header length: Ethernet pads short packets, and a truncated capture is SHORT
 * only where a header is missing.
 *
 * A drop that the ring has no room for is counted in lost.
 */
#include "../../testdata/include/bpf_helpers.h"

#define ETH_P_IPV4 0x0800
#define ETH_P_IPV6 0x86dd
#define ETH_P_8021Q 0x8100
#define ETH_P_8021AD 0x88a8
#define VLAN_TAGS_MAX 2
#define PROTO_TCP 6
#define PROTO_UDP 17
#define FRAGMENT_OFFSET 0x1fff

/* What bpf_helpers.h does not have; numbers of linux/bpf.h. */
enum {
	BPF_MAP_TYPE_PERCPU_ARRAY = 6,
	BPF_MAP_TYPE_LPM_TRIE = 11,
	BPF_MAP_TYPE_RINGBUF = 27,
	BPF_F_NO_PREALLOC = 1,
};

static long (*bpf_ringbuf_output)(void *ring, void *data, u64 size, u64 flags) = (void *)130;

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

/* Networks by prefix length and address in network order. The longest prefix
 * decides: NETWORK_BLOCK, or NETWORK_ALLOW for an exception in a blocked one. */
enum network {
	NETWORK_ALLOW,
	NETWORK_BLOCK,
};

struct prefix_v4 {
	u32 length;
	u32 address;
};

struct prefix_v6 {
	u32 length;
	struct in6 address;
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 10000);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix_v4);
	__type(value, u32);
} networks_v4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 10000);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct prefix_v6);
	__type(value, u32);
} networks_v6 SEC(".maps");

/* By port number in host order: PORT_BLOCK_ bits. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 65536);
	__type(key, u32);
	__type(value, u8);
} blocked_ports SEC(".maps");

/* Packets by enum rule, and one more: drops that are not in the ring. */
#define LOST RULE_COUNT
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, RULE_COUNT + 1);
	__type(key, u32);
	__type(value, u64);
} counters SEC(".maps");

/* A drop. Numbers as they stand in the packet; 0 where the rule decided without
 * them. An IPv4 source is in the first four bytes. */
struct drop {
	u32 rule;
	u16 type; /* of the last VLAN tag or of the Ethernet header */
	u8 protocol;
	u8 pad;
	u16 source_port;
	u16 destination_port;
	struct in6 source;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} drops SEC(".maps");

static ALWAYS_INLINE int port_blocked(u16 port, u8 flag)
{
	u32 key = __builtin_bswap16(port);
	u8 *flags = bpf_map_lookup_elem(&blocked_ports, &key);

	return flags && (*flags & flag);
}

/* decide_ports reads the transport header at data. The functions that decide
 * write what they have read of the packet to drop. */
static ALWAYS_INLINE enum rule decide_ports(const u8 *data, const u8 *end, u8 protocol, struct drop *drop)
{
	drop->protocol = protocol;
	if (protocol == PROTO_TCP) {
		const struct tcp_header *tcp = (const void *)data;

		if ((const u8 *)(tcp + 1) > end)
			return RULE_SHORT;
		drop->source_port = tcp->source;
		drop->destination_port = tcp->destination;
		return port_blocked(tcp->destination, PORT_BLOCK_TCP) ? RULE_PORT_TCP : RULE_ACCEPT;
	}
	if (protocol == PROTO_UDP) {
		const struct udp_header *udp = (const void *)data;

		if ((const u8 *)(udp + 1) > end)
			return RULE_SHORT;
		drop->source_port = udp->source;
		drop->destination_port = udp->destination;
		return port_blocked(udp->destination, PORT_BLOCK_UDP) ? RULE_PORT_UDP : RULE_ACCEPT;
	}
	return RULE_OTHER;
}

static ALWAYS_INLINE enum rule decide_v4(const u8 *data, const u8 *end, struct drop *drop)
{
	const struct ipv4_header *ip = (const void *)data;
	struct prefix_v4 key = {.length = 32};
	u32 length, *network;

	if ((const u8 *)(ip + 1) > end)
		return RULE_SHORT;
	length = (ip->version_length & 15) * 4;
	if (ip->version_length >> 4 != 4 || length < sizeof(*ip) ||
	    __builtin_bswap16(ip->total_length) < length)
		return RULE_BAD_HEADER;
	if (data + length > end)
		return RULE_SHORT;
	key.address = ip->source;
	__builtin_memcpy(&drop->source, &key.address, 4);
	network = bpf_map_lookup_elem(&networks_v4, &key);
	if (network && *network == NETWORK_BLOCK)
		return RULE_SOURCE_V4;
	if (ip->fragment & __builtin_bswap16(FRAGMENT_OFFSET))
		return RULE_FRAGMENT;
	return decide_ports(data + length, end, ip->protocol, drop);
}

static ALWAYS_INLINE enum rule decide_v6(const u8 *data, const u8 *end, struct drop *drop)
{
	const struct ipv6_header *ip = (const void *)data;
	struct prefix_v6 key = {.length = 128};
	u32 *network;

	if ((const u8 *)(ip + 1) > end)
		return RULE_SHORT;
	if (*data >> 4 != 6)
		return RULE_BAD_HEADER;
	key.address = ip->source;
	drop->source = ip->source;
	network = bpf_map_lookup_elem(&networks_v6, &key);
	if (network && *network == NETWORK_BLOCK)
		return RULE_SOURCE_V6;
	return decide_ports((const u8 *)(ip + 1), end, ip->next_header, drop);
}

static ALWAYS_INLINE int is_vlan(u16 type)
{
	return type == __builtin_bswap16(ETH_P_8021Q) || type == __builtin_bswap16(ETH_P_8021AD);
}

static ALWAYS_INLINE enum rule decide(const u8 *data, const u8 *end, struct drop *drop)
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
	drop->type = type;
	if (is_vlan(type))
		return RULE_VLAN_DEPTH;
	if (type == __builtin_bswap16(ETH_P_IPV4))
		return decide_v4(data, end, drop);
	if (type == __builtin_bswap16(ETH_P_IPV6))
		return decide_v6(data, end, drop);
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

static ALWAYS_INLINE void count(u32 counter)
{
	u64 *packets = bpf_map_lookup_elem(&counters, &counter);

	if (packets)
		++*packets; /* nobody else has this CPU's */
}

/* tell puts a drop into the ring. */
static ALWAYS_INLINE void tell(struct drop *drop)
{
	if (bpf_ringbuf_output(&drops, drop, sizeof(*drop), 0))
		count(LOST);
}

SEC("xdp")
int xdpfirewall(struct xdp_md *ctx)
{
	struct drop drop = {};

	drop.rule = decide(XDP_DATA(ctx), XDP_END(ctx), &drop);
	count(drop.rule);
	if (verdict(drop.rule) == XDP_DROP)
		tell(&drop);
	return verdict(drop.rule);
}

char _license[] SEC("license") = "Apache-2.0";
