//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that call others through a program array, as machine code. Slots of
 * forward come from the packet: byte 0 is where forward goes, byte 1 where relay
 * of the other package goes.
 */
#include "../../../testdata/include/bpf_more.h"

#define SELF 1
#define FOREVER 2

#define __array(field, what) typeof(what) *field[]

int again(struct xdp_md *ctx);
int forever(struct xdp_md *ctx);

struct {
	__uint(type, 3); /* BPF_MAP_TYPE_PROG_ARRAY */
	__uint(max_entries, 8);
	__uint(key_size, sizeof(u32));
	__array(values, int(struct xdp_md *));
} jumps SEC(".maps") = {
	.values = {
		[SELF] = (void *)&again,
		[FOREVER] = (void *)&forever,
	},
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, u32);
	__type(value, u64);
} values SEC(".maps");

/* What tells the instances apart. */
u64 mark = 11;
u64 runs;

/* from_packet is a byte of the packet, 255 behind its end. */
static ALWAYS_INLINE u32 from_packet(struct xdp_md *ctx, u32 at)
{
	const u8 *data = XDP_DATA(ctx), *end = XDP_END(ctx);

	return data + at + 1 > end ? 255 : data[at];
}

SEC("xdp/forward")
int forward(struct xdp_md *ctx)
{
	u32 index = from_packet(ctx, 0);

	bpf_tail_call(ctx, &jumps, index);
	return 1000 + index;
}

SEC("xdp/land")
int land(struct xdp_md *ctx)
{
	return mark;
}

/* again calls itself as often as it may and returns how often it ran. */
SEC("xdp/again")
int again(struct xdp_md *ctx)
{
	runs++;
	bpf_tail_call(ctx, &jumps, SELF);
	return runs;
}

/* forever is again and nothing else, to be measured. */
SEC("xdp/forever")
int forever(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &jumps, FOREVER);
	return 7;
}

static NOINLINE u32 deeper(struct xdp_md *ctx, u32 *total)
{
	*total += 5;
	bpf_tail_call(ctx, &jumps, from_packet(ctx, 0));
	return *total;
}

static NOINLINE u32 deep(struct xdp_md *ctx, u32 *total)
{
	u32 got = deeper(ctx, total);

	return got + 3;
}

/* below goes there from a function of a function: nothing here is done when the
 * call is taken. */
SEC("xdp/below")
int below(struct xdp_md *ctx)
{
	u32 total = from_packet(ctx, 0);
	u32 got = deep(ctx, &total);

	runs += 100;
	return 2000 + got * 2 + total;
}

/* hold reads a value of a map whose memory is used again. */
SEC("xdp/hold")
int hold(struct xdp_md *ctx)
{
	u32 key = 1;
	u64 *v = bpf_map_lookup_elem(&values, &key);

	if (!v)
		return 1;
	return *v == bpf_ktime_get_ns() ? 2 : *v;
}

/* speak calls the writer of trace_printk, a test's Go code, and is itself
 * afterwards. */
SEC("xdp/speak")
int speak(struct xdp_md *ctx)
{
	char format[] = "speak %d";
	u32 at = from_packet(ctx, 1);

	bpf_trace_printk(format, sizeof(format), at);
	return mark + at;
}

/* least has 8 bytes without asking. */
SEC("raw/8")
u64 least(const u8 *data, u64 len)
{
	return *(const load64 *)data + len;
}

char _license[] SEC("license") = "Dual MIT/GPL"; /* trace_printk asks for it */
