// Package body holds the measured programs as Go bodies: bpf2go-native's output for
// the objects of programs, testdata and the example with -backend go.
package body

import "github.com/bpf2go-native/bpf2go-native/rtlib"

//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package body -backend go Calls ../../programs/calls.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package body -backend go array ../../programs/array.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package body -backend go maps ../../programs/hash.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package body -backend go hashBig ../../programs/hash_big.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package body -backend go lru ../../programs/lru.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package body -backend go lruBig ../../programs/lru_big.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package body -backend go percpu ../../programs/percpu.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package body -backend go ring ../../programs/ring.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package body -backend go lpm ../../programs/lpm.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package body -backend go lpmBig ../../programs/lpm_big.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package body -backend go inner ../../programs/inner.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package body -backend go tail ../../programs/tail.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package body -backend go checksum ../../../../testdata/checksum.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package body -backend go hash ../../../../testdata/hash.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package body -backend go classifier ../../../../testdata/classifier.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package body -backend go memuser ../../../../testdata/memuser.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package body -backend go subprogs ../../../../testdata/subprogs.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package body -backend go loops ../../../../testdata/loops.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package body -backend go xdpfirewall ../../../../examples/xdpfirewall/xdpfirewall.o

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
