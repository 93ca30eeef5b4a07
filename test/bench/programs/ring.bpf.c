//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Records of 16 bytes to a ring. Who measures empties it before it is full. */
#include "bench.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} ring SEC(".maps");

struct record {
	u64 first, second;
};

LOOP(ring_base, {
	struct record record = {index, x};

	asm volatile("" : : "r"(&record) : "memory");
	sum += index;
})

LOOP(ring_output, {
	struct record record = {index, x};

	sum += index + bpf_ringbuf_output(&ring, &record, sizeof(record), 0);
})

LOOP(ring_reserve, {
	struct record *record = bpf_ringbuf_reserve(&ring, sizeof(*record), 0);

	if (record) {
		record->first = index;
		record->second = x;
		bpf_ringbuf_submit(record, 0);
		sum += index;
	}
})

char _license[] SEC("license") = "Apache-2.0";
