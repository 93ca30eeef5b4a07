/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times the C functions for a parent that asks line by line, so that rounds of
 * several processes can alternate:
 *
 *   input HEX|-          adds an input                         answers ok
 *   clear                forgets the inputs                    answers ok
 *   run NAME CALLS       calls NAME so often, inputs in turn   answers NS SUM
 *
 * NS is time of this thread in nanoseconds, SUM the sum of the results, 32 bits.
 * A request that makes no sense is answered with "error" and the reason.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "peer.h"

#define INPUTS_MAX 512
#define INPUT_SIZE 2048

static struct {
	u8 data[INPUT_SIZE] __attribute__((aligned(64)));
	u64 len;
} inputs[INPUTS_MAX];
static u32 count;
static u64 secret;
static char line[2 * INPUT_SIZE + 64];

static u64 now(void)
{
	struct timespec t;

#ifdef __linux__
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
#else
	clock_gettime(CLOCK_MONOTONIC, &t);
#endif
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static const char *input(const char *hex)
{
	u64 n = strcmp(hex, "-") ? strlen(hex) / 2 : 0;

	if (count == INPUTS_MAX || n > INPUT_SIZE)
		return "too much input";
	for (u64 i = 0; i < n; i++) {
		unsigned byte;

		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			return "not hex";
		inputs[count].data[i] = byte;
	}
	inputs[count++].len = n;
	return 0;
}

static const struct peer *find(const struct peer *p, const char *name)
{
	for (; p->name; p++)
		if (!strcmp(p->name, name))
			return p;
	return 0;
}

/* The function pointer is volatile: each call is a real one with opaque inputs. */
static void run(const struct peer *p, u64 calls)
{
	u64 (*volatile f)(const u8 *data, u64 len) = p->run;
	u32 sum = 0, k = 0;
	u64 start = now();

	for (u64 n = 0; n < calls; n++) {
		sum += f(inputs[k].data, inputs[k].len);
		if (++k == count)
			k = 0;
	}
	printf("%llu %u\n", now() - start, sum);
}

static const char *command(char *text)
{
	const struct peer *p;
	char *verb = strtok(text, " \n"), *first = strtok(0, " \n"), *second = strtok(0, " \n");

	if (verb && !strcmp(verb, "clear")) {
		count = 0;
		puts("ok");
		return 0;
	}
	if (verb && first && !strcmp(verb, "input")) {
		const char *wrong = input(first);

		if (!wrong)
			puts("ok");
		return wrong;
	}
	if (!verb || !second || strcmp(verb, "run"))
		return "unknown request";
	p = find(call_peers, first);
	if (!p)
		p = find(algorithm_peers, first);
	if (!p)
		p = find(map_peers, first);
	if (!p && (p = find(big_map_peers, first)) && secret) {
		/* Big tables only when they are asked for. */
		maps_fill_big(secret);
		secret = 0;
	}
	if (!p)
		return "unknown function";
	if (!count)
		return "no input";
	run(p, strtoull(second, 0, 10));
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: peer SECRET\n");
		return 2;
	}
	secret = strtoull(argv[1], 0, 0);
	maps_fill(secret);
	while (fgets(line, sizeof(line), stdin)) {
		const char *wrong = command(line);

		if (wrong)
			printf("error %s\n", wrong);
		fflush(stdout);
	}
	return 0;
}
