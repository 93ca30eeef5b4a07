//go:build !linux

package main

import "github.com/bpf2go-native/bpf2go-native/frontend"

func askKernel(program, *frontend.Object, *frontend.Program, string) kernelResult {
	return kernelResult{why: "needs Linux"}
}
