package interp

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/internal/isatest"
)

// Marks in the upper bytes of a wide load; the lowest byte is the number.
const (
	mapMark  = 0x6d61700000000000
	valMark  = 0x76616c0000000000
	funcMark = 0x66756e0000000000

	kfuncMark = 90000 // a call of 90001 is one of Kfuncs[1]
)

// assemble is isatest.Assemble with "lddw %r1, MAP+2" (a map), VAL+2 (the value
// of a map), FUNC+7 (the function at slot 7, one hex digit) and FUNC:f (the
// function at label f).
func assemble(t *testing.T, text string) []bpf.Instruction {
	t.Helper()
	text = strings.NewReplacer("MAP+", "0x6d6170000000000", "VAL+", "0x76616c000000000", "FUNC+", "0x66756e000000000").Replace(text)
	labels := regexp.MustCompile(`FUNC:(\w+)`).FindAllStringSubmatch(text, -1)
	for _, label := range labels {
		// Calls behind the program say where labels are.
		text = strings.Replace(text, label[0], "0x66756e0000000000", 1) + "\ncall local " + label[1]
	}
	insns, err := isatest.Assemble(text)
	if err != nil {
		t.Fatal(err)
	}
	first := len(insns) - len(labels)
	calls := insns[first:]
	insns = insns[:first]
	for pc := range insns {
		i := &insns[pc]
		if i.Op == bpf.OpCall && i.Kind == bpf.KindHelper && i.Imm >= kfuncMark {
			i.Kind, i.Imm = bpf.KindKfunc, i.Imm-kfuncMark
		}
		if i.Op != bpf.OpLdImm {
			continue
		}
		switch i.Imm &^ 0xff {
		case mapMark:
			i.Kind, i.Imm = bpf.KindMap, i.Imm&0xff
		case valMark:
			i.Kind, i.Imm = bpf.KindMapValue, i.Imm&0xff
		case funcMark:
			slot := i.Imm & 0xff
			if len(calls) > 0 {
				slot = int64(first) + 1 + calls[0].Imm
				calls, first = calls[1:], first+1
			}
			i.Kind, i.Imm = bpf.KindFunc, slot-int64(pc)-1
		}
	}
	return insns
}

// object makes an object with one program of a hook.
func object(t *testing.T, hook, text string, maps ...*frontend.Map) *frontend.Object {
	t.Helper()
	v := isatest.Vector{Name: "test", Insns: assemble(t, text)}
	obj := v.Object()
	obj.Programs[0].Hook = table.HookByName(bpf.Linux, hook)
	obj.Maps = maps
	return obj
}

// start loads an object or fails the test.
func start(t *testing.T, obj *frontend.Object, opt Options) *Machine {
	t.Helper()
	m, err := New(obj, opt)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// runText runs a program and returns r0.
func runText(t *testing.T, hook, text string, in Input, maps ...*frontend.Map) (uint64, error) {
	t.Helper()
	obj := object(t, hook, text, maps...)
	got, err := start(t, obj, Options{}).Run(obj.Programs[0], in)
	return got.R0, err
}

// wantFault checks that err is a fault with a text in it.
func wantFault(t *testing.T, name string, err error, want string) {
	t.Helper()
	var f *Fault
	if !errors.As(err, &f) || !strings.Contains(err.Error(), want) {
		t.Errorf("%s: got %v, want a fault with %q", name, err, want)
	}
}

func hashMap(key, value, entries uint32) *frontend.Map {
	return &frontend.Map{Name: "hash", Type: bpf.MapHash, KeySize: key, ValueSize: value, MaxEntries: entries}
}

func arrayMap(value, entries uint32) *frontend.Map {
	return &frontend.Map{Name: "array", Type: bpf.MapArray, KeySize: 4, ValueSize: value, MaxEntries: entries}
}
