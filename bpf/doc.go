// Package bpf is the vocabulary of the compiler and of the run time:
// instructions, operations, registers, helper and map type numbers, hooks,
// platforms, errors and source positions. It imports the standard library
// only and holds no table that user binaries do not need; those are in
// bpf/table.
//
// Instructions are normalised once, by Decode: every later stage sees one
// form of each operation, whatever the encoding (RFC 9669 §3 to §5).
package bpf
