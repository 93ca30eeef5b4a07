//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Refused: a pointer that was read from memory is a number; what it points to has to be read with bpf_probe_read_kernel. */
#include "../include/bpf_more.h"


struct task {
	u32 state;
	u32 pid;
};

SEC("raw_tracepoint/sched_switch")
int kernel_pointer(struct bpf_raw_tracepoint_args *ctx)
{
	struct task *next = (struct task *)ctx->args[2];

	return next->pid == 1;
}

char _license[] SEC("license") = "GPL";
