//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted: a tracer that reads fields of the kernel by relocations (CO-RE), and asks whether they exist. */
#include "../include/bpf_more.h"

#define CORE __attribute__((preserve_access_index))

struct list {
	struct list *next;
} CORE;

struct namespace {
	u32 inum;
} CORE;

struct task_struct {
	int pid, tgid, exit_code;
	struct task_struct *real_parent;
	char comm[16];
} CORE;

struct file {
	u32 f_flags;
	long long f_pos;
} CORE;

struct event {
	u32 pid, parent, code, flags;
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 14);
} exits SEC(".maps");

#define READ(to, from) bpf_probe_read_kernel(to, sizeof(*(to)), __builtin_preserve_access_index(from))

SEC("raw_tracepoint/sched_process_exit")
int exiting(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *t = (struct task_struct *)ctx->args[0], *parent = 0;
	struct event *e = bpf_ringbuf_reserve(&exits, sizeof(*e), 0);
	int n = 0;

	if (!e)
		return 0;
	READ(&n, &t->tgid);
	e->pid = n;
	READ(&parent, &t->real_parent);
	READ(&n, &parent->tgid);
	e->parent = n;
	READ(&n, &t->exit_code);
	e->code = n;
	bpf_probe_read_kernel(e->comm, sizeof(e->comm), __builtin_preserve_access_index(&t->comm));
	e->flags = __builtin_preserve_field_info(t->exit_code, 2) ? 1 : 2;
	bpf_ringbuf_submit(e, 0);
	return 0;
}

SEC("kprobe/vfs_read")
int reading(u64 *regs)
{
	struct file *f = (struct file *)regs[14];
	u32 flags = 0;
	long long pos = 0;

	READ(&flags, &f->f_flags);
	READ(&pos, &f->f_pos);
	return pos > 0 && flags & 1;
}

char _license[] SEC("license") = "GPL";
