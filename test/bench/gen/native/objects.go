// Package native holds the measured programs as machine code: bpf2go-native's output
// for the objects of programs, testdata and the example.
package native

import "github.com/bpf2go-native/bpf2go-native/rtlib"

//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package native Calls ../../programs/calls.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package native array ../../programs/array.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package native maps ../../programs/hash.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package native hashBig ../../programs/hash_big.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package native lru ../../programs/lru.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package native lruBig ../../programs/lru_big.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package native percpu ../../programs/percpu.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package native ring ../../programs/ring.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package native lpm ../../programs/lpm.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package native lpmBig ../../programs/lpm_big.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package native inner ../../programs/inner.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package native tail ../../programs/tail.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package native checksum ../../../../testdata/checksum.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package native hash ../../../../testdata/hash.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package native classifier ../../../../testdata/classifier.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package native memuser ../../../../testdata/memuser.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package native subprogs ../../../../testdata/subprogs.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package native loops ../../../../testdata/loops.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package native xdpfirewall ../../../../examples/xdpfirewall/xdpfirewall.o

// Objects returns the objects by the path of their file in the repository.
func Objects() map[string]*rtlib.ObjectSpec {
	return map[string]*rtlib.ObjectSpec{
		"test/bench/programs/calls.o":        &callsObject,
		"test/bench/programs/array.o":        &arrayObject,
		"test/bench/programs/hash.o":         &mapsObject,
		"test/bench/programs/hash_big.o":     &hashBigObject,
		"test/bench/programs/lru.o":          &lruObject,
		"test/bench/programs/lru_big.o":      &lruBigObject,
		"test/bench/programs/percpu.o":       &percpuObject,
		"test/bench/programs/ring.o":         &ringObject,
		"test/bench/programs/lpm.o":          &lpmObject,
		"test/bench/programs/lpm_big.o":      &lpmBigObject,
		"test/bench/programs/inner.o":        &innerObject,
		"test/bench/programs/tail.o":         &tailObject,
		"testdata/checksum.o":                &checksumObject,
		"testdata/hash.o":                    &hashObject,
		"testdata/classifier.o":              &classifierObject,
		"testdata/memuser.o":                 &memuserObject,
		"testdata/subprogs.o":                &subprogsObject,
		"testdata/loops.o":                   &loopsObject,
		"examples/xdpfirewall/xdpfirewall.o": &xdpfirewallObject,
	}
}
