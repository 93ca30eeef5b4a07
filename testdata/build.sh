#!/bin/sh
# Regenerates the committed objects, or with "check" builds them elsewhere and
# compares. Run from any directory.
#
#   CLANG       the current clang, default clang-19: *.o, broken/*.o, the example
#   CLANG_OLD   the oldest clang that Debian packages, default clang-13:
#               clang13/*.o, styles/clang13/*.o, the example's testdata, for the
#               instruction set -mcpu=v2
#   CC          host compiler for the test vectors, default cc
#
# Objects depend on the sources and on the compiler's version only: the compiler
# is given relative names and "." as its directory.
set -eu
cd "$(dirname "$0")"
CLANG=${CLANG:-clang-19}
CLANG_OLD=${CLANG_OLD:-clang-13}
CC=${CC:-cc}
EXAMPLE=../examples/xdpfirewall
RINGEVENTS=../examples/ringevents
TENANTS=../examples/tenants
RATELIMIT=../examples/ratelimit
INSIDE=../test/inside
WAIT=$INSIDE/wait
TAILCALLS=../test/tailcalls
FLAGS='-O2 -g -Wall -Wno-unused-variable -target bpf -fdebug-compilation-dir=.'

# build SOURCE OBJECT COMPILER CPU: the object is written below $out.
build() {
	mkdir -p "$(dirname "$out/$2")"
	(cd "$(dirname "$1")" && "$3" $FLAGS -mcpu="$4" -c "$(basename "$1")" -o "$out/$2")
}

all() {
	for src in *.bpf.c broken/*.bpf.c styles/*.bpf.c; do
		build "$src" "${src%.bpf.c}.o" "$CLANG" v3
	done
	build "$EXAMPLE/xdpfirewall.bpf.c" "$EXAMPLE/xdpfirewall.o" "$CLANG" v3
	for name in ringevents broken/unchecked broken/forgotten; do
		build "$RINGEVENTS/$name.bpf.c" "$RINGEVENTS/$name.o" "$CLANG" v3
	done
	for name in tenants broken/unchecked broken/notvalue; do
		build "$TENANTS/$name.bpf.c" "$TENANTS/$name.o" "$CLANG" v3
	done
	for name in ratelimit broken/inserted broken/bounds; do
		build "$RATELIMIT/$name.bpf.c" "$RATELIMIT/$name.o" "$CLANG" v3
	done
	build "$INSIDE/inside.bpf.c" "$INSIDE/inside.o" "$CLANG" v3
	build "$WAIT/wait.bpf.c" "$WAIT/wait.o" "$CLANG" v3
	for name in first second; do
		build "$TAILCALLS/$name/$name.bpf.c" "$TAILCALLS/$name/$name.o" "$CLANG" v4
	done
	build "$EXAMPLE/xdpfirewall.bpf.c" "$EXAMPLE/testdata/clang13.o" "$CLANG_OLD" v2
	for src in *.bpf.c; do
		build "$src" "clang13/$(basename "$src" .bpf.c).o" "$CLANG_OLD" v2
	done
	for src in styles/*.bpf.c; do
		name=$(basename "$src" .bpf.c)
		case $name in
		atomics | iterators) ;; # 32-bit atomics and may_goto are younger
		*) build "$src" "styles/clang13/$name.o" "$CLANG_OLD" v2 ;;
		esac
	done
	mkdir -p "$out/vectors"
	"$CC" -std=gnu11 -O2 -Wall -Wno-unused-variable -o "$tool" vectors.c
	"$tool" "$out/vectors"
}

temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
tool=$temp/vectors
case ${1:-build} in
build)
	out=$PWD
	all
	;;
check)
	# Two levels down, so that the example's ../ stays inside $temp.
	out=$temp/a/b
	mkdir -p "$out"
	all
	status=0
	(cd "$out" && find . "$EXAMPLE" "$RINGEVENTS" "$TENANTS" "$RATELIMIT" "$INSIDE" "$TAILCALLS" -type f) >"$temp/list"
	while read -r name; do
		cmp "$out/$name" "$name" || status=1
	done <"$temp/list"
	exit $status
	;;
*)
	echo "usage: build.sh [build|check]" >&2
	exit 2
	;;
esac
