package main

import (
	"fmt"
	"strings"
)

// Words that Go reads at the end of a file name as a build constraint (Go's
// internal/syslist; TestFileNameWords compares with go tool dist list).
const (
	goosWords = " aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos "

	goarchWords = " 386 amd64 amd64p32 arm arm64 arm64be armbe loong64 mips mips64 mips64le mips64p32 mips64p32le mipsle" +
		" ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm "
)

// constrains reports whether Go takes the word for a GOOS or a GOARCH.
func constrains(word string) bool {
	w := " " + word + " "
	return word != "" && (strings.Contains(goosWords, w) || strings.Contains(goarchWords, w))
}

// checkFileNames refuses a stem or a suffix that would hide the generated
// files from Go, or show them on one system only.
func checkFileNames(stem, suffix string) error {
	for _, part := range []struct{ flag, text string }{{"-output-stem", stem}, {"-output-suffix", suffix}} {
		if strings.ContainsAny(part.text, "/\\.:") {
			return fmt.Errorf("%s %q is a part of a file name: no slashes, dots or colons; -output-dir names a directory", part.flag, part.text)
		}
	}
	if strings.HasPrefix(stem, "_") {
		return fmt.Errorf("-output-stem %q: Go ignores files that begin with an underscore", stem)
	}
	words := strings.Split(stem, "_")
	if last := words[len(words)-1]; len(words) > 1 && constrains(last) {
		return fmt.Errorf("-output-stem %q: Go reads _%s at the end of a name as a build constraint; choose another stem", stem, last)
	}
	for _, word := range strings.Split(suffix, "_")[1:] {
		if constrains(word) {
			return fmt.Errorf("-output-suffix %q: Go reads _%s as a build constraint; use -tags", suffix, word)
		}
	}
	if suffix != "" && !strings.HasPrefix(suffix, "_") {
		return fmt.Errorf("-output-suffix %q has to begin with an underscore, such as _test", suffix)
	}
	return nil
}
