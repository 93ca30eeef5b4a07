//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted: programs at sockets: maps of sockets, groups that share a port, options, kernel settings, storage of a control group. */
#include "../include/bpf_more.h"

enum {
	BPF_MAP_TYPE_SOCKMAP = 15,
	BPF_MAP_TYPE_SOCKHASH = 18,
	BPF_MAP_TYPE_CGROUP_STORAGE = 19,
	BPF_MAP_TYPE_REUSEPORT_SOCKARRAY = 20,
};

struct sk_reuseport_md {
	u64 data, data_end;
	u32 len, eth_protocol, ip_protocol, bind_inany, hash;
};

struct bpf_sysctl {
	u32 write, file_pos;
};

static long (*bpf_sk_redirect_map)(struct __sk_buff *skb, void *map, u32 key, u64 flags) = (void *)52;
static long (*bpf_sk_redirect_hash)(struct __sk_buff *skb, void *map, void *key, u64 flags) = (void *)72;
static void *(*bpf_get_local_storage)(void *map, u64 flags) = (void *)81;
static long (*bpf_sk_select_reuseport)(struct sk_reuseport_md *ctx, void *map, void *key, u64 flags) = (void *)82;
static long (*bpf_sysctl_get_name)(struct bpf_sysctl *ctx, char *buf, u64 size, u64 flags) = (void *)101;

struct {
	__uint(type, BPF_MAP_TYPE_SOCKMAP);
	__uint(max_entries, 64);
	__uint(key_size, 4);
	__uint(value_size, 4);
} peers SEC(".maps");

struct pair {
	u32 local, remote;
};

struct {
	__uint(type, BPF_MAP_TYPE_SOCKHASH);
	__uint(max_entries, 1024);
	__uint(key_size, sizeof(struct pair));
	__uint(value_size, 4);
} pairs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_REUSEPORT_SOCKARRAY);
	__uint(max_entries, 16);
	__uint(key_size, 4);
	__uint(value_size, 4);
} group SEC(".maps");

struct storage_key {
	u64 cgroup;
	u32 attach;
};

struct {
	__uint(type, BPF_MAP_TYPE_CGROUP_STORAGE);
	__type(key, struct storage_key);
	__type(value, u64);
} meters SEC(".maps");

SEC("sk_skb/stream_parser")
int parser(struct __sk_buff *skb)
{
	u8 *data, *end;

	if (skb->len < 4)
		return 0;
	data = SKB_DATA(skb);
	end = SKB_END(skb);
	if (data + 4 > end)
		return 0;
	return data[2] << 8 | data[3];
}

SEC("sk_skb/stream_verdict")
int verdict(struct __sk_buff *skb)
{
	struct pair p = {.local = skb->local_port, .remote = skb->remote_port};

	if (p.local == 80)
		return bpf_sk_redirect_map(skb, &peers, p.remote & 63, 0);
	return bpf_sk_redirect_hash(skb, &pairs, &p, 0);
}

SEC("sk_reuseport")
int choose(struct sk_reuseport_md *ctx)
{
	u32 key = ctx->hash & 15;

	if (ctx->ip_protocol != 6)
		return 1;
	return bpf_sk_select_reuseport(ctx, &group, &key, 0) ? 0 : 1;
}

SEC("cgroup_skb/ingress")
int metered(struct __sk_buff *skb)
{
	u64 *bytes = bpf_get_local_storage(&meters, 0);

	__sync_fetch_and_add(bytes, skb->len);
	return *bytes < 1000000000;
}

SEC("cgroup/sysctl")
int setting(struct bpf_sysctl *ctx)
{
	char name[32] = {};
	long n = bpf_sysctl_get_name(ctx, name, sizeof(name), 0);

	if (n < 4)
		return 1;
	if (ctx->write && name[0] == 'n' && name[1] == 'e' && name[2] == 't')
		return 0;
	return 1;
}

char _license[] SEC("license") = "GPL";
