//go:build ignore

/* SPDX-License-Identifier: Apache-2.0 */
/* Accepted: a parser of sixteen stages: each reads a header at an offset that the one before gave, in any order the packet asks for. */
#include "../include/bpf_more.h"

struct seen {
	u8 kinds[16];
	u32 offset, next;
};

/* Reads the header of a stage; 0 goes on, anything else ends. */
static ALWAYS_INLINE int stage(const u8 *data, const u8 *end, struct seen *s, u32 i)
{
	u32 offset = s->offset & 0x3ff;
	const u8 *p = data + offset;

	if (p + 8 > end)
		return 1;
	s->kinds[i] = p[0];
	switch (s->next) {
	case 0: /* fixed */
		s->offset = offset + 8;
		s->next = p[1] & 7;
		break;
	case 1: /* length in words */
		s->offset = offset + (p[2] & 15) * 4 + 4;
		s->next = p[1] & 7;
		break;
	case 2: /* length in bytes */
		s->offset = offset + p[3] + 2;
		s->next = p[0] & 7;
		break;
	case 3: /* aligned to eight */
		s->offset = (offset + p[2] + 7) & ~7;
		s->next = p[1] & 3;
		break;
	default:
		return 2;
	}
	return 0;
}

SEC("xdp")
int parser(struct xdp_md *ctx)
{
	const u8 *data = XDP_DATA(ctx), *end = XDP_END(ctx);
	struct seen s = {.offset = 14};
	u32 i, sum = 0;

#define STAGE(i) if (stage(data, end, &s, i)) goto done;
	STAGE(0)
	STAGE(1)
	STAGE(2)
	STAGE(3)
	STAGE(4)
	STAGE(5)
	STAGE(6)
	STAGE(7)
	STAGE(8)
	STAGE(9)
	STAGE(10)
	STAGE(11)
	STAGE(12)
	STAGE(13)
	STAGE(14)
	STAGE(15)

done:
	for (i = 0; i < 16; i++)
		sum += s.kinds[i];
	return sum > 500 ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
