// Package rtlib is the run time of generated code: maps, programs, frames and
// helpers with the behaviour of bpf.h inside the host process. It imports the
// standard library and golang.org/x/sys only.
package rtlib
