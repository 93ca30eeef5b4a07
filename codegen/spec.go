package codegen

import (
	"fmt"
	"strconv"

	"github.com/dave/jennifer/jen"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// specName is the variable that describes the object to rtlib.
func (g *generator) specName() string { return lowerFirst(g.Ident) + "Object" }

// spec prints the rtlib.ObjectSpec: what an instance is made from and what the
// proofs of its programs rely on.
func (g *generator) spec(f *jen.File) error {
	spec, err := g.objectSpec()
	if err != nil {
		return err
	}
	platform := "Linux"
	if spec.Platform == bpf.Windows {
		platform = "Windows"
	}
	values := jen.Dict{
		jen.Id("Name"):     jen.Lit(spec.Name),
		jen.Id("License"):  jen.Lit(spec.License),
		jen.Id("Platform"): jen.Qual(pathBPF, platform),
		jen.Id("ABI"):      jen.Qual(pathABI, "Version"),
	}
	list := func(field, typ string, rows []jen.Code) {
		if len(rows) > 0 {
			values[jen.Id(field)] = jen.Index().Qual(pathRT, typ).Custom(jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, rows...)
		}
	}
	list("Maps", "MapSpec", mapSpecs(spec.Maps))
	list("Vars", "VarSpec", varSpecs(spec.Vars))
	list("Programs", "ProgramSpec", g.programSpecs(spec.Programs))
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
var mapTypeNames = map[bpf.MapType]string{
	bpf.MapHash: "MapHash", bpf.MapArray: "MapArray", bpf.MapProgArray: "MapProgArray", bpf.MapPerfEvent: "MapPerfEvent",
	bpf.MapPercpuHash: "MapPercpuHash", bpf.MapPercpuArray: "MapPercpuArray", bpf.MapStackTrace: "MapStackTrace",
	bpf.MapLRUHash: "MapLRUHash", bpf.MapLRUPercpu: "MapLRUPercpu", bpf.MapLPMTrie: "MapLPMTrie",
	bpf.MapArrayOfMaps: "MapArrayOfMaps", bpf.MapHashOfMaps: "MapHashOfMaps", bpf.MapQueue: "MapQueue", bpf.MapStack: "MapStack",
	bpf.MapRingbuf: "MapRingbuf", bpf.MapUserRingbuf: "MapUserRingbuf", bpf.MapBloomFilter: "MapBloomFilter",
}

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

// mapSpecs prints ObjectSpec.Maps.
func mapSpecs(maps []rtlib.MapSpec) []jen.Code {
	var rows []jen.Code
	for i := range maps {
		rows = append(rows, mapRow(&maps[i]).code())
	}
	return rows
}

// mapRow prints a map or a template.
func mapRow(m *rtlib.MapSpec) *row {
	r := &row{}
	r.text("Name", m.Name)
	r.mapType(m.Type)
	r.number("KeySize", int(m.KeySize))
	r.number("ValueSize", int(m.ValueSize))
	r.number("MaxEntries", int(m.MaxEntries))
	r.number("Flags", int(m.Flags))
	r.number("Pinning", int(m.Pinning))
	r.text("Data", m.Data)
	r.claim("Section", m.Section)
	r.claim("Frozen", m.Frozen)
	r.number("MinEntries", int(m.MinEntries))
	r.text("ReliedBy", m.ReliedBy)
	if m.Extra != 0 {
		r.add("Extra", jen.Id(strconv.FormatUint(m.Extra, 10)))
	}
	if m.Inner != nil {
		r.add("Inner", jen.Op("&").Qual(pathRT, "MapSpec").Add(mapRow(m.Inner).code()))
	}
	r.number("Lock", int(m.Lock))
	if len(m.Slots) > 0 {
		var slots []jen.Code
		for _, s := range m.Slots {
			slot := &row{}
			slot.number("Index", int(s.Index))
			slot.number("Program", s.Program)
			slot.number("Map", s.Map)
			slots = append(slots, slot.code())
		}
		r.add("Slots", jen.Index().Qual(pathRT, "SlotSpec").Values(slots...))
	}
	return r
}

// varSpecs prints ObjectSpec.Vars.
func varSpecs(vars []rtlib.VarSpec) []jen.Code {
	var rows []jen.Code
	for _, v := range vars {
		r := &row{}
		r.text("Name", v.Name)
		r.number("Map", v.Map)
		r.number("Off", v.Off)
		r.number("Size", v.Size)
		r.claim("Const", v.Const)
		r.text("ReliedBy", v.ReliedBy)
		rows = append(rows, r.code())
	}
	return rows
}

// programSpecs prints ObjectSpec.Programs, with the names of the code.
func (g *generator) programSpecs(programs []rtlib.ProgramSpec) []jen.Code {
	var rows []jen.Code
	for i, p := range programs {
		r := &row{}
		r.text("Name", p.Name)
		r.text("Section", p.Section)
		r.text("Hook", p.Hook)
		r.add("Layout", jen.Id(fmt.Sprintf("%#x", p.Layout)))
		r.number("MinLen", p.MinLen)
		r.add("Entry", jen.Id(g.names.funcs[i][g.Programs[i].IR.Funcs[0].Name]))
		r.add("Engine", jen.Id(g.engineName()))
		if len(p.Maps) > 0 {
			list := make([]jen.Code, len(p.Maps))
			for j, m := range p.Maps {
				list[j] = jen.Lit(m)
			}
			r.add("Maps", jen.Index().Int().Values(list...))
		}
		bytes := make([]jen.Code, len(p.Hash))
		for j, b := range p.Hash {
			bytes[j] = jen.Id(fmt.Sprintf("%#02x", b))
		}
		r.add("Hash", jen.Index(jen.Lit(len(p.Hash))).Byte().Values(bytes...))
		r.number("Insns", p.Insns)
		r.claim("Reclaims", p.Reclaims)
		r.claim("Holds", p.Holds)
		r.claim("TailCalls", p.TailCalls)
		if p.Fuel != 0 {
			r.add("Fuel", jen.Id(strconv.FormatUint(p.Fuel, 10)))
		}
		rows = append(rows, r.lines())
	}
	return rows
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
			{offset(slot, "Step"), abi.SlotStep},
		} {
			defs.Id("_").Op("=").Index(jen.Lit(1)).Struct().Values().Index(jen.Add(a.got).Op("-").Lit(a.want))
		}
	})
}
