// Package second has programs as Go bodies that take tail calls. They are those
// of second.bpf.c; package tailcalls tests them.
package second

// The object is committed; testdata/build.sh makes it from second.bpf.c.
//
//go:generate go run ../../../cmd/bpf2go-native -backend go Second second.o
