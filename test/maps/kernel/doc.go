// Package kernel runs the operations of test/maps/model on maps of the kernel
// of this machine. Its tests ask the kernel whether the models are right, and
// compare it with the runtime library step by step. That needs Linux and root.
package kernel
