package main

// The native engine of this package and the same program as Go bodies. Both
// come from the committed object, so nobody needs clang.
//
//go:generate go run ../../cmd/bpf2go-native limiter ratelimit.o
//go:generate go run ../../cmd/bpf2go-native -backend go -output-dir gobody -go-package gobody Limiter ratelimit.o
