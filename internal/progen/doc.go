// Package progen writes eBPF programs that are valid, for tests that run the
// same program in every engine. It takes a source of choices and gives an
// object with one or more programs and their inputs; equal choices give equal
// objects. It knows nothing of the verifier: it writes what it knows to be
// safe, and nearly all of it is accepted.
//
// # What programs do
//
// Everything that bpf/table calls Supported: each operation in all widths, with
// registers and immediates, with both operands in one register and with r0 in
// each role; memory of all kinds behind the checks that it needs; atomics;
// maps; loops of every form; calls, callbacks and tail calls. A row that is
// not yet Supported is left out, and comes in by itself when its status
// changes (see has). Coverage counts what was made and names what was not.
//
// # Results never depend on addresses
//
// The generator follows what every register and stack slot holds (value).
// Numbers are made of numbers only; pointers are moved, spilled, moved by
// numbers and compared with the end of the packet or 0, nothing else. Nothing
// depends on time, processor or chance either: helpers that give such numbers
// are called, and their result is not looked at. The order of a hash map's
// elements is not seen.
//
// # How a program is built
//
// A function is a sequence of gadgets: a few instructions that together are
// safe where the state is as it is. Gadgets with branches join the states
// behind them; what differs there is not readable any more. Loops leave the
// state at their head as it was, so each iteration finds what the first did.
package progen
