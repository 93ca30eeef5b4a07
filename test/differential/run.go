package differential

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
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
	m, err := interp.New(c.Object, interp.Options{ZeroStack: true, Seed: seed, Trace: trace})
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
		made := m.Map(def.Name)
		dump := harness.MapDump{Name: def.Name}
		for _, key := range made.Keys() {
			value, err := made.Lookup(key)
			if err != nil {
				return r, err
			}
			dump.Entries = append(dump.Entries, [2][]byte{key, value})
		}
		r.Maps = append(r.Maps, dump)
	}
	return r, nil
}

// readable reports whether maps of the kind are compared.
func readable(m *frontend.Map) bool { return m.Type == bpf.MapArray || m.Type == bpf.MapHash }

// spec is the object as rtlib takes it.
func spec(c *progen.Case, entries []func(*abi.Frame) uint64, fuel uint64) *rtlib.ObjectSpec {
	s := &rtlib.ObjectSpec{Name: c.Object.Name, License: c.Object.License, ABI: abi.Version, Tie: func() {}}
	tails := false
	for _, m := range c.Object.Maps {
		row := rtlib.MapSpec{
			Name: m.Name, Type: m.Type, KeySize: m.KeySize, ValueSize: m.ValueSize, MaxEntries: m.MaxEntries, Flags: m.Flags,
			Data: string(m.Data), Section: m.Data != nil, Frozen: m.Frozen,
		}
		for _, slot := range m.Slots {
			for k, p := range c.Object.Programs {
				if p.Name == slot.Program {
					row.Slots = append(row.Slots, rtlib.SlotSpec{Index: uint32(slot.Index), Program: k})
				}
			}
		}
		tails = tails || m.Type == bpf.MapProgArray
		s.Maps = append(s.Maps, row)
	}
	for k, p := range c.Object.Programs {
		row := rtlib.ProgramSpec{Name: p.Name, Section: p.Section, Hook: p.Hook.Name, MinLen: p.Hook.MinLen, Entry: entries[k], Engine: "go", Reclaims: true, TailCalls: tails, Fuel: fuel}
		for m := range s.Maps {
			row.Maps = append(row.Maps, m)
		}
		s.Programs = append(s.Programs, row)
	}
	return s
}

// run runs a case on rtlib with code for each program.
func run(c *progen.Case, entries []func(*abi.Frame) uint64, fuel uint64) (r harness.Result, err error) {
	inst, err := rtlib.NewInstance(spec(c, entries, fuel), &rtlib.InstanceOptions{Trace: io.Discard})
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
	for k, def := range c.Object.Maps {
		if readable(def) {
			entries, err := contents(inst.Map(def.Name), c.Object.Maps[k])
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

// contents reads a map, by ascending keys.
func contents(m *rtlib.Map, def *frontend.Map) (entries [][2][]byte, err error) {
	var key []byte
	for {
		next := make([]byte, def.KeySize)
		if m.NextKey(key, next) != nil {
			break
		}
		value := make([]byte, def.ValueSize)
		if err := m.Lookup(next, value); err != nil {
			return nil, err
		}
		entries = append(entries, [2][]byte{next, value})
		key = next
	}
	slices.SortFunc(entries, func(a, b [2][]byte) int { return bytes.Compare(a[0], b[0]) })
	return entries, nil
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
