package engines

import (
	"path"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/rtlib/ebpf"
	"github.com/bpf2go-native/bpf2go-native/test/engines/gobody"
	"github.com/bpf2go-native/bpf2go-native/test/engines/native"
)

// Object is a good object of testdata and what was generated from it.
type Object struct {
	File    string // below testdata
	Program string // the one that it has
	Vectors string // of its algorithm, "" when it has none

	native, gobody func() (*ebpf.CollectionSpec, error)
	programs       any // a pointer to the generated struct, for its type
}

// XDP reports whether the program takes packets; the others take memory.
func (o *Object) XDP() bool {
	return strings.HasSuffix(o.File, "_xdp.o") || o.Vectors == ""
}

// Source is the base name of the program's C file.
func (o *Object) Source() string {
	return strings.TrimSuffix(path.Base(o.File), ".o") + ".bpf.c"
}

// Objects returns all rows.
func Objects() []Object {
	return []Object{
		{"checksum.o", "checksum", "checksum", native.LoadChecksum, gobody.LoadChecksum, new(native.ChecksumPrograms)},
		{"checksum_xdp.o", "checksum_xdp", "checksum", native.LoadChecksumXdp, gobody.LoadChecksumXdp, new(native.ChecksumXdpPrograms)},
		{"clang13/checksum.o", "checksum", "checksum", native.LoadChecksum13, gobody.LoadChecksum13, new(native.Checksum13Programs)},
		{"clang13/checksum_xdp.o", "checksum_xdp", "checksum", native.LoadChecksumXdp13, gobody.LoadChecksumXdp13, new(native.ChecksumXdp13Programs)},
		{"hash.o", "hash", "hash", native.LoadHash, gobody.LoadHash, new(native.HashPrograms)},
		{"hash_xdp.o", "hash_xdp", "hash", native.LoadHashXdp, gobody.LoadHashXdp, new(native.HashXdpPrograms)},
		{"clang13/hash.o", "hash", "hash", native.LoadHash13, gobody.LoadHash13, new(native.Hash13Programs)},
		{"clang13/hash_xdp.o", "hash_xdp", "hash", native.LoadHashXdp13, gobody.LoadHashXdp13, new(native.HashXdp13Programs)},
		{"classifier.o", "classifier", "classifier", native.LoadClassifier, gobody.LoadClassifier, new(native.ClassifierPrograms)},
		{"classifier_xdp.o", "classifier_xdp", "classifier", native.LoadClassifierXdp, gobody.LoadClassifierXdp, new(native.ClassifierXdpPrograms)},
		{"clang13/classifier.o", "classifier", "classifier", native.LoadClassifier13, gobody.LoadClassifier13, new(native.Classifier13Programs)},
		{"clang13/classifier_xdp.o", "classifier_xdp", "classifier", native.LoadClassifierXdp13, gobody.LoadClassifierXdp13, new(native.ClassifierXdp13Programs)},
		{"memuser.o", "memuser", "memuser", native.LoadMemuser, gobody.LoadMemuser, new(native.MemuserPrograms)},
		{"memuser_xdp.o", "memuser_xdp", "memuser", native.LoadMemuserXdp, gobody.LoadMemuserXdp, new(native.MemuserXdpPrograms)},
		{"clang13/memuser.o", "memuser", "memuser", native.LoadMemuser13, gobody.LoadMemuser13, new(native.Memuser13Programs)},
		{"clang13/memuser_xdp.o", "memuser_xdp", "memuser", native.LoadMemuserXdp13, gobody.LoadMemuserXdp13, new(native.MemuserXdp13Programs)},
		{"subprogs.o", "subprogs", "subprogs", native.LoadSubprogs, gobody.LoadSubprogs, new(native.SubprogsPrograms)},
		{"subprogs_xdp.o", "subprogs_xdp", "subprogs", native.LoadSubprogsXdp, gobody.LoadSubprogsXdp, new(native.SubprogsXdpPrograms)},
		{"clang13/subprogs.o", "subprogs", "subprogs", native.LoadSubprogs13, gobody.LoadSubprogs13, new(native.Subprogs13Programs)},
		{"clang13/subprogs_xdp.o", "subprogs_xdp", "subprogs", native.LoadSubprogsXdp13, gobody.LoadSubprogsXdp13, new(native.SubprogsXdp13Programs)},
		{"loops.o", "loops", "loops", native.LoadLoops, gobody.LoadLoops, new(native.LoopsPrograms)},
		{"loops_xdp.o", "loops_xdp", "loops", native.LoadLoopsXdp, gobody.LoadLoopsXdp, new(native.LoopsXdpPrograms)},
		{"clang13/loops.o", "loops", "loops", native.LoadLoops13, gobody.LoadLoops13, new(native.Loops13Programs)},
		{"clang13/loops_xdp.o", "loops_xdp", "loops", native.LoadLoopsXdp13, gobody.LoadLoopsXdp13, new(native.LoopsXdp13Programs)},
		{"globals.o", "globals", "globals", native.LoadGlobals, gobody.LoadGlobals, new(native.GlobalsPrograms)},
		{"globals_xdp.o", "globals_xdp", "globals", native.LoadGlobalsXdp, gobody.LoadGlobalsXdp, new(native.GlobalsXdpPrograms)},
		{"clang13/globals.o", "globals", "globals", native.LoadGlobals13, gobody.LoadGlobals13, new(native.Globals13Programs)},
		{"clang13/globals_xdp.o", "globals_xdp", "globals", native.LoadGlobalsXdp13, gobody.LoadGlobalsXdp13, new(native.GlobalsXdp13Programs)},
		{"firewall.o", "xdpfirewall", "", native.LoadFirewall, gobody.LoadFirewall, new(native.FirewallPrograms)},
		{"clang13/firewall.o", "xdpfirewall", "", native.LoadFirewall13, gobody.LoadFirewall13, new(native.Firewall13Programs)},
	}
}
