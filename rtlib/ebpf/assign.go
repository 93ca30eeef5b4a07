package ebpf

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// place is a tagged field of a struct.
type place struct {
	field reflect.StructField
	value reflect.Value
	tag   string
}

// assign sets every tagged field of the struct that to points at to what get
// returns for its type and tag. Nothing is set when one of them is an error;
// taken is called for each field that was set.
func assign(to any, get func(reflect.Type, string) (any, error), taken func(reflect.Type, string)) error {
	pointer := reflect.ValueOf(to)
	switch {
	case !pointer.IsValid():
		return errors.New("assign to nil")
	case pointer.Kind() != reflect.Pointer || pointer.Type().Elem().Kind() != reflect.Struct:
		return fmt.Errorf("%T is not a pointer to a struct", to)
	case pointer.IsNil():
		return fmt.Errorf("nil %T", to)
	}
	places, err := tagged(pointer.Elem(), nil)
	if err != nil {
		return err
	}
	type key struct {
		typ reflect.Type
		tag string
	}
	seen := map[key]string{}
	values := make([]any, len(places))
	for i, p := range places {
		k := key{p.field.Type, p.tag}
		switch other, twice := seen[k]; {
		case strings.Contains(p.tag, ","):
			return fmt.Errorf("field %s: the ebpf tag %q has a comma", p.field.Name, p.tag)
		case twice:
			return fmt.Errorf("field %s: %q is assigned to %s already", p.field.Name, p.tag, other)
		case !p.value.CanSet():
			return fmt.Errorf("field %s: not exported", p.field.Name)
		}
		seen[k] = p.field.Name
		if values[i], err = get(p.field.Type, p.tag); err != nil {
			return fmt.Errorf("field %s: %w", p.field.Name, err)
		}
	}
	for i, p := range places {
		p.value.Set(reflect.ValueOf(values[i]))
		if taken != nil {
			taken(p.field.Type, p.tag)
		}
	}
	return nil
}

// tagged lists the tagged fields of a struct and of the structs in it. outer
// are the types on the way: a struct that points to its own type is an error.
func tagged(s reflect.Value, outer []reflect.Type) ([]place, error) {
	for _, t := range outer {
		if t == s.Type() {
			return nil, fmt.Errorf("type %s holds itself", t)
		}
	}
	outer = append(outer, s.Type())
	var list []place
	for i := range s.NumField() {
		field, value := s.Type().Field(i), s.Field(i)
		if tag := field.Tag.Get("ebpf"); tag != "" {
			list = append(list, place{field, value, tag})
			continue
		}
		if field.Type.Kind() == reflect.Pointer && field.Type.Elem().Kind() == reflect.Struct {
			if value.IsNil() {
				return nil, fmt.Errorf("field %s: nil pointer", field.Name)
			}
			value = value.Elem()
		}
		if value.Kind() != reflect.Struct {
			continue
		}
		inner, err := tagged(value, outer)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", field.Name, err)
		}
		list = append(list, inner...)
	}
	return list, nil
}
