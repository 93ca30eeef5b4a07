package codegen

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// composite returns a Go struct for a struct, or for a union and the member
// that stands for it.
func (l *layouts) composite(t *frontend.Type, members []frontend.Member, depth int) (*jen.Statement, int, error) {
	s := &structLayout{l: l, used: map[string]bool{}, limit: lowBit(t.Size), align: 1}
	s.fields = append(s.fields, jen.Id("_").Qual("structs", "HostLayout"))
	if err := s.add(members, 0, t.Size, depth); err != nil {
		return nil, 0, err
	}
	s.pad(t.Size)
	return jen.Struct(s.fields...), s.align, nil
}

// lowBit is the largest alignment that a size allows, at most 8.
func lowBit(size int) int {
	if size == 0 {
		return 8
	}
	return min(size&-size, 8)
}

// structLayout collects the fields of one Go struct.
type structLayout struct {
	l      *layouts
	fields []jen.Code
	used   map[string]bool
	limit  int // alignment that the struct's size allows
	align  int // of the struct in Go
	end    int // bytes laid out
	hidden bool
}

// add lays out members that begin base bytes into the struct. Anonymous
// structs and unions are laid out in place: C addresses their members as if
// they were the struct's own.
func (s *structLayout) add(members []frontend.Member, base, size, depth int) error {
	if depth > maxNesting {
		return fmt.Errorf("types nest more than %d deep", maxNesting)
	}
	for _, m := range members {
		if m.Type == nil {
			return fmt.Errorf("member %q has no type", m.Name)
		}
		off := base + m.Off
		switch {
		case m.BitSize > 0:
			s.hidden = true
			continue
		case m.Type.Kind == frontend.KindVoid:
			continue
		case off < s.end || off+m.Type.Size > size:
			return fmt.Errorf("member %q at %d of %d bytes does not fit", m.Name, off, size)
		case m.Name == "" && m.Type.Kind == frontend.KindStruct:
			if err := s.add(m.Type.Members, off, size, depth+1); err != nil {
				return err
			}
			continue
		case m.Name == "" && m.Type.Kind == frontend.KindUnion:
			if err := s.add(m.Type.Members[:min(1, len(m.Type.Members))], off, size, depth+1); err != nil {
				return err
			}
			s.pad(off + m.Type.Size)
			continue
		case m.Type.Size == 0 && off == size:
			// A flexible array. Go would add padding behind it.
			continue
		}
		if err := s.field(m, off, depth); err != nil {
			return err
		}
	}
	return nil
}

// field lays out one named member.
func (s *structLayout) field(m frontend.Member, off, depth int) error {
	code, align, err := s.l.of(m.Type, depth+1)
	if err != nil {
		return fmt.Errorf("member %q: %w", m.Name, err)
	}
	s.pad(off)
	if align > s.limit || off%align != 0 {
		code, align = bytesOf(m.Type.Size), 1
	}
	name := identifier(m.Name)
	if name == "" {
		name = "_"
	} else {
		name = unique(s.used, name)
	}
	s.fields = append(s.fields, jen.Id(name).Add(code))
	s.align = max(s.align, align)
	s.end = off + m.Type.Size
	return nil
}

// pad fills up to off with bytes.
func (s *structLayout) pad(off int) {
	if off > s.end {
		field := jen.Id("_").Add(bytesOf(off - s.end))
		if s.hidden {
			field.Comment("bitfield")
		}
		s.fields = append(s.fields, field)
		s.end = off
	}
	s.hidden = false
}
