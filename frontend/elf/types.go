package elf

import (
	"fmt"
	"math"

	"github.com/cilium/ebpf/btf"

	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// maxDepth bounds the nesting of types: structs in arrays in structs and so
// on. C programs have about five.
const maxDepth = 32

// maxNodes bounds the size of one type written out as a tree. The largest
// types of the kernel have some ten thousand members.
const maxNodes = 1 << 18

// converter turns BTF types into frontend types. The same BTF type gives the
// same *frontend.Type, so that Object.Types names everything once.
type converter struct {
	done  map[btf.Type]*frontend.Type
	nodes map[*frontend.Type]int // size of the tree
}

func newConverter() *converter {
	return &converter{done: make(map[btf.Type]*frontend.Type), nodes: make(map[*frontend.Type]int)}
}

// convert converts t, nil to nil. What a pointer points at is converted by
// name and size only: types are trees, and a list node points at itself.
func (c *converter) convert(t btf.Type) (*frontend.Type, error) {
	if t == nil {
		return nil, nil
	}
	return c.at(t, 0)
}

func (c *converter) at(t btf.Type, depth int) (*frontend.Type, error) {
	t = btf.QualifiedType(t)
	if ft := c.done[t]; ft != nil {
		return ft, nil
	}
	if depth > maxDepth {
		return nil, fmt.Errorf("types nest more than %d deep", maxDepth)
	}
	ft, err := c.build(t, depth)
	if err != nil {
		return nil, err
	}
	if name := t.TypeName(); name != "" {
		ft.Name = name
	}
	n := 1
	if ft.Elem != nil {
		n += c.nodes[ft.Elem]
	}
	for _, m := range ft.Members {
		n += c.nodes[m.Type]
	}
	if n > maxNodes {
		return nil, fmt.Errorf("the type has more than %d members, those of its members counted", maxNodes)
	}
	c.done[t], c.nodes[ft] = ft, n
	return ft, nil
}

// build makes a new frontend type of t, whose qualifiers are gone.
func (c *converter) build(t btf.Type, depth int) (*frontend.Type, error) {
	switch t := t.(type) {
	case *btf.Typedef:
		under, err := c.at(t.Type, depth+1)
		if err != nil {
			return nil, err
		}
		named := *under
		return &named, nil
	case *btf.Void, *btf.Fwd, *btf.FuncProto, *btf.Func:
		return &frontend.Type{Kind: frontend.KindVoid}, nil
	case *btf.Int:
		kind := frontend.KindInt
		if t.Encoding == btf.Bool {
			kind = frontend.KindBool
		}
		return &frontend.Type{Kind: kind, Size: int(t.Size), Signed: t.Encoding == btf.Signed}, nil
	case *btf.Float:
		return &frontend.Type{Kind: frontend.KindFloat, Size: int(t.Size)}, nil
	case *btf.Enum:
		return enum(t), nil
	case *btf.Pointer:
		return c.pointer(t, depth)
	case *btf.Array:
		return c.array(t, depth)
	case *btf.Struct:
		return c.composite(frontend.KindStruct, t.Size, t.Members, depth)
	case *btf.Union:
		return c.composite(frontend.KindUnion, t.Size, t.Members, depth)
	}
	return nil, fmt.Errorf("the BTF kind %T is not a type of data", t)
}

func enum(t *btf.Enum) *frontend.Type {
	ft := &frontend.Type{Kind: frontend.KindEnum, Size: int(t.Size), Signed: t.Signed}
	for _, v := range t.Values {
		ft.Enums = append(ft.Enums, frontend.Enum{Name: v.Name, Value: v.Value})
	}
	return ft
}

// pointer cuts the tree at structs and unions: the element has a kind, a name
// and a size, but no members.
func (c *converter) pointer(t *btf.Pointer, depth int) (*frontend.Type, error) {
	ft := &frontend.Type{Kind: frontend.KindPointer, Size: 8}
	target := btf.QualifiedType(t.Target)
	switch under := btf.UnderlyingType(target).(type) {
	case *btf.Struct:
		ft.Elem = &frontend.Type{Kind: frontend.KindStruct, Name: target.TypeName(), Size: int(under.Size)}
	case *btf.Union:
		ft.Elem = &frontend.Type{Kind: frontend.KindUnion, Name: target.TypeName(), Size: int(under.Size)}
	default:
		elem, err := c.at(target, depth+1)
		if err != nil {
			return nil, err
		}
		ft.Elem = elem
	}
	return ft, nil
}

func (c *converter) array(t *btf.Array, depth int) (*frontend.Type, error) {
	elem, err := c.at(t.Type, depth+1)
	if err != nil {
		return nil, err
	}
	size := uint64(t.Nelems) * uint64(elem.Size)
	if size > math.MaxInt32 {
		return nil, fmt.Errorf("an array has %d bytes, more than %d", size, math.MaxInt32)
	}
	return &frontend.Type{Kind: frontend.KindArray, Elem: elem, Len: int(t.Nelems), Size: int(size)}, nil
}

func (c *converter) composite(kind frontend.TypeKind, size uint32, members []btf.Member, depth int) (*frontend.Type, error) {
	if size > math.MaxInt32 {
		return nil, fmt.Errorf("a type has %d bytes, more than %d", size, math.MaxInt32)
	}
	ft := &frontend.Type{Kind: kind, Size: int(size)}
	for _, m := range members {
		mt, err := c.at(m.Type, depth+1)
		if err != nil {
			return nil, fmt.Errorf("member %s: %w", m.Name, err)
		}
		fm := frontend.Member{Name: m.Name, Off: int(m.Offset / 8), Type: mt, BitSize: int(m.BitfieldSize)}
		bits := uint64(mt.Size) * 8
		if m.BitfieldSize > 0 {
			fm.BitOff, bits = int(m.Offset%8), uint64(m.BitfieldSize)
		} else if m.Offset%8 != 0 {
			return nil, fmt.Errorf("member %s: malformed BTF: it starts at bit %d", m.Name, m.Offset)
		}
		if uint64(m.Offset)+bits > uint64(size)*8 {
			return nil, fmt.Errorf("member %s: malformed BTF: it ends at bit %d of %d", m.Name, uint64(m.Offset)+bits, uint64(size)*8)
		}
		ft.Members = append(ft.Members, fm)
	}
	return ft, nil
}

// typeList collects types that need a declaration.
type typeList struct {
	types []*frontend.Type
	seen  map[*frontend.Type]bool
}

// add appends the named structs, unions and enums in t, innermost first. What
// pointers point at is not declared: it is an address of the C program.
func (l *typeList) add(t *frontend.Type) {
	if t == nil || l.seen[t] {
		return
	}
	l.seen[t] = true
	switch t.Kind {
	case frontend.KindArray:
		l.add(t.Elem)
		return
	case frontend.KindStruct, frontend.KindUnion:
		for _, m := range t.Members {
			l.add(m.Type)
		}
	case frontend.KindEnum:
	default:
		return
	}
	if t.Name != "" {
		l.types = append(l.types, t)
	}
}
