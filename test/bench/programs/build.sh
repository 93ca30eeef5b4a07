#!/bin/sh
# Regenerates the committed objects of the measured programs. CLANG is the
# compiler, default clang-19, as in testdata/build.sh.
set -eu
cd "$(dirname "$0")"
for src in *.bpf.c; do
	"${CLANG:-clang-19}" -O2 -g -Wall -Wno-unused-variable -target bpf -mcpu=v3 -fdebug-compilation-dir=. -ffile-prefix-map=../../../testdata=testdata \
		-I../../../testdata -c "$src" -o "${src%.bpf.c}.o"
done
