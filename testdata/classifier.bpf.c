//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* classifier on a raw memory context: r1 points to len bytes. */
#include "include/bpf_helpers.h"
#include "classifier.h"

SEC("raw")
u64 classifier(const u8 *data, u64 len)
{
	struct span s = {data, len};

	return classify_span(s);
}

char _license[] SEC("license") = "Apache-2.0";
