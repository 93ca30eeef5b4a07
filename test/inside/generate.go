package inside

// The object is committed; testdata/build.sh makes it from inside.bpf.c.
//
//go:generate go run ../../cmd/bpf2go-native inside inside.o
