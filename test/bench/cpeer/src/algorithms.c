/* SPDX-License-Identifier: Apache-2.0 */
/* The algorithms of testdata as host code, each a function that its caller cannot
 * see into. */
#include "checksum.h"
#include "classifier.h"
#include "hash.h"
#include "loops.h"
#include "memuser.h"
#include "subprogs.h"

#include "peer.h"

#define ALGORITHM(name, body)                              \
	static NOINLINE u64 name(const u8 *data, u64 len)  \
	{                                                  \
		return body((struct span){data, len});     \
	}

ALGORITHM(checksum, checksum_span)
ALGORITHM(hash, hash_span)
ALGORITHM(classifier, classify_span)
ALGORITHM(memuser, memuser_span)
ALGORITHM(subprogs, subprogs_span)
ALGORITHM(loops, loops_span)

const struct peer algorithm_peers[] = {
	{"checksum", checksum},
	{"hash", hash},
	{"classifier", classifier},
	{"memuser", memuser},
	{"subprogs", subprogs},
	{"loops", loops},
	{0, 0},
};
