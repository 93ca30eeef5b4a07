package ir

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// value reads a line `vN = op …`.
func (p *parser) value() error {
	v, err := p.define()
	if err != nil {
		return err
	}
	if !p.accept("=") {
		return fmt.Errorf("want = behind v%d", v.ID)
	}
	name := p.word()
	for op := range rows {
		if rows[op].Name == name {
			v.Op = Op(op)
		}
	}
	if v.Op == OpInvalid || v.Op == OpParam {
		return fmt.Errorf("unknown operation %q", name)
	}
	v.Type = v.Op.Row().Result
	if err := p.arguments(v); err != nil {
		return err
	}
	for len(p.words) > 0 {
		if err := p.attribute(v); err != nil {
			return err
		}
	}
	p.b.Values = append(p.b.Values, v)
	return nil
}

func (p *parser) arguments(v *Value) (err error) {
	row := v.Op.Row()
	switch {
	case v.Op == OpCall || v.Op == OpCallFunc:
		v.Sym = p.word()
		if v.Op == OpCallFunc {
			p.calls = append(p.calls, v)
		}
		if !p.accept("(") {
			return fmt.Errorf("want ( behind %q", v.Sym)
		}
		v.Args, err = p.list()
		return err
	case row.Addr:
		if !p.accept("[") {
			return fmt.Errorf("want [ behind %s", row.Name)
		}
		a, err := p.operand()
		if err != nil {
			return err
		}
		v.Args = append(v.Args, a)
		if !p.accept("]") {
			if v.Imm, err = p.int(); err != nil {
				return err
			}
			if !p.accept("]") {
				return fmt.Errorf("want ] behind the address")
			}
		}
		p.accept(",")
	case row.Imm:
		if v.Imm, err = p.int(); err != nil {
			return err
		}
		p.accept(",")
	}
	for len(v.Args) < row.Args {
		a, err := p.operand()
		if err != nil {
			return err
		}
		v.Args = append(v.Args, a)
		if len(v.Args) < row.Args && !p.accept(",") {
			return fmt.Errorf("%s takes %d operands", row.Name, row.Args)
		}
	}
	return nil
}

func (p *parser) attribute(v *Value) (err error) {
	if r := p.region(); r != 0 {
		v.Region = r
		return nil
	}
	word := p.word()
	for i, name := range flagNames {
		if name == word {
			v.Flags |= 1 << i
			return nil
		}
	}
	switch word {
	case "after":
		if !p.accept("(") {
			return fmt.Errorf("want ( behind after")
		}
		v.Mem, err = p.list()
		return err
	case "guard":
		v.Guard, err = p.valueName()
		return err
	case "span":
		return p.span(v)
	case "reach":
		return p.reach(v)
	case "map=", "sp", "@":
		p.accept("=")
		x, err := p.int()
		switch word {
		case "map=":
			v.Map = int(x)
		case "sp":
			v.Imm = x
		default:
			v.PC = int(x)
		}
		return err
	}
	return fmt.Errorf("unknown attribute %q", word)
}

// region reads region names joined by |; 0 when there is none. The attribute
// `map=N` is none.
func (p *parser) region() table.Region {
	if len(p.words) > 1 && p.words[0] == "map" && p.words[1] == "=" {
		p.words = p.words[1:]
		p.words[0] = "map="
		return 0
	}
	var r table.Region
	for {
		found := false
		for i, name := range regionNames {
			if p.accept(name) {
				r |= 1 << i
				found = true
				break
			}
		}
		if !found || !p.accept("|") {
			return r
		}
	}
}

// span reads `(arg kind size)`.
func (p *parser) span(v *Value) error {
	p.accept("(")
	arg, err := p.int()
	if err != nil {
		return err
	}
	kind := p.word()
	size, err := p.int()
	if err != nil {
		return err
	}
	if !p.accept(")") {
		return fmt.Errorf("want ) behind the span")
	}
	v.Spans = append(v.Spans, Span{
		Arg: int(arg), Size: int(size),
		Reads: kind == "r" || kind == "rw", Writes: kind == "w" || kind == "rw",
	})
	return nil
}

// reach reads `(lo:hi)`.
func (p *parser) reach(v *Value) error {
	p.accept("(")
	lo, err := p.int()
	if err != nil {
		return err
	}
	p.accept(":")
	hi, err := p.int()
	if err != nil {
		return err
	}
	if !p.accept(")") {
		return fmt.Errorf("want ) behind the reach")
	}
	v.Reach = &Reach{lo, hi}
	return nil
}
