package main

import (
	"fmt"
	"slices"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/backend/amd64"
	"github.com/bpf2go-native/bpf2go-native/backend/arm64"
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/codegen"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/frontend/elf"
	"github.com/bpf2go-native/bpf2go-native/ir"
)

// machines are the architectures that there is machine code for.
func machines() []*backend.Target { return []*backend.Target{amd64.Target(), arm64.Target()} }

// levelOf returns the machine that -goamd64 asks for besides those, if any.
func levelOf(goamd64 string) ([]*backend.Target, error) {
	switch goamd64 {
	case "v1":
		return nil, nil
	case "v3":
		return []*backend.Target{amd64.TargetV3()}, nil
	}
	return nil, fmt.Errorf("-goamd64 %q: want v1, or v3 for code that is built when GOAMD64 is v3 or v4", goamd64)
}

// nativeArches lists their GOARCHes.
func nativeArches() []string {
	var names []string
	for _, m := range machines() {
		names = append(names, m.Name)
	}
	return names
}

// build is the compiler: object in, files out, every stage in its order. In
// holds what does not come from the object. It returns no files for objects
// that can only be verified, those of big-endian targets.
func (t *tool) build(o *options, tgt target, data []byte, in codegen.Input) ([]codegen.File, error) {
	obj, err := elf.Load(data, o.source, o.load)
	if err != nil {
		return nil, err
	}
	if err := checkObject(obj); err != nil {
		return nil, fmt.Errorf("%s: %w", o.source, err)
	}
	facts, err := t.verifyAll(obj, o.fuel)
	if err != nil {
		return nil, err
	}
	if obj.BigEndian {
		return nil, t.bigEndian(o)
	}
	in.Object = obj
	for i, p := range obj.Programs {
		prog, err := ir.Build(obj, p, facts[i])
		if err != nil {
			return nil, fmt.Errorf("%s: program %s: %w", o.source, p.Name, err)
		}
		ir.Optimize(prog)
		in.Programs = append(in.Programs, codegen.Program{Source: p, IR: prog, Facts: facts[i]})
	}
	if in.Backend == codegen.BackendNative {
		for _, m := range append(machines(), o.levels...) {
			if !slices.Contains(o.arches, m.Name) || !tgt.serves(m.Name) {
				continue
			}
			if err := t.assemble(o, m, in.Programs); err != nil {
				return nil, err
			}
		}
	}
	files, err := codegen.Generate(in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.source, err)
	}
	return files, t.dump(o, in, files)
}

// checkObject refuses objects that can be verified only in part or not be
// compiled, whatever the verdict.
func checkObject(obj *frontend.Object) error {
	if err := obj.Check(); err != nil {
		return err
	}
	if obj.Platform == bpf.Windows {
		return fmt.Errorf("code for programs of eBPF for Windows is %w: they can be verified; compile the program for Linux", bpf.ErrUnsupported)
	}
	for _, m := range obj.Maps {
		if err := codegen.CheckMap(m, obj.Platform); err != nil {
			return err
		}
	}
	return nil
}
