#!/bin/sh
# Regenerates the committed objects with clang-19, from any directory.
set -eu
cd "$(dirname "$0")"
for src in *.bpf.c; do
	cpu=v3
	[ "$src" = arithmetic.bpf.c ] && cpu=v4
	"${CLANG:-clang-19}" -O2 -g -Wall -Wno-unused-variable -target bpf -fdebug-compilation-dir=. -mcpu=$cpu -c "$src" -o "${src%.bpf.c}.o"
done
