package main

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
)

// target is what clang compiles for.
type target struct {
	clang   string   // bpf, bpfel or bpfeb, for clang -target
	linux   string   // x of __TARGET_ARCH_x; "" for code for any architecture
	goarchs []string // architectures of Go that it is for; nil for any
}

// goTargets is bpf2go's table of architectures: byte order and the name that
// bpf_tracing.h has for it.
var goTargets = map[string]target{
	"386":     {clang: "bpfel", linux: "x86"},
	"amd64":   {clang: "bpfel", linux: "x86"},
	"arm":     {clang: "bpfel", linux: "arm"},
	"arm64":   {clang: "bpfel", linux: "arm64"},
	"loong64": {clang: "bpfel", linux: "loongarch"},
	"mips":    {clang: "bpfeb", linux: "mips"},
	"ppc64":   {clang: "bpfeb", linux: "powerpc"},
	"ppc64le": {clang: "bpfel", linux: "powerpc"},
	"riscv64": {clang: "bpfel", linux: "riscv"},
	"s390x":   {clang: "bpfeb", linux: "s390"},
}

// parseTargets reads the value of -target.
func parseTargets(list string) ([]target, error) {
	var targets []target
	for name := range strings.SplitSeq(list, ",") {
		t, err := parseTarget(name)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(targets, func(o target) bool { return o.suffix() == t.suffix() }) {
			targets = append(targets, t)
		}
	}
	return targets, nil
}

func parseTarget(name string) (target, error) {
	switch name {
	case "bpf", "bpfel", "bpfeb":
		return target{clang: name}, nil
	case "native":
		// The one flag whose meaning is the machine that the tool runs on.
		name = runtime.GOARCH
	}
	t, ok := goTargets[name]
	if !ok {
		return t, fmt.Errorf("-target %q: want bpf, bpfel, bpfeb, native or one of %s", name, strings.Join(slices.Sorted(maps.Keys(goTargets)), ", "))
	}
	for goarch, other := range goTargets {
		if other.clang == t.clang && other.linux == t.linux {
			t.goarchs = append(t.goarchs, goarch)
		}
	}
	slices.Sort(t.goarchs)
	return t, nil
}

// suffix is the part of file names that tells targets apart.
func (t target) suffix() string {
	if t.linux == "" {
		return t.clang
	}
	return t.linux + "_" + t.clang
}

// tags is the build constraint for the target and that of the user.
func (t target) tags(user string) string {
	arch := strings.Join(t.goarchs, " || ")
	switch {
	case arch == "":
		return user
	case user == "":
		return arch
	}
	return "(" + arch + ") && (" + user + ")"
}

// serves reports whether machine code for an architecture of Go is wanted.
func (t target) serves(goarch string) bool {
	return t.goarchs == nil || slices.Contains(t.goarchs, goarch)
}
