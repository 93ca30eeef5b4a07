//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted: state between runs: filters of Bloom, stacks, queues, counters of processors, formatted text, strings compared. */
#include "../include/bpf_more.h"

enum {
	BPF_MAP_TYPE_STACK = 23,
	BPF_MAP_TYPE_BLOOM_FILTER = 30,
};

static long (*bpf_map_peek_elem)(void *map, void *value) = (void *)89;
static u64 (*bpf_jiffies64)(void) = (void *)118;
static long (*bpf_snprintf)(char *to, u32 size, const char *format, u64 *data, u32 len) = (void *)165;
static long (*bpf_strncmp)(const char *a, u32 size, const char *b) = (void *)182;
static void *(*bpf_map_lookup_percpu_elem)(void *map, const void *key, u32 cpu) = (void *)195;
static u64 (*bpf_ktime_get_boot_ns)(void) = (void *)125;

struct {
	__uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
	__uint(max_entries, 10000);
	__uint(value_size, 4);
} seen SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 64);
	__uint(value_size, 8);
} undo SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
} loads SEC(".maps");

SEC("tc")
int first(struct __sk_buff *skb)
{
	u32 h = bpf_get_hash_recalc(skb);

	if (bpf_map_peek_elem(&seen, &h) == 0)
		return TC_ACT_OK;
	bpf_map_push_elem(&seen, &h, 0);
	return TC_ACT_SHOT;
}

SEC("tc")
int stacked(struct __sk_buff *skb)
{
	u64 v = skb->mark, top = 0;

	if (bpf_map_peek_elem(&undo, &top) == 0 && top == v)
		bpf_map_pop_elem(&undo, &top);
	else
		bpf_map_push_elem(&undo, &v, 2);
	return top & 1;
}

SEC("tc")
int busiest(struct __sk_buff *skb)
{
	u32 key = 0, cpu, best = 0;
	u64 most = 0;

	for (cpu = 0; cpu < 16; cpu++) {
		u64 *v = bpf_map_lookup_percpu_elem(&loads, &key, cpu);

		if (!v)
			break;
		if (*v > most) {
			most = *v;
			best = cpu;
		}
	}
	skb->queue_mapping = best + 1;
	return TC_ACT_OK;
}

static const char wanted[] = "nginx";
static const char format[] = "mark %d len %u";

SEC("raw_tracepoint/sched_switch")
int named(void *ctx)
{
	char comm[16];

	if (bpf_get_current_comm(comm, sizeof(comm)))
		return 0;
	return bpf_strncmp(comm, sizeof(comm), wanted) == 0 && bpf_jiffies64() & 1;
}

SEC("tc")
int formatted(struct __sk_buff *skb)
{
	char text[48];
	u64 args[2] = {skb->mark, skb->len};
	long n = bpf_snprintf(text, sizeof(text), format, args, sizeof(args));

	if (n < 0 || n > sizeof(text))
		return TC_ACT_OK;
	return bpf_ktime_get_boot_ns() & n & 1;
}

char _license[] SEC("license") = "GPL";
