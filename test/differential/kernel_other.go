//go:build !linux

package differential

import (
	"github.com/bpf2go-native/bpf2go-native/internal/progen"
	"github.com/bpf2go-native/bpf2go-native/test/harness"
)

func kernelMissing() string { return "there are programs in the kernel on Linux only" }

func inKernel([]uint64, *Report, func(*progen.Case, harness.Result, harness.Result) string) error {
	return nil
}
