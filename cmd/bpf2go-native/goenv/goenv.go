// Package goenv takes the variables that describe a Go build target out of the
// environment of this process before golang-asm reads them.
//
// go generate sets GOOS and GOARCH, and users set GOARM and the like, for the
// program that is being built. golang-asm reads the same variables when its
// packages are initialised, takes them for a statement about itself and calls
// log.Fatal on values newer than itself: GOARM=7,softfloat, GOPPC64=power10,
// GOOS=wasip1. Code for one target must not depend on them either.
//
// The order is guaranteed by the Go language: of the packages whose imports
// are initialised, the one with the smallest import path is next (The Go
// Programming Language Specification, Program initialization, since Go 1.21).
// golang-asm/objabi imports fmt, log, os and strings; this package imports os
// only, and its path, which begins with github.com/bpf2go-native, is smaller
// than github.com/twitchyliquid64. TestOrder runs the tool with hostile values.
package goenv

import "os"

// names are the variables that golang-asm v0.15.1 reads, and GOEXPERIMENT.
var names = [...]string{
	"GO386", "GOAMD64", "GOARCH", "GOARM", "GOEXPERIMENT", "GOMIPS", "GOMIPS64", "GOOS", "GOPPC64", "GOWASM",
}

// before is the environment as the process was given it. It is set once, by
// the initialisation of the package, and never changed.
var before = empty()

// empty unsets the variables and returns what the environment was.
func empty() []string {
	env := os.Environ()
	for _, name := range names {
		// Unsetenv fails for names that are malformed, which these are not.
		_ = os.Unsetenv(name)
	}
	return env
}

// Environ is the environment that the process was started with, in the form
// of os.Environ, for child processes that are told about the target.
func Environ() []string { return append([]string(nil), before...) }
