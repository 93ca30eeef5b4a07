package engines

// Machine code and Go bodies of every good object of testdata. Both come from
// the committed objects, so nobody needs clang. The names are those of the
// objects; 13 stands for the oldest clang.
//
//go:generate -command native go run ../../cmd/bpf2go-native -backend native -annotate none -no-global-types -output-dir native -go-package native
//go:generate -command gobody go run ../../cmd/bpf2go-native -backend go -annotate none -no-global-types -output-dir gobody -go-package gobody
//
//go:generate native Checksum ../../testdata/checksum.o
//go:generate native ChecksumXdp ../../testdata/checksum_xdp.o
//go:generate native Checksum13 ../../testdata/clang13/checksum.o
//go:generate native ChecksumXdp13 ../../testdata/clang13/checksum_xdp.o
//go:generate native Hash ../../testdata/hash.o
//go:generate native HashXdp ../../testdata/hash_xdp.o
//go:generate native Hash13 ../../testdata/clang13/hash.o
//go:generate native HashXdp13 ../../testdata/clang13/hash_xdp.o
//go:generate native Classifier ../../testdata/classifier.o
//go:generate native ClassifierXdp ../../testdata/classifier_xdp.o
//go:generate native Classifier13 ../../testdata/clang13/classifier.o
//go:generate native ClassifierXdp13 ../../testdata/clang13/classifier_xdp.o
//go:generate native Memuser ../../testdata/memuser.o
//go:generate native MemuserXdp ../../testdata/memuser_xdp.o
//go:generate native Memuser13 ../../testdata/clang13/memuser.o
//go:generate native MemuserXdp13 ../../testdata/clang13/memuser_xdp.o
//go:generate native Subprogs ../../testdata/subprogs.o
//go:generate native SubprogsXdp ../../testdata/subprogs_xdp.o
//go:generate native Subprogs13 ../../testdata/clang13/subprogs.o
//go:generate native SubprogsXdp13 ../../testdata/clang13/subprogs_xdp.o
//go:generate native Loops ../../testdata/loops.o
//go:generate native LoopsXdp ../../testdata/loops_xdp.o
//go:generate native Loops13 ../../testdata/clang13/loops.o
//go:generate native LoopsXdp13 ../../testdata/clang13/loops_xdp.o
//go:generate native Globals ../../testdata/globals.o
//go:generate native GlobalsXdp ../../testdata/globals_xdp.o
//go:generate native Globals13 ../../testdata/clang13/globals.o
//go:generate native GlobalsXdp13 ../../testdata/clang13/globals_xdp.o
//go:generate native Firewall ../../testdata/firewall.o
//go:generate native Firewall13 ../../testdata/clang13/firewall.o
//
//go:generate gobody Checksum ../../testdata/checksum.o
//go:generate gobody ChecksumXdp ../../testdata/checksum_xdp.o
//go:generate gobody Checksum13 ../../testdata/clang13/checksum.o
//go:generate gobody ChecksumXdp13 ../../testdata/clang13/checksum_xdp.o
//go:generate gobody Hash ../../testdata/hash.o
//go:generate gobody HashXdp ../../testdata/hash_xdp.o
//go:generate gobody Hash13 ../../testdata/clang13/hash.o
//go:generate gobody HashXdp13 ../../testdata/clang13/hash_xdp.o
//go:generate gobody Classifier ../../testdata/classifier.o
//go:generate gobody ClassifierXdp ../../testdata/classifier_xdp.o
//go:generate gobody Classifier13 ../../testdata/clang13/classifier.o
//go:generate gobody ClassifierXdp13 ../../testdata/clang13/classifier_xdp.o
//go:generate gobody Memuser ../../testdata/memuser.o
//go:generate gobody MemuserXdp ../../testdata/memuser_xdp.o
//go:generate gobody Memuser13 ../../testdata/clang13/memuser.o
//go:generate gobody MemuserXdp13 ../../testdata/clang13/memuser_xdp.o
//go:generate gobody Subprogs ../../testdata/subprogs.o
//go:generate gobody SubprogsXdp ../../testdata/subprogs_xdp.o
//go:generate gobody Subprogs13 ../../testdata/clang13/subprogs.o
//go:generate gobody SubprogsXdp13 ../../testdata/clang13/subprogs_xdp.o
//go:generate gobody Loops ../../testdata/loops.o
//go:generate gobody LoopsXdp ../../testdata/loops_xdp.o
//go:generate gobody Loops13 ../../testdata/clang13/loops.o
//go:generate gobody LoopsXdp13 ../../testdata/clang13/loops_xdp.o
//go:generate gobody Globals ../../testdata/globals.o
//go:generate gobody GlobalsXdp ../../testdata/globals_xdp.o
//go:generate gobody Globals13 ../../testdata/clang13/globals.o
//go:generate gobody GlobalsXdp13 ../../testdata/clang13/globals_xdp.o
//go:generate gobody Firewall ../../testdata/firewall.o
//go:generate gobody Firewall13 ../../testdata/clang13/firewall.o
