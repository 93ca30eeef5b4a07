// Package kerneltest compares machine code and Go bodies of testdata's XDP
// programs with the running kernel. It needs Linux and root.
package kerneltest
