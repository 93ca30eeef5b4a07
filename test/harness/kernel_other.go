//go:build !linux

package harness

import "errors"

// KernelMissing says why cases cannot run in the kernel.
func KernelMissing() string { return "needs Linux" }

// Kernel needs Linux.
func Kernel(*Case) (Result, error) { return Result{}, errors.New("needs Linux") }
