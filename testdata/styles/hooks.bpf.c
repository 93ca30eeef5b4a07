//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted: programs of other hooks: addresses of sockets, devices, socket options, lookups of sockets, messages, lightweight tunnels. */
#include "../include/bpf_more.h"

struct bpf_sock_addr {
	u32 user_family, user_ip4, user_ip6[4], user_port, family, type, protocol, msg_src_ip4, msg_src_ip6[4];
	u64 sk;
};

struct bpf_cgroup_dev_ctx {
	u32 access_type, major, minor;
};

struct bpf_sk_lookup {
	u64 sk;
	u32 family, protocol, remote_ip4, remote_ip6[4];
	u16 remote_port, : 16;
	u32 local_ip4, local_ip6[4], local_port, ingress_ifindex;
};

struct sk_msg_md {
	u64 data, data_end;
	u32 family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port, size;
	u64 sk;
};

struct bpf_sock_ops {
	u32 op;
	u32 args[4];
	u32 family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4], remote_port, local_port;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, u32);
} policy SEC(".maps");

SEC("cgroup/connect4")
int connecting(struct bpf_sock_addr *ctx)
{
	u32 addr = ctx->user_ip4;
	u32 *to = bpf_map_lookup_elem(&policy, &addr);

	if (!to)
		return 1;
	if (!*to)
		return 0;
	ctx->user_ip4 = *to;
	ctx->user_port = 0x5000;
	return 1;
}

SEC("cgroup/dev")
int device(struct bpf_cgroup_dev_ctx *ctx)
{
	u16 type = ctx->access_type;

	if (type != 2)
		return 0;
	return ctx->major == 1 && (ctx->minor == 3 || ctx->minor == 5 || ctx->minor == 9);
}

SEC("sk_lookup")
int steer(struct bpf_sk_lookup *ctx)
{
	if (ctx->protocol != 6 || ctx->local_port != 80)
		return 1;
	return (ctx->remote_ip4 & 0xff) != 10;
}

SEC("sk_msg")
int message(struct sk_msg_md *msg)
{
	u8 *data = (u8 *)(long)msg->data, *end = (u8 *)(long)msg->data_end;

	if (data + 4 > end)
		return 1;
	return data[0] == 'G' && data[1] == 'E' && data[2] == 'T';
}

SEC("sockops")
int established(struct bpf_sock_ops *ops)
{
	u32 key = ops->remote_ip4, one = 1;

	if (ops->op == 4 || ops->op == 5)
		bpf_map_update_elem(&policy, &key, &one, 0);
	return 1;
}

SEC("lwt_out")
int tunnel(struct __sk_buff *skb)
{
	u8 *data = SKB_DATA(skb), *end = SKB_END(skb);

	if (data + 20 > end)
		return TC_ACT_SHOT;
	return data[8] < 2 ? TC_ACT_SHOT : TC_ACT_OK;
}

SEC("action")
int acting(struct __sk_buff *skb)
{
	if (skb->protocol == 0xdd86)
		skb->priority = 7;
	skb->tc_classid = skb->hash & 0xffff;
	return skb->vlan_present ? TC_ACT_SHOT : TC_ACT_OK;
}

char _license[] SEC("license") = "GPL";
