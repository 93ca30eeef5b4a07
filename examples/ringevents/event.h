/* SPDX-License-Identifier: Apache-2.0 */
/* What the program tells about a datagram, and the headers that it reads. */
#ifndef RINGEVENTS_EVENT_H
#define RINGEVENTS_EVENT_H

#include "../../testdata/include/bpf_more.h"

/* One record of the ring buffer. Addresses and ports are in network order. */
struct event {
	u64 sequence; /* of the sender, from the payload */
	u32 source;
	u32 destination;
	u16 source_port;
	u16 destination_port;
	u16 length; /* of the packet in bytes */
	u8 kind;
	u8 ttl;
};

/* What a datagram is about, the first byte behind its sequence number. */
enum kind {
	KIND_DATA,
	KIND_KEEPALIVE, /* nobody wants to hear of these */
};

/* Indices of counts. */
enum count {
	COUNT_SUBMITTED,
	COUNT_DISCARDED,
	COUNT_DROPPED, /* no room in the ring */
	COUNT_IGNORED, /* no datagram of the protocol */
	COUNTS,
};

/* Ethernet, IPv4 without options, UDP and the payload of the protocol. */
struct datagram {
	u8 ethernet[12];
	u16 type;
	u8 version_length;
	u8 service;
	u16 total_length;
	u32 id_fragment;
	u8 ttl;
	u8 protocol;
	u16 checksum;
	u32 source;
	u32 destination;
	u16 source_port;
	u16 destination_port;
	u16 udp_length;
	u16 udp_checksum;
	u64 sequence;
	u8 kind;
} __attribute__((packed));

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 256 * 1024);
} events SEC(".maps");

#endif
