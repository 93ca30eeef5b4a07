/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain C types shared by the eBPF programs and by host code that compiles the
 * same algorithms. Nothing but a C compiler is needed to include it.
 */
#ifndef TESTDATA_TYPES_H
#define TESTDATA_TYPES_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;
typedef long long s64;

/* Types for reading a number out of bytes: they alias everything, but the
 * address must be aligned for the number. */
typedef u16 __attribute__((may_alias)) load16;
typedef u32 __attribute__((may_alias)) load32;
typedef u64 __attribute__((may_alias)) load64;

#define ALWAYS_INLINE inline __attribute__((always_inline))
#define NOINLINE __attribute__((noinline))

static ALWAYS_INLINE u32 rotate32(u32 x, int n)
{
	return x << n | x >> (32 - n);
}

static ALWAYS_INLINE u64 rotate64(u64 x, int n)
{
	return x << n | x >> (64 - n);
}

#endif
