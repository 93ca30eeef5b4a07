package harness

import (
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/canon"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// dumped reports whether hosts can read all elements of a map.
func dumped(m *frontend.Map) bool {
	switch m.Type {
	case bpf.MapArray, bpf.MapHash:
		return m.Flags&bpf.FlagWronly == 0
	}
	return false
}

func notDumped(m *frontend.Map) bool { return !dumped(m) }

// objectSpec is what codegen prints into an object's file, as data. Entries
// and the engine are the runner's.
func objectSpec(obj *frontend.Object, programs []compiled) (rtlib.ObjectSpec, error) {
	spec := rtlib.ObjectSpec{Name: obj.Name, License: obj.License, Platform: obj.Platform, ABI: abi.Version}
	for i, m := range obj.Maps {
		row := rtlib.MapSpec{
			Name: m.Name, Type: m.Type, KeySize: m.KeySize, ValueSize: m.ValueSize, MaxEntries: m.MaxEntries,
			Flags: m.Flags, Pinning: m.Pinning, Section: m.Data != nil || m.Name[:min(1, len(m.Name))] == ".", Frozen: m.Frozen,
		}
		if slices.ContainsFunc(m.Data, func(b byte) bool { return b != 0 }) {
			row.Data = string(m.Data)
		}
		row.MinEntries, row.ReliedBy = reliance(programs, i)
		for _, slot := range m.Slots {
			if at := slices.IndexFunc(programs, func(c compiled) bool { return c.source.Name == slot.Program }); at >= 0 {
				row.Slots = append(row.Slots, rtlib.SlotSpec{Index: uint32(slot.Index), Program: at})
			}
		}
		spec.Maps = append(spec.Maps, row)
	}
	for _, v := range obj.Globals {
		spec.Vars = append(spec.Vars, rtlib.VarSpec{Name: v.Name, Map: v.Map, Off: v.Off, Size: v.Size, Const: v.Const, ReliedBy: reliedVariable(programs, v)})
	}
	for _, p := range programs {
		row, err := programSpec(obj, p.source)
		row.TailCalls = p.ir.TailCalls
		if err != nil {
			return spec, err
		}
		spec.Programs = append(spec.Programs, row)
	}
	return spec, nil
}

// reliance joins what the proofs assume about a map's size.
func reliance(programs []compiled, m int) (entries uint32, by string) {
	for _, p := range programs {
		for _, r := range p.facts.Relied {
			if r.Map != m {
				continue
			}
			if by == "" || r.MinEntries > entries {
				by = p.source.Name
			}
			entries = max(entries, r.MinEntries)
		}
	}
	return entries, by
}

// reliedVariable names the first program whose proof folded bytes of v.
func reliedVariable(programs []compiled, v *frontend.Global) string {
	for _, p := range programs {
		for _, r := range p.facts.Relied {
			if r.Map == v.Map && r.Frozen && r.Off < v.Off+v.Size && v.Off < r.Off+r.Len {
				return p.source.Name
			}
		}
	}
	return ""
}

func programSpec(obj *frontend.Object, p *frontend.Program) (rtlib.ProgramSpec, error) {
	hash, err := canon.Hash(p.Insns)
	row := rtlib.ProgramSpec{Name: p.Name, Section: p.Section, Hook: p.Hook.Name, MinLen: p.Hook.MinLen, Hash: hash}
	used := map[int]bool{}
	for _, i := range p.Insns {
		if i.Op != bpf.OpInvalid {
			row.Insns++
		}
		if i.Op == bpf.OpLdImm && (i.Kind == bpf.KindMap || i.Kind == bpf.KindMapValue) && i.Imm >= 0 && i.Imm < int64(len(obj.Maps)) {
			used[int(i.Imm)] = true
		}
	}
	for m, def := range obj.Maps {
		if used[m] {
			row.Maps = append(row.Maps, m)
			row.Reclaims = row.Reclaims || def.Type != bpf.MapArray && def.Type != bpf.MapPercpuArray && def.Type != bpf.MapProgArray
		}
	}
	return row, err
}
