// Package machine runs machine code that a backend made in this process, with
// no assembler, linker or second process in between, so that a million programs
// take minutes. It takes a backend.Code for amd64 and gives the functions that
// rtlib wants as entries of programs. It is for tests on linux/amd64; nothing
// of the product maps executable memory.
//
// # How it works
//
// Machine code must not run on a goroutine's stack where the runtime does not
// know it: a collection, or a stack that grows, would meet return addresses of
// no function. So it has a stack of its own, and Go code never runs on top of
// it. A call of an rtlib function is a switch:
//
//	Go: call ── enter ──▶ code ── CALL stub ──▶ leave ──▶ Go: the function
//	         ◀─────────────────────────────────┘   │
//	         ── enter ──────▶ code goes on ◀───────┘ the result is stored
//
// enter saves the stack pointer of Go, takes that of the code and returns to
// whatever address is on top; leave does the same in the other direction. A
// signal that comes while code runs finds a program counter of no function and
// does nothing; preemption waits. A bad address in the code ends the process.
package machine
