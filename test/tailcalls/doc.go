// Package tailcalls tests tail calls between two generated packages, first with
// machine code and second with Go bodies: across instances and hash maps, at the
// limit, from functions, while slots change and instances are closed.
package tailcalls
