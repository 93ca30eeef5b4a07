package differential

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/codegen"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/internal/interp"
	"github.com/bpf2go-native/bpf2go-native/internal/progen"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
	"github.com/bpf2go-native/bpf2go-native/test/harness"
)

// maxInsns is how many instructions a run of a program may take; cases with
// more are not compared.
const maxInsns = 300_000

// errLong says that a case is not compared.
var errLong = errors.New("a run takes too many instructions")

// reference runs a case in the interpreter. A fault is an error: programs that
// the verifier accepts have none.
func reference(c *progen.Case) (r harness.Result, err error) {
	return referenceWith(c, 0, nil)
}

// defined reports whether a case that was reduced is still one that progen may
// make: the interpreter leaves nothing open, and no operation has the address
// of a function as a number.
func defined(c *progen.Case, want harness.Result) bool {
	leaks := false
	got, err := referenceWith(c, 1, func(s *interp.State) {
		i := s.Prog.Insns[s.PC]
		calls := i.Op == bpf.OpCall || i.Op == bpf.OpCallx || i.Op == bpf.OpMov || i.Op == bpf.OpStore
		function := func(r bpf.Reg) bool { return r <= bpf.R10 && s.Regs[r].Kind == interp.KindFunc }
		leaks = leaks || i.Op == bpf.OpExit && function(bpf.R0) || !calls && i.Op != bpf.OpExit && (function(i.Dst) || function(i.Src))
	})
	return err == nil && !leaks && differ(got, want) == ""
}

// referenceWith is reference with a seed for what is left open.
func referenceWith(c *progen.Case, seed uint64, trace func(*interp.State)) (r harness.Result, err error) {
	m, err := interp.New(c.Object, interp.Options{ZeroStack: true, Steady: true, Seed: seed, Trace: trace})
	if err != nil {
		return r, err
	}
	for _, in := range c.Inputs {
		left := interp.Output{}
		packet := slices.Concat(in.Meta, in.Data) // metadata ends where data begins
		meta := len(in.Meta)
		got, err := m.Run(c.Object.Programs[0], interp.Input{
			Data: packet[meta:], Meta: packet[:meta:meta], Ctx: slices.Clone(in.Ctx), MaxInsns: maxInsns, Output: &left,
		})
		if got.Insns >= maxInsns {
			return r, errLong
		}
		if err != nil {
			return r, err
		}
		r.Outputs = append(r.Outputs, harness.Output{R0: got.R0, Data: left.Data, Meta: left.Meta})
	}
	for _, def := range c.Object.Maps {
		if !readable(def) {
			continue
		}
		r.Maps = append(r.Maps, harness.MapDump{Name: def.Name, Entries: m.Map(def.Name).Dump()})
	}
	return r, nil
}

// readable reports whether maps of the kind are compared.
func readable(m *frontend.Map) bool {
	switch m.Type {
	case bpf.MapArray, bpf.MapHash, bpf.MapPercpuArray, bpf.MapPercpuHash, bpf.MapLRUHash, bpf.MapLPMTrie, bpf.MapQueue, bpf.MapStack, bpf.MapRingbuf:
		return true
	}
	return false
}

// spec is the object as rtlib takes it, with code for each program.
func (b *built) spec(entries []func(*abi.Frame) uint64) (*rtlib.ObjectSpec, error) {
	in := codegen.Input{Package: "programs", Ident: "x", Stem: "x", Object: b.Object, Backend: codegen.BackendGo}
	for k, p := range b.Object.Programs {
		in.Programs = append(in.Programs, codegen.Program{Source: p, IR: b.programs[k], Facts: b.facts[k]})
	}
	s, err := codegen.Spec(in)
	s.Tie = func() {}
	for k := range s.Programs {
		s.Programs[k].Entry, s.Programs[k].Engine = entries[k], "go"
	}
	return &s, err
}

// run runs a case on rtlib with code for each program.
func (b *built) run(entries []func(*abi.Frame) uint64) (r harness.Result, err error) {
	c := b.Case
	spec, err := b.spec(entries)
	if err != nil {
		return r, err
	}
	inst, err := rtlib.NewInstance(spec, &rtlib.InstanceOptions{Trace: io.Discard})
	if err != nil {
		return r, err
	}
	fr, err := rtlib.NewFrame(inst)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, fr.Close(), inst.Close()) }()
	p := inst.Program(c.Object.Programs[0].Name)
	for _, in := range c.Inputs {
		out, err := runOne(fr, p, in)
		if err != nil {
			return r, err
		}
		r.Outputs = append(r.Outputs, out)
	}
	for _, def := range c.Object.Maps {
		if readable(def) {
			entries, err := contents(inst.Map(def.Name), def)
			if err != nil {
				return r, fmt.Errorf("map %s: %w", def.Name, err)
			}
			r.Maps = append(r.Maps, harness.MapDump{Name: def.Name, Entries: entries})
		}
	}
	return r, nil
}

// runOne is one run on a copy of the input.
func runOne(fr *rtlib.Frame, p *rtlib.Program, in progen.Input) (out harness.Output, err error) {
	out.Data = slices.Clone(in.Data)
	if p.Hook() == "raw" {
		out.R0, err = fr.RunRaw(p, out.Data)
		return out, err
	}
	b, err := fr.BindXDP(p, nil)
	if err != nil {
		return out, err
	}
	packet := slices.Concat(in.Meta, in.Data)
	out.Meta, out.Data = packet[:len(in.Meta)], packet[len(in.Meta):]
	b.Set(packet)
	record := fr.ABI()
	record.Data += uint64(len(in.Meta))
	clear(record.Ctx[:])
	copy(record.Ctx[:], in.Ctx)
	out.R0, err = b.Run()
	return out, err
}

// contents reads a map, by ascending keys, in the form of interp.Map.Dump.
func contents(m *rtlib.Map, def *frontend.Map) (entries [][2][]byte, err error) {
	switch def.Type {
	case bpf.MapRingbuf:
		return records(m)
	case bpf.MapQueue, bpf.MapStack:
		for m.Len() > 0 {
			value := make([]byte, def.ValueSize)
			if err := m.LookupAndDelete(nil, value, 0); err != nil {
				return nil, err
			}
			entries = append(entries, [2][]byte{nil, value})
		}
		return entries, nil
	}
	size := int(def.ValueSize)
	if table.MapTypeOf(def.Type).PerCPU {
		size = (size + 7) &^ 7 * rtlib.PossibleCPU()
	}
	var key []byte
	for {
		next := make([]byte, def.KeySize)
		if m.NextKey(key, next) != nil {
			break
		}
		value := make([]byte, size)
		if err := m.Lookup(next, value); err != nil {
			return nil, err
		}
		entries = append(entries, [2][]byte{next, ofCPUs(value, int(def.ValueSize))})
		key = next
	}
	slices.SortFunc(entries, func(a, b [2][]byte) int { return bytes.Compare(a[0], b[0]) })
	return entries, nil
}

// ofCPUs are the values of CPUs without padding, and without those at the end
// that are zeros.
func ofCPUs(all []byte, size int) (values []byte) {
	stride := (size + 7) &^ 7
	end := 0
	for at := 0; at+size <= len(all); at += stride {
		values = append(values, all[at:at+size]...)
		if at == 0 || slices.ContainsFunc(all[at:at+size], func(b byte) bool { return b != 0 }) {
			end = len(values)
		}
	}
	return values[:end]
}

// records takes what a ring buffer has for readers.
func records(m *rtlib.Map) (entries [][2][]byte, err error) {
	rd, err := rtlib.NewRingReader(m)
	if err != nil {
		return nil, err
	}
	rd.SetDeadline(time.Unix(1, 0)) // do not wait
	for {
		b, _, err := rd.ReadInto(nil)
		if err != nil {
			return entries, rd.Close()
		}
		entries = append(entries, [2][]byte{nil, b})
	}
}

// differ says how two results differ, "" when they do not.
func differ(got, want harness.Result) string {
	if len(got.Outputs) != len(want.Outputs) {
		return fmt.Sprintf("%d runs, want %d", len(got.Outputs), len(want.Outputs))
	}
	for k, w := range want.Outputs {
		switch g := got.Outputs[k]; {
		case g.Err != w.Err:
			return fmt.Sprintf("input %d: error %q, want %q", k, g.Err, w.Err)
		case g.R0 != w.R0:
			return fmt.Sprintf("input %d: r0 %#x, want %#x", k, g.R0, w.R0)
		case !bytes.Equal(g.Data, w.Data):
			return fmt.Sprintf("input %d: packet\n%x, want\n%x", k, g.Data, w.Data)
		case !bytes.Equal(g.Meta, w.Meta):
			return fmt.Sprintf("input %d: metadata\n%x, want\n%x", k, g.Meta, w.Meta)
		}
	}
	if len(got.Maps) != len(want.Maps) {
		return fmt.Sprintf("%d maps, want %d", len(got.Maps), len(want.Maps))
	}
	for k, w := range want.Maps {
		equal := func(a, b [2][]byte) bool { return bytes.Equal(a[0], b[0]) && bytes.Equal(a[1], b[1]) }
		if g := got.Maps[k]; !slices.EqualFunc(g.Entries, w.Entries, equal) {
			return fmt.Sprintf("map %s: %x, want %x", w.Name, g.Entries, w.Entries)
		}
	}
	return ""
}
