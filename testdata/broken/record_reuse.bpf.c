//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: a ring buffer record is written after it was submitted. */
#include "../include/bpf_more.h"


struct event {
	u64 when;
	u32 pid;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_execve")
int record_reuse(void *ctx)
{
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e)
		return 0;
	e->pid = bpf_get_current_pid_tgid() >> 32;
	bpf_ringbuf_submit(e, 0);
	e->when = bpf_ktime_get_ns();
	return 0;
}

char _license[] SEC("license") = "GPL";
