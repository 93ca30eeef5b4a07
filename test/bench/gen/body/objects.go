// Package body holds the measured programs as Go bodies: bpf2go-native's output for
// the objects of programs, testdata and the example with -backend go.
package body

import "github.com/bpf2go-native/bpf2go-native/rtlib"

//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package body -backend go Calls ../../programs/calls.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package body -backend go array ../../programs/array.o
//go:generate go run github.com/bpf2go-native/bpf2go-native/cmd/bpf2go-native -go-package body -backend go maps ../../programs/hash.o
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
		"testdata/checksum.o":                &checksumObject,
		"testdata/hash.o":                    &hashObject,
		"testdata/classifier.o":              &classifierObject,
		"testdata/memuser.o":                 &memuserObject,
		"testdata/subprogs.o":                &subprogsObject,
		"testdata/loops.o":                   &loopsObject,
		"examples/xdpfirewall/xdpfirewall.o": &xdpfirewallObject,
	}
}
