package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// compiled is an object and the dependency file that clang wrote with it.
type compiled struct {
	object []byte
	deps   []byte // nil without -makebase
}

// compile makes an object of the C source. The object depends on the source,
// the flags and the compiler only: paths in it are relative to the current
// directory.
func (t *tool) compile(o *options, tgt target) (*compiled, error) {
	if info, err := os.Stat(o.source); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file: pass C source or an object (.o)", o.source)
	}
	cc, err := exec.LookPath(o.cc[0])
	if err != nil {
		return nil, missing(o, err)
	}
	dir, err := os.MkdirTemp("", "bpf2go-native")
	if err != nil {
		return nil, fmt.Errorf("no place for the object of %s: %w; set TMPDIR to a directory that can be written", o.source, err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left is in a temporary place
	obj, deps := filepath.Join(dir, "object.o"), filepath.Join(dir, "object.d")
	args, err := clangArgs(o, tgt, obj, deps)
	if err != nil {
		return nil, err
	}
	if o.verbose {
		t.note("%s %s", cc, strings.Join(args, " "))
	}
	cmd := exec.Command(cc, args...)
	var said bytes.Buffer
	cmd.Stdout = t.stderr
	cmd.Stderr = io.MultiWriter(t.stderr, &said)
	if err := cmd.Run(); err != nil {
		return nil, toolchain("%s: %s: %w%s", o.source, o.cc[0], err, hint(said.String()))
	}
	var out compiled
	if out.object, err = os.ReadFile(obj); err != nil {
		return nil, toolchain("%s: %s wrote no object: %w", o.source, o.cc[0], err)
	}
	if !bytes.HasPrefix(out.object, []byte(elfMagic)) {
		return nil, toolchain("%s: %s wrote a file that is no ELF object: leave out flags that ask for another kind, such as -flto, -S and -emit-llvm", o.source, o.cc[0])
	}
	if o.makebase != "" {
		if out.deps, err = os.ReadFile(deps); err != nil {
			return nil, toolchain("%s: %s wrote no dependencies: %w", o.source, o.cc[0], err)
		}
	}
	return &out, nil
}

// missing says what to do about a compiler that is not there.
func missing(o *options, err error) error {
	if !errors.Is(err, exec.ErrNotFound) && !errors.Is(err, os.ErrNotExist) {
		return toolchain("C compiler %q: %w", o.cc[0], err)
	}
	return toolchain("C compiler %q is not found, and %s is C: install clang (Debian, Ubuntu: apt install clang; Fedora: dnf install clang; "+
		"macOS: brew install llvm), name another with -cc or $BPF2GO_CC, or pass an object (.o) in place of the source", o.cc[0], o.source)
}

// hint is what to do about an error of clang that users meet on their first
// day and whose text does not say it; "" for all others.
func hint(stderr string) string {
	for _, h := range []struct{ said, do string }{
		{"'asm/types.h' file not found", "the kernel's headers for this machine are not where clang looks for BPF: add -- -I/usr/include/$(uname -m)-linux-gnu (Debian, Ubuntu)"},
		{"'bpf/bpf_helpers.h' file not found", "install libbpf's headers (Debian, Ubuntu: apt install libbpf-dev; Fedora: dnf install libbpf-devel), or name their directory with -- -I"},
		{"unsupported signed division", "signed division needs clang 18 or newer and -- -mcpu=v4"},
	} {
		if strings.Contains(stderr, h.said) {
			return "; " + h.do
		}
	}
	return ""
}

// clangArgs is the command line of the compiler: our defaults, which the
// user's flags may change, those flags, and what cannot be changed.
func clangArgs(o *options, tgt target, obj, deps string) ([]string, error) {
	// The command may be "ccache clang -foo": defaults stand before its flags.
	own := o.cc[1:]
	n := slices.IndexFunc(own, func(a string) bool { return strings.HasPrefix(a, "-") })
	if n < 0 {
		n = len(own)
	}
	args := slices.Clone(own[:n])
	// The code runs here and not on an old kernel, so every instruction that
	// all clangs since 13 know may be used.
	args = append(args, "-O2", "-mcpu=v3")
	args = append(args, own[n:]...)
	args = append(args, o.cflags...)
	if tgt.linux != "" {
		args = append(args, "-D__TARGET_ARCH_"+tgt.linux)
	}
	args = append(args, "-target", tgt.clang, "-g", "-fno-ident", "-fdebug-compilation-dir=.")
	if o.makebase != "" {
		args = append(args, "-MD", "-MP", "-MF"+deps)
	}
	if filepath.IsAbs(o.source) {
		wd, err := os.Getwd()
		if err != nil {
			return nil, err
		}
		in := filepath.Dir(o.source)
		rel, err := filepath.Rel(wd, in)
		if err != nil {
			return nil, err
		}
		args = append(args, "-fdebug-prefix-map="+in+"="+rel)
	}
	return append(args, "-c", o.source, "-o", obj), nil
}
