// Package harness runs programs on the engines: the interpreter, machine code
// and Go bodies, on this machine or under QEMU's user emulators. It takes
// Cases, objects with a program and its inputs, and gives what each run
// returned and left behind. All cases of a call become one binary, so that
// thousands of programs cost one build:
//
//	verifier.Verify  every program of the case that may run
//	ir.Build, Optimize
//	backend.Compile  for machine code
//	codegen          the assembly or the Go bodies of the product, in a few
//	                 packages of a temporary module that uses this one
//	go build         once
//	runner           reads rtlib.ObjectSpecs and inputs from stdin, loads each
//	                 with rtlib.NewInstance, runs it and writes the outputs
//
// What the tool would print into an object's file as data, the ObjectSpec, is
// sent to the runner (codegen.Spec): compiling it would be most of a build.
//
// Programs that are refused are results. Errors of the engines are about a
// build that fails, a tool that is missing or a run that dies; the latter name
// the case.
package harness
