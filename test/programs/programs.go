// Package programs has C programs in the styles that users write and that
// testdata lacks: arithmetic with signs and without limits, atomic operations,
// callbacks and walks over maps, structures of all layouts in hash maps, headers
// of variable length, stages of a parser that call each other. Its test runs
// machine code, Go bodies, the reference interpreter and, for root, the kernel
// side by side. build.sh makes the objects, whose licence is Apache-2.0.
package programs

import (
	"github.com/bpf2go-native/bpf2go-native/rtlib/ebpf"
	"github.com/bpf2go-native/bpf2go-native/test/programs/gobody"
	"github.com/bpf2go-native/bpf2go-native/test/programs/native"
)

//go:generate -command native go run ../../cmd/bpf2go-native -backend native -annotate none -no-global-types -output-dir native -go-package native
//go:generate -command gobody go run ../../cmd/bpf2go-native -backend go -annotate none -no-global-types -output-dir gobody -go-package gobody
//go:generate native Arithmetic arithmetic.o
//go:generate native Atomics atomics.o
//go:generate native Callbacks callbacks.o
//go:generate native Headers headers.o
//go:generate native Layout layout.o
//go:generate native Stages stages.o
//go:generate gobody Arithmetic arithmetic.o
//go:generate gobody Atomics atomics.o
//go:generate gobody Callbacks callbacks.o
//go:generate gobody Headers headers.o
//go:generate gobody Layout layout.o
//go:generate gobody Stages stages.o

// Object is a row: an object with an XDP program of the same name.
type Object struct {
	Name string
	// Native and GoBody load what was generated.
	Native, GoBody func() (*ebpf.CollectionSpec, error)
}

// Objects returns all rows.
func Objects() []Object {
	return []Object{
		{"arithmetic", native.LoadArithmetic, gobody.LoadArithmetic},
		{"atomics", native.LoadAtomics, gobody.LoadAtomics},
		{"callbacks", native.LoadCallbacks, gobody.LoadCallbacks},
		{"headers", native.LoadHeaders, gobody.LoadHeaders},
		{"layout", native.LoadLayout, gobody.LoadLayout},
		{"stages", native.LoadStages, gobody.LoadStages},
	}
}
