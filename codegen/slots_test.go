package codegen

import (
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// TestSlots has program arrays that no instance could be made with.
func TestSlots(t *testing.T) {
	program := func(name string, hook table.Hook) Program {
		return Program{Source: &frontend.Program{Name: name, Hook: &hook}}
	}
	in := Input{Programs: []Program{
		program("a", table.Hook{Name: "xdp"}), program("b", table.Hook{Name: "xdp"}),
		program("c", table.Hook{Name: "raw", MinLen: 8}), program("d", table.Hook{Name: "raw", MinLen: 16})}}
	array := func(names ...string) frontend.Map {
		m := frontend.Map{Name: "m", Type: bpf.MapProgArray, KeySize: 4, ValueSize: 4, MaxEntries: 4}
		for i, name := range names {
			m.Slots = append(m.Slots, frontend.Slot{Index: 2 * i, Map: -1, Program: name})
		}
		return m
	}
	short, key, value := array("a", "b"), array(), array()
	short.MaxEntries, key.KeySize, value.ValueSize = 2, 8, 8
	for _, c := range []struct {
		m    frontend.Map
		want string // in the error, "" for none
	}{
		{array("a", "b"), ""},
		{array("c"), ""},
		{array("a", "c"), "program a of type xdp and program c of type raw"},
		{array("c", "d"), "at least 8 bytes of memory and program d at least 16"},
		{short, "slot 2 gets program b; max_entries is 2"},
		{key, "not 8 and 4"},
		{value, "not 4 and 8"},
	} {
		in.Object = &frontend.Object{Maps: []*frontend.Map{&c.m}}
		slots, err := in.slots(0)
		switch {
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%+v: %v; want %q", c.m, err, c.want)
		case c.want == "" && (err != nil || len(slots) != len(c.m.Slots)):
			t.Errorf("%+v: %v, %v", c.m, slots, err)
		}
	}
	// A program that only calls through the array has to fit as well.
	caller := program("caller", table.Hook{Name: "xdp"})
	caller.Source.Insns = []bpf.Instruction{{Op: bpf.OpLdImm, Kind: bpf.KindMap}}
	in.Programs = append(in.Programs, caller)
	m := array("c")
	in.Object = &frontend.Object{Maps: []*frontend.Map{&m}}
	if _, err := in.slots(0); err == nil || !strings.Contains(err.Error(), "program caller of type xdp and program c of type raw") {
		t.Errorf("%v; want that the caller does not fit", err)
	}
}
