package codegen

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/canon"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// specName is the variable that describes the object to rtlib.
func (g *generator) specName() string { return lowerFirst(g.Ident) + "Object" }

// spec prints the rtlib.ObjectSpec: what an instance is made from and what the
// proofs of its programs rely on.
func (g *generator) spec(f *jen.File) error {
	programs, err := g.programSpecs()
	if err != nil {
		return err
	}
	platform := "Linux"
	if g.Object.Platform == bpf.Windows {
		platform = "Windows"
	}
	values := jen.Dict{
		jen.Id("Name"):     jen.Lit(g.Object.Name),
		jen.Id("License"):  jen.Lit(g.Object.License),
		jen.Id("Platform"): jen.Qual(pathBPF, platform),
		jen.Id("ABI"):      jen.Qual(pathABI, "Version"),
	}
	list := func(field, typ string, rows []jen.Code) {
		if len(rows) > 0 {
			values[jen.Id(field)] = jen.Index().Qual(pathRT, typ).Custom(jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, rows...)
		}
	}
	list("Maps", "MapSpec", g.mapSpecs())
	list("Vars", "VarSpec", g.varSpecs())
	list("Programs", "ProgramSpec", programs)
	if g.tie != "" {
		values[jen.Id("Tie")] = jen.Id(g.tie)
	}
	comment(f, g.specName()+" is the object as rtlib takes it: data, never changed.")
	f.Var().Id(g.specName()).Op("=").Qual(pathRT, "ObjectSpec").Values(values)
	f.Line()
	return nil
}

// row is a composite literal without type, fields in the order given, zero
// values left out by the caller.
type row struct{ fields []jen.Code }

func (r *row) add(name string, value *jen.Statement) {
	r.fields = append(r.fields, jen.Id(name).Op(":").Add(value))
}

func (r *row) number(name string, v int) {
	if v != 0 {
		r.add(name, jen.Lit(v))
	}
}

// mapTypeNames are the constants of package bpf.
var mapTypeNames = map[bpf.MapType]string{bpf.MapHash: "MapHash", bpf.MapArray: "MapArray", bpf.MapProgArray: "MapProgArray"}

func (r *row) mapType(t bpf.MapType) {
	if name := mapTypeNames[t]; name != "" {
		r.add("Type", jen.Qual(pathBPF, name))
		return
	}
	r.number("Type", int(t))
}

func (r *row) text(name, v string) {
	if v != "" {
		r.add(name, jen.Lit(v))
	}
}

func (r *row) claim(name string, v bool) {
	if v {
		r.add(name, jen.True())
	}
}

func (r *row) code() jen.Code { return jen.Values(r.fields...) }

// lines is the row with one field on a line.
func (r *row) lines() jen.Code {
	return jen.Custom(jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, r.fields...)
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
func (g *generator) reliances() []relied {
	list := make([]relied, len(g.Object.Maps))
	for _, p := range g.Programs {
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

// mapSpecs are the rows of ObjectSpec.Maps.
func (g *generator) mapSpecs() []jen.Code {
	var rows []jen.Code
	reliances := g.reliances()
	for i, m := range g.Object.Maps {
		r := &row{}
		r.text("Name", m.Name)
		r.mapType(m.Type)
		r.number("KeySize", int(m.KeySize))
		r.number("ValueSize", int(m.ValueSize))
		r.number("MaxEntries", int(m.MaxEntries))
		r.number("Flags", int(m.Flags))
		r.number("Pinning", int(m.Pinning))
		for _, b := range m.Data {
			if b != 0 {
				r.text("Data", string(m.Data))
				break
			}
		}
		r.claim("Section", isSection(m))
		r.claim("Frozen", m.Frozen)
		r.number("MinEntries", int(reliances[i].minEntries))
		r.text("ReliedBy", reliances[i].by)
		if slots := g.slots(m); len(slots) > 0 {
			r.add("Slots", jen.Index().Qual(pathRT, "SlotSpec").Values(slots...))
		}
		rows = append(rows, r.code())
	}
	return rows
}

// slots are the rows of MapSpec.Slots: the initial elements of a program array.
func (g *generator) slots(m *frontend.Map) []jen.Code {
	var rows []jen.Code
	for _, s := range m.Slots {
		for i, p := range g.Programs {
			if p.Source.Name == s.Program {
				r := &row{}
				r.number("Index", s.Index)
				r.number("Program", i)
				rows = append(rows, r.code())
			}
		}
	}
	return rows
}

// varSpecs are the rows of ObjectSpec.Vars.
func (g *generator) varSpecs() []jen.Code {
	var rows []jen.Code
	reliances := g.reliances()
	for _, v := range g.Object.Globals {
		r := &row{}
		r.text("Name", v.Name)
		r.number("Map", v.Map)
		r.number("Off", v.Off)
		r.number("Size", v.Size)
		r.claim("Const", v.Const)
		if v.Map >= 0 && v.Map < len(reliances) {
			for _, s := range reliances[v.Map].frozen {
				if s.off < v.Off+v.Size && v.Off < s.off+s.len {
					r.text("ReliedBy", s.by)
					break
				}
			}
		}
		rows = append(rows, r.code())
	}
	return rows
}

// programSpecs are the rows of ObjectSpec.Programs.
func (g *generator) programSpecs() ([]jen.Code, error) {
	var rows []jen.Code
	for i, p := range g.Programs {
		hash, err := canon.Hash(p.Source.Insns)
		if err != nil {
			return nil, fmt.Errorf("program %s: %w", p.Source.Name, err)
		}
		maps := mapsOf(p.Source, len(g.Object.Maps))
		r := &row{}
		r.text("Name", p.Source.Name)
		r.text("Section", p.Source.Section)
		r.text("Hook", p.Source.Hook.Name)
		r.add("Layout", jen.Id(fmt.Sprintf("%#x", layout(p.Source.Hook))))
		r.number("MinLen", p.Source.Hook.MinLen)
		r.add("Entry", jen.Id(g.names.funcs[i][p.IR.Funcs[0].Name]))
		r.add("Engine", jen.Id(g.engineName()))
		if len(maps) > 0 {
			list := make([]jen.Code, len(maps))
			for j, m := range maps {
				list[j] = jen.Lit(m)
			}
			r.add("Maps", jen.Index().Int().Values(list...))
		}
		bytes := make([]jen.Code, len(hash))
		for j, b := range hash {
			bytes[j] = jen.Id(fmt.Sprintf("%#02x", b))
		}
		r.add("Hash", jen.Index(jen.Lit(len(hash))).Byte().Values(bytes...))
		r.number("Insns", instructions(p.Source))
		r.claim("Reclaims", g.reclaiming(p.Source))
		r.claim("TailCalls", p.IR.TailCalls)
		rows = append(rows, r.lines())
	}
	return rows, nil
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
func (g *generator) reclaiming(p *frontend.Program) bool {
	return slices.ContainsFunc(mapsOf(p, len(g.Object.Maps)), func(m int) bool { return reclaims(g.Object.Maps[m]) })
}

// reclaims reports whether values of the map are reclaimed while it lives
// (docs/decisions/0005): array values never move and never go, and those of program
// arrays are no memory.
func reclaims(m *frontend.Map) bool {
	return m.Type != bpf.MapArray && m.Type != bpf.MapPercpuArray && m.Type != bpf.MapProgArray
}

// assertions prints one line for each offset that the code has baked in. The
// file does not compile against a Frame that is laid out otherwise: an index
// other than 0 is out of range.
func (g *generator) assertions(f *jen.File) {
	if len(g.Programs) == 0 {
		return
	}
	frame, slot := jen.Qual(pathABI, "Frame").Values(), jen.Qual(pathABI, "MapSlot").Values()
	offset := func(of *jen.Statement, field string) *jen.Statement {
		return jen.Qual("unsafe", "Offsetof").Call(jen.Add(of).Dot(field))
	}
	size := func(of *jen.Statement) *jen.Statement { return jen.Qual("unsafe", "Sizeof").Call(of) }
	comment(f, "The code was made for this layout of the Frame; other layouts do not compile.")
	f.Var().DefsFunc(func(defs *jen.Group) {
		for _, a := range []struct {
			got  *jen.Statement
			want int
		}{
			{jen.Qual(pathABI, "Version"), abi.Version},
			{offset(frame, "Slots"), abi.OffSlots},
			{offset(frame, "Data"), abi.OffData},
			{offset(frame, "DataEnd"), abi.OffDataEnd},
			{offset(frame, "DataMeta"), abi.OffDataMeta},
			{offset(frame, "Slot"), abi.OffSlot},
			{offset(frame, "Unwind"), abi.OffUnwind},
			{offset(frame, "Result"), abi.OffResult},
			{offset(frame, "Fuel"), abi.OffFuel},
			{offset(frame, "Ctx"), abi.OffCtx},
			{offset(frame, "Stack"), abi.OffStack},
			{size(jen.Add(frame).Dot("Stack")), abi.MaxDepth * abi.StackSize},
			{offset(frame, "Each"), abi.OffEach},
			{size(slot), abi.SlotSize},
			{offset(slot, "Map"), abi.SlotMap},
			{offset(slot, "Values"), abi.SlotValues},
			{offset(slot, "Max"), abi.SlotMax},
		} {
			defs.Id("_").Op("=").Index(jen.Lit(1)).Struct().Values().Index(jen.Add(a.got).Op("-").Lit(a.want))
		}
	})
}
