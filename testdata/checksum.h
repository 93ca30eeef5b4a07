/* SPDX-License-Identifier: Apache-2.0 */
/*
 * checksum: the Internet checksum (RFC 1071) of at most CHECKSUM_MAX bytes.
 * A bounded loop over bytes whose end is known only at run time.
 */
#ifndef TESTDATA_CHECKSUM_H
#define TESTDATA_CHECKSUM_H

#include "include/span.h"

#define CHECKSUM_MAX 1500

static ALWAYS_INLINE u64 checksum_span(struct span s)
{
	u64 sum = 0;
	u64 i;

	for (i = 0; i < CHECKSUM_MAX; i += 2) {
		if (!span_has(s, i, 2)) {
			if (span_has(s, i, 1))
				sum += (u64)s.data[i] << 8;
			break;
		}
		sum += (u64)s.data[i] << 8 | s.data[i + 1];
	}
	/* At most 750 words were added, so two folds leave 16 bits. */
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

#endif
