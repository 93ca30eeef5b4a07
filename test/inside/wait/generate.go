package wait

// The object is committed; testdata/build.sh makes it from wait.bpf.c.
//
//go:generate go run ../../../cmd/bpf2go-native native wait.o
//go:generate go run ../../../cmd/bpf2go-native --backend go body wait.o
