package codegen

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/canon"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Spec is the rtlib.ObjectSpec that Generate prints, but for the code: Tie and
// the Entry and Engine of programs are empty.
func Spec(in Input) (rtlib.ObjectSpec, error) {
	if err := in.check(); err != nil {
		return rtlib.ObjectSpec{}, fmt.Errorf("codegen: %w", err)
	}
	spec, err := in.objectSpec()
	if err != nil {
		return spec, fmt.Errorf("codegen: %w", err)
	}
	return spec, nil
}

// objectSpec is what an instance is made from and what the proofs of its
// programs rely on.
func (in *Input) objectSpec() (rtlib.ObjectSpec, error) {
	spec := rtlib.ObjectSpec{Name: in.Object.Name, License: in.Object.License, Platform: in.Object.Platform, ABI: abi.Version}
	reliances := in.reliances()
	for i, m := range in.Object.Maps {
		slots, err := in.slots(i)
		if err != nil {
			return spec, fmt.Errorf("map %s: %w", m.Name, err)
		}
		row := mapSpec(m, in.Object.Platform)
		row.MinEntries, row.ReliedBy, row.Slots = reliances[i].minEntries, reliances[i].by, slots
		spec.Maps = append(spec.Maps, row)
	}
	for _, v := range in.Object.Globals {
		row := rtlib.VarSpec{Name: v.Name, Map: v.Map, Off: v.Off, Size: v.Size, Const: v.Const}
		if v.Map >= 0 && v.Map < len(reliances) {
			row.ReliedBy = reliances[v.Map].reads(v)
		}
		spec.Vars = append(spec.Vars, row)
	}
	for _, p := range in.Programs {
		hash, err := canon.Hash(p.Source.Insns)
		if err != nil {
			return spec, fmt.Errorf("program %s: %w", p.Source.Name, err)
		}
		spec.Programs = append(spec.Programs, rtlib.ProgramSpec{
			Name: p.Source.Name, Section: p.Source.Section, Hook: p.Source.Hook.Name, Layout: layout(p.Source.Hook), MinLen: p.Source.Hook.MinLen,
			Maps: mapsOf(p.Source, len(in.Object.Maps)), Hash: hash, Insns: instructions(p.Source),
			Reclaims: in.reclaiming(p.Source), Holds: p.IR.Holds, TailCalls: p.IR.TailCalls, Fuel: uint64(p.IR.Funcs[0].Fuel),
		})
	}
	return spec, nil
}

// relied is what the proofs of all programs assume about one map.
type relied struct {
	minEntries uint32
	by         string // first program
	frozen     []span
}

// span is a range of read-only bytes that a program's proof folded.
type span struct {
	off, len int
	by       string
}

// reliances joins the assumptions of all programs, by map.
func (in *Input) reliances() []relied {
	list := make([]relied, len(in.Object.Maps))
	for _, p := range in.Programs {
		for _, r := range p.Facts.Relied {
			if r.Map < 0 || r.Map >= len(list) {
				continue
			}
			m := &list[r.Map]
			if m.by == "" {
				m.by = p.Source.Name
			}
			if r.Frozen {
				m.frozen = append(m.frozen, span{r.Off, r.Len, p.Source.Name})
			}
			if r.MinEntries > m.minEntries {
				m.minEntries, m.by = r.MinEntries, p.Source.Name
			}
		}
	}
	return list
}

// reads names the first program whose proof folded bytes of a variable.
func (r *relied) reads(v *frontend.Global) string {
	for _, s := range r.frozen {
		if s.off < v.Off+v.Size && v.Off < s.off+s.len {
			return s.by
		}
	}
	return ""
}

// layout is a digest of what code takes from a hook's context: where its fields
// are and what they may hold. Programs with the same can run in each other's
// place (rtlib.ProgramSpec.Layout).
func layout(h *table.Hook) uint64 {
	sum := sha256.New()
	fmt.Fprintln(sum, h.Name, h.Size, h.Memory)
	for _, f := range h.Fields {
		fmt.Fprintf(sum, "%+v\n", f)
	}
	return binary.LittleEndian.Uint64(sum.Sum(nil))
}

// mapsOf are the indices of the maps that a program refers to, ascending.
func mapsOf(p *frontend.Program, n int) []int {
	used := make([]bool, n)
	for _, i := range p.Insns {
		if i.Op == bpf.OpLdImm && (i.Kind == bpf.KindMap || i.Kind == bpf.KindMapValue) && i.Imm >= 0 && i.Imm < int64(n) {
			used[i.Imm] = true
		}
	}
	var list []int
	for m, is := range used {
		if is {
			list = append(list, m)
		}
	}
	return list
}

// instructions counts the instructions of a program, wide loads once.
func instructions(p *frontend.Program) int {
	n := 0
	for _, i := range p.Insns {
		if i.Op != bpf.OpInvalid {
			n++
		}
	}
	return n
}

// reclaiming reports whether runs of a program take part in reclamation: it
// refers to a map that reclaims.
func (in *Input) reclaiming(p *frontend.Program) bool {
	return slices.ContainsFunc(mapsOf(p, len(in.Object.Maps)), func(m int) bool { return reclaims(in.Object.Maps[m]) })
}

// reclaims reports whether values of the map are reclaimed while it lives
// (docs/decisions/0005), or inner maps of it.
func reclaims(m *frontend.Map) bool {
	row := table.MapTypeOf(m.Type)
	return row == nil || row.Reclaims
}
