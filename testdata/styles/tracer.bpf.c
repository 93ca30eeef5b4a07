//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted: tracers: raw tracepoint, tracepoint, perf event and kprobe programs that read memory of the kernel by probe_read and report by perf buffer, ring buffer and maps. */
#include "../include/bpf_more.h"

struct event {
	u64 when;
	u32 pid, tid, uid, kind;
	char comm[16];
	char path[96];
	s64 result;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, u32);
	__type(value, struct event);
} running SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct event);
} buffer SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 1024);
	__uint(key_size, 4);
	__uint(value_size, 127 * 8);
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1024);
	__type(key, u64);
	__type(value, u64);
} samples SEC(".maps");

volatile const u32 only_pid = 0;
volatile const u64 slow = 1000000;
u64 lost;

struct enter {
	u64 common;
	s64 number;
	const char *path;
	const char *const *argv;
};

struct leave {
	u64 common;
	s64 number;
	s64 result;
};

SEC("tracepoint/syscalls/sys_enter_execve")
int enter(struct enter *ctx)
{
	u64 id = bpf_get_current_pid_tgid();
	u32 zero = 0, tid = id;
	struct event *e;

	if (only_pid && only_pid != id >> 32)
		return 0;
	e = bpf_map_lookup_elem(&buffer, &zero);
	if (!e)
		return 0;
	e->when = bpf_ktime_get_ns();
	e->pid = id >> 32;
	e->tid = tid;
	e->kind = 1;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	bpf_probe_read_str(e->path, sizeof(e->path), ctx->path);
	bpf_map_update_elem(&running, &tid, e, 0);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_execve")
int leave(struct leave *ctx)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct event *e = bpf_map_lookup_elem(&running, &tid), *r;
	u64 now = bpf_ktime_get_ns();

	if (!e)
		return 0;
	if (now - e->when < slow)
		goto out;
	r = bpf_ringbuf_reserve(&events, sizeof(*r), 0);
	if (!r) {
		__sync_fetch_and_add(&lost, 1);
		goto out;
	}
	__builtin_memcpy(r, e, sizeof(*r));
	r->result = ctx->result;
	if (r->result < 0)
		bpf_ringbuf_discard(r, 0);
	else
		bpf_ringbuf_submit(r, 0);
out:
	bpf_map_delete_elem(&running, &tid);
	return 0;
}

struct node {
	struct node *next;
	u32 weight;
	char name[20];
};

SEC("raw_tracepoint/sched_switch")
int walk(struct bpf_raw_tracepoint_args *ctx)
{
	struct node *at = (struct node *)ctx->args[1], n;
	u64 sum = 0, key;
	int i;

	for (i = 0; i < 16 && at; i++) {
		if (bpf_probe_read_kernel(&n, sizeof(n), at))
			break;
		sum += n.weight;
		at = n.next;
	}
	key = sum << 8 | i;
	u64 *v = bpf_map_lookup_elem(&samples, &key), one = 1;
	if (v)
		*v += 1;
	else
		bpf_map_update_elem(&samples, &key, &one, 1);
	return 0;
}

struct sample {
	u64 regs[21];
	u64 period, addr;
};

SEC("perf_event")
int profile(struct sample *ctx)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32;
	s64 k = bpf_get_stackid(ctx, &stacks, 0), u = bpf_get_stackid(ctx, &stacks, 256);
	u64 key = (u64)pid << 32 | (u32)(k ^ u), one = ctx->period;
	u64 *v;

	if (k < 0 && u < 0)
		return 0;
	v = bpf_map_lookup_elem(&samples, &key);
	if (!v) {
		bpf_map_update_elem(&samples, &key, &one, 0);
		return 0;
	}
	*v += ctx->period;
	return 0;
}

SEC("kprobe/do_sys_open")
int probe(u64 *regs)
{
	char name[64];
	s64 n = bpf_probe_read_str(name, sizeof(name), (void *)regs[13]);
	u64 key = 0;
	s64 i;

	if (n <= 1 || n > 64)
		return 0;
	for (i = 0; i < 64; i++) {
		if (i >= n)
			break;
		key = key * 31 + name[i];
	}
	bpf_map_update_elem(&samples, &key, &n, 0);
	return 0;
}

char _license[] SEC("license") = "GPL";
