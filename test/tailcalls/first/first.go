// Package first has programs as machine code that take tail calls. They are
// those of first.bpf.c; package tailcalls tests them.
package first

// The object is committed; testdata/build.sh makes it from first.bpf.c.
//
//go:generate go run ../../../cmd/bpf2go-native First first.o
