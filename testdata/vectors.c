/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the test vectors: for each algorithm, inputs and the result of the host's
 * C compiler. Usage: vectors DIRECTORY. One file per algorithm, one run per line:
 *
 *   <input in hex, or - for none> <result as 16 hex digits>
 *
 * A result is what the raw program returns in r0; the xdp program returns its
 * low 32 bits. The lines of globals are one sequence that starts from a fresh load.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checksum.h"
#include "classifier.h"
#include "globals.h"
#include "hash.h"
#include "loops.h"
#include "memuser.h"
#include "subprogs.h"

#define INPUT_MAX 1600

static u8 input[INPUT_MAX] __attribute__((aligned(8)));
static u64 state;

/* SplitMix64's generator: a counter and a finaliser. */
static u64 draw(void)
{
	u64 z = state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static void fill_random(u64 n)
{
	for (u64 i = 0; i < n; i++)
		input[i] = draw() >> 24;
}

static u64 fill_bytes(int run)
{
	static const u16 length[] = {0, 1, 2, 3, 14, 15, 20, 63, 64, 255, 256, 1023, 1498, 1499, 1500, 1501, 1502, 1600};
	u64 n = run < (int)(sizeof(length) / sizeof(*length)) ? length[run] : draw() % 300;

	fill_random(n);
	if (run % 5 == 4)
		memset(input, 0xff, n);
	return n;
}

static u64 fill_block(int run)
{
	u64 n = run < 4 ? (u64)(run * 28) : 64 + draw() % 32;

	fill_random(n);
	return n;
}

/* Frames that reach every case: all the numbers a switch may hold, in turn. */
static u64 fill_frame(int run)
{
	static const u16 type[] = {0x0806, 0x0842, 0x22ea, 0x22f0, 0x8035, 0x8100, 0x8847, 0x8848, 0x8863, 0x8864,
				   0x888e, 0x88a8, 0x88cc, 0x88e5, 0x88f7, 0x9100, 0x05dc, 0xffff};
	static const u8 protocol[] = {1, 2, 4, 41, 47, 50, 51, 58, 88, 89, 103, 112, 132, 136, 0, 255, 6, 17};
	static const u16 port[] = {20, 21, 22, 23, 25, 49, 53, 67, 68, 69, 80, 88, 110, 123, 143, 161, 162, 179, 389, 443, 445,
				   465, 514, 587, 636, 853, 993, 995, 1812, 1883, 3306, 3389, 4789, 5353, 5432, 6379, 8080,
				   8443, 9090, 11211, 1, 1023, 1024, 65535};
	int six = run & 1, k = run >> 1;
	u64 n = 80, l4 = six ? 54 : 34;
	u16 t, p;

	fill_random(n);
	if (k < 18) {
		input[12] = type[k] >> 8;
		input[13] = type[k];
		return run == 0 ? 13 : n;
	}
	k -= 18;
	t = six ? 0x86dd : 0x0800;
	input[12] = t >> 8;
	input[13] = t;
	input[14] = six ? 0x60 : 0x45;
	if (!six)
		input[20] &= 0xe0, input[21] = 0;
	if (k < 18) {
		input[six ? 20 : 23] = protocol[k];
		return n;
	}
	k -= 18;
	input[six ? 20 : 23] = k & 1 ? 6 : 17;
	p = port[(k >> 1) % (sizeof(port) / sizeof(*port))];
	input[l4 + 2] = p >> 8;
	input[l4 + 3] = p;
	if (k >= 88) { /* damaged: options, fragments, cut short */
		if (k % 3 == 0)
			return draw() % 60;
		input[six ? 12 : 14 + k % 3 * 3] += 1 + draw() % 8;
	}
	return n;
}

/* Records with equal keys, sorted runs and a probe that is present. */
static u64 fill_records(int run)
{
	fill_random(MEMUSER_INPUT);
	if (run == 0)
		return MEMUSER_INPUT - 1;
	if (run % 3 == 0)
		memcpy(input + 64, input + 16 * (run % 4), 16);
	if (run % 4 == 1)
		for (int i = 0; i < 4; i++)
			memset(input + 16 * i, i < run % 7 ? 9 : run, 8 - run % 3);
	if (run % 5 == 0)
		memcpy(input + 48, input + 16, 16);
	if (run % 6 == 5)
		for (int i = 0; i < 4; i++)
			input[16 * i] = 60 - 10 * i;
	return MEMUSER_INPUT + run % 2;
}

static u64 fill_words(int run)
{
	u64 n = 40 + run % 9;

	fill_random(n);
	if (run % 4 == 1)
		memset(input + 8, 0, 4); /* a divisor of zero */
	if (run % 5 == 2)
		input[24] = 0;
	if (run % 6 == 3)
		memset(input + 36, 0, 4);
	if (run % 6 == 4)
		memset(input + 33, 0, 3), memset(input + 38, 0, 2);
	return run == 0 ? 39 : n;
}

static u64 fill_short(int run)
{
	u64 n = run % 11 == 10 ? draw() % 2 : 14 + draw() % 20;

	fill_random(n);
	return n;
}

struct algorithm {
	const char *name;
	u64 (*run)(struct span s);
	u64 (*fill)(int run);
	int runs;
};

static u64 run_checksum(struct span s) { return checksum_span(s); }
static u64 run_hash(struct span s) { return hash_span(s); }
static u64 run_classifier(struct span s) { return classify_span(s); }
static u64 run_memuser(struct span s) { return memuser_span(s); }
static u64 run_subprogs(struct span s) { return subprogs_span(s); }
static u64 run_loops(struct span s) { return loops_span(s); }
static u64 run_globals(struct span s) { return globals_span(s); }

static const struct algorithm algorithms[] = {
	{"checksum", run_checksum, fill_bytes, 48},
	{"hash", run_hash, fill_block, 48},
	{"classifier", run_classifier, fill_frame, 320},
	{"memuser", run_memuser, fill_records, 64},
	{"subprogs", run_subprogs, fill_words, 64},
	{"loops", run_loops, fill_words, 64},
	{"globals", run_globals, fill_short, 64},
};

static void write_vectors(const char *dir, const struct algorithm *a)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.txt", dir, a->name);
	f = fopen(path, "w");
	if (!f) {
		perror(path);
		exit(1);
	}
	state = 1;
	for (int run = 0; run < a->runs; run++) {
		struct span s = {input, a->fill(run)};

		for (u64 i = 0; i < s.len; i++)
			fprintf(f, "%02x", input[i]);
		fprintf(f, "%s %016llx\n", s.len ? "" : "-", a->run(s));
	}
	if (fclose(f)) {
		perror(path);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: vectors DIRECTORY\n");
		return 2;
	}
	for (u64 i = 0; i < sizeof(algorithms) / sizeof(*algorithms); i++)
		write_vectors(argv[1], &algorithms[i]);
	return 0;
}
