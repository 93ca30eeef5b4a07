// Package codegen prints what the compiler found out: Go files with the specs,
// types and typed calls of an object, Go assembly files with the machine code
// of its programs, and Go bodies of the same programs for every other
// little-endian architecture.
//
// Generate takes an immutable Input and gives files as bytes. It reads no disk
// and prints nothing, and the same Input gives the same bytes: lists follow
// the order of the object, names are resolved once, in names.go.
//
// Go files are built with jennifer, which formats them as gofmt does. Assembly
// is text; its form is fixed by docs/decisions/0002 and asm.go says why each
// line is there. What a generated file could share with others is not in it
// but in rtlib.
//
// Refused: programs for which neither code nor a body can be made, names that
// collide after conversion to Go, types whose layout Go cannot have. Errors
// name the program, map, variable or type.
package codegen
