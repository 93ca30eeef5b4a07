//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted: text: a path compared byte by byte, a method of HTTP, hexadecimal digits, a table that maps characters, copies of overlapping parts. */
#include "../include/bpf_more.h"

struct text {
	u32 len;
	char bytes[60];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512);
	__uint(key_size, 64);
	__uint(value_size, 4);
} paths SEC(".maps");

static const char digits[16] = "0123456789abcdef";

SEC("raw_tracepoint/sys_enter")
int path(struct bpf_raw_tracepoint_args *ctx)
{
	struct text t = {};
	long n = bpf_probe_read_str(t.bytes, sizeof(t.bytes), (void *)ctx->args[1]);
	u32 i, slashes = 0;

	if (n < 0)
		return 0;
	t.len = n;
	for (i = 0; i < sizeof(t.bytes) && t.bytes[i]; i++)
		if (t.bytes[i] == '/')
			slashes++;
	if (!__builtin_memcmp(t.bytes, "/proc/", 6))
		return 0;
	return bpf_map_lookup_elem(&paths, &t) ? slashes : 0;
}

SEC("xdp")
int method(struct xdp_md *ctx)
{
	const char *data = (const char *)XDP_DATA(ctx), *end = (const char *)XDP_END(ctx), *p = data + 54;

	if (p + 8 > end)
		return XDP_PASS;
	if (p[0] == 'G' && p[1] == 'E' && p[2] == 'T' && p[3] == ' ')
		return XDP_PASS;
	if (p[0] == 'P' && (p[1] == 'O' || p[1] == 'U'))
		return XDP_TX;
	return XDP_DROP;
}

SEC("xdp")
int hex(struct xdp_md *ctx)
{
	const u8 *data = XDP_DATA(ctx), *end = XDP_END(ctx);
	struct text t = {.len = 12};
	u32 i;

	if (data + 6 > end)
		return XDP_PASS;
	for (i = 0; i < 6; i++) {
		t.bytes[2 * i] = digits[data[i] >> 4];
		t.bytes[2 * i + 1] = digits[data[i] & 15];
	}
	__builtin_memmove(t.bytes + 1, t.bytes, 24);
	return bpf_map_lookup_elem(&paths, &t) ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
