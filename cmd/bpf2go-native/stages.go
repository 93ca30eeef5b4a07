package main

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/codegen"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// verifyAll verifies every program and prints the message of each that is
// refused, so that one run tells all.
func (t *tool) verifyAll(obj *frontend.Object, fuel uint64) ([]*verifier.Facts, error) {
	var all []*verifier.Facts
	for _, p := range obj.Programs {
		facts, v := judge(obj, p, fuel)
		if facts == nil {
			fmt.Fprintln(t.stderr, v.report)
			continue
		}
		for _, w := range facts.Warnings {
			t.note("program %s: %s", p.Name, w)
		}
		all = append(all, facts)
	}
	if n := len(obj.Programs) - len(all); n > 0 {
		return nil, refused("%s: %d of %d programs not accepted; nothing is written", obj.Name, n, len(obj.Programs))
	}
	return all, nil
}

// bigEndian says that there is no code for an object: an error when it is the
// only one.
func (t *tool) bigEndian(o *options) error {
	if o.object || len(o.targets) == 1 {
		return fmt.Errorf("%s is big-endian: it was verified, and disasm lists it, but there is no native code for big-endian objects; compile with -target bpfel", o.source)
	}
	t.note("%s for bpfeb: verified; there is no native code for big-endian objects", o.source)
	return nil
}

// assemble adds the machine code of one target to every program, or to
// none: programs of an object share their files. What an architecture cannot
// compile yet gets Go bodies, unless it was asked for by name.
func (t *tool) assemble(o *options, m *backend.Target, programs []codegen.Program) error {
	codes := make([]*backend.Code, len(programs))
	for i := range programs {
		code, err := backend.Compile(m, programs[i].IR)
		if errors.Is(err, bpf.ErrUnsupported) && !o.archesGiven {
			t.note("%s: program %s: %s: %v: generating Go bodies instead", o.source, programs[i].Source.Name, m.Name, err)
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: program %s: %s: %w", o.source, programs[i].Source.Name, m.Name, err)
		}
		codes[i] = code
	}
	for i := range programs {
		if programs[i].Code == nil {
			programs[i].Code = make(map[string]*backend.Code)
		}
		programs[i].Code[m.Tag()] = codes[i]
	}
	return nil
}

// dump prints the stages that -dump names.
func (t *tool) dump(o *options, in codegen.Input, files []codegen.File) error {
	if slices.Contains(o.dump, "elf") {
		if err := frontend.Dump(t.stdout, in.Object); err != nil {
			return err
		}
	}
	for _, p := range in.Programs {
		if slices.Contains(o.dump, "facts") {
			t.dumpFacts(p)
		}
		if slices.Contains(o.dump, "ir") {
			fmt.Fprintf(t.stdout, "\n%s\n", strings.TrimSpace(ir.Print(p.IR)))
		}
	}
	for _, f := range files {
		if slices.Contains(o.dump, "asm") && path.Ext(f.Name) == ".s" {
			fmt.Fprintf(t.stdout, "\n// %s\n%s", f.Name, f.Data)
		}
	}
	return nil
}

// dumpFacts prints what the verifier proved about each instruction.
func (t *tool) dumpFacts(p codegen.Program) {
	f := p.Facts
	fmt.Fprintf(t.stdout, "\nfacts of %s: at most %d instructions\n", p.Source.Name, f.MaxInsns)
	for _, fn := range f.Funcs {
		fmt.Fprintf(t.stdout, "function %s: slots %d to %d, stack %d, depth %d, zeroed [%d, %d)\n", fn.Name, fn.Start, fn.End, fn.Stack, fn.MaxDepth, fn.ZeroLo, fn.ZeroHi)
	}
	for _, r := range f.Relied {
		fmt.Fprintf(t.stdout, "relies on %+v\n", r)
	}
	for pc, fact := range f.Insns {
		if p.Source.Insns[pc].Op == bpf.OpInvalid {
			continue
		}
		text := p.Source.Insns[pc].String()
		if !fact.Reachable {
			fmt.Fprintf(t.stdout, "%8d: %-40s unreachable\n", pc, text)
			continue
		}
		fmt.Fprintf(t.stdout, "%8d: %-40s falls %v, takes %v, dst %+v, src %+v\n", pc, text, fact.Falls, fact.Takes, fact.Dst, fact.Src)
		if fact.Access.Size > 0 {
			fmt.Fprintf(t.stdout, "%20s access %+v\n", "", fact.Access)
		}
		if fact.Call != nil {
			fmt.Fprintf(t.stdout, "%20s call %s: map %d, key %d (constant %v, below %v)\n", "",
				fact.Call.Helper.Name, fact.Call.Map, fact.Call.Key, fact.Call.KeyConst, fact.Call.KeyBelow)
		}
	}
}
