module github.com/bpf2go-native/bpf2go-native/test/bench

go 1.26.0

replace github.com/bpf2go-native/bpf2go-native => ../..

require (
	github.com/bpf2go-native/bpf2go-native v0.0.0-00010101000000-000000000000
	github.com/cilium/ebpf v0.22.0
	golang.org/x/sys v0.49.0
)
