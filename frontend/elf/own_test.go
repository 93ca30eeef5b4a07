package elf

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bpf2go-native/bpf2go-native/frontend"
)

const own = "testdata/objects"

// TestOwnObjects compares the listing of every object of this package, whose C
// is beside it: made with clang-19 -g -O2 -mcpu=v3 -target bpf
// -fdebug-compilation-dir=. -c.
func TestOwnObjects(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(own, "*.o"))
	if err != nil || len(files) < 5 {
		t.Fatalf("%d objects in %s, %v", len(files), own, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			o, err := Load(read(t, file), file, Options{Assume: true})
			if err != nil {
				t.Fatal(err)
			}
			golden(t, "objects/"+strings.TrimSuffix(filepath.Base(file), ".o"), dump(t, o))
		})
	}
}

// TestRelocated: with the types of another object accesses move, constants
// change, and what that object does not have is poisoned.
func TestRelocated(t *testing.T) {
	data := read(t, filepath.Join(own, "core.bpf.o"))
	o := load(t, data, Options{Kernel: read(t, filepath.Join(own, "target.bpf.o"))})
	golden(t, "objects/core_relocated", dump(t, o))
	_, err := Load(data, "t.o", Options{Kernel: []byte("nonsense")})
	if err == nil || !strings.Contains(err.Error(), "the BTF to relocate against") {
		t.Errorf("relocated against nonsense: %v", err)
	}
}

// TestSet gives values to kernel configuration and checks what cannot be set.
func TestSet(t *testing.T) {
	data := read(t, filepath.Join(own, "externs.bpf.o"))
	o := load(t, data, Options{Set: map[string]string{
		"LINUX_KERNEL_VERSION": "0x050a00", "CONFIG_HZ": "-250", "CONFIG_BPF": "y", "CONFIG_XDP": "m", "CONFIG_NAME": `"ab"`,
	}})
	var config *frontend.Map
	for _, m := range o.Maps {
		config = m
	}
	want := []byte{0, 10, 5, 0, 0, 0, 0, 0, 6, 0xff, 0xff, 0xff, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 'a', 'b', 0, 0, 0, 0, 0, 0}
	if len(o.Maps) != 1 || !config.Frozen || !cmp.Equal(want, config.Data) {
		t.Errorf("%d maps, data % x, want one with % x", len(o.Maps), config.Data, want)
	}
	if err := o.Check(); err != nil {
		t.Error(err)
	}
	for _, c := range []struct{ name, value, want string }{
		{"NONSENSE", "1", "there is none of that name; the object has CONFIG_BPF, CONFIG_HZ"},
		{"CONFIG_HZ", "many", `"many" is no number`},
		{"CONFIG_HZ", "4294967296", "is no number of type int"},
		{"CONFIG_BPF", "m", `"m" is neither true nor false`},
		{"CONFIG_XDP", "perhaps", `"perhaps" is no number`},
		{"CONFIG_NAME", "12345678", "the string has 8 bytes and a zero"},
	} {
		_, err := Load(data, "t.o", Options{Assume: true, Set: map[string]string{c.name: c.value}})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s=%s: %v, want %q", c.name, c.value, err, c.want)
		}
	}
}

// TestSetConstant gives values to constants of every kind.
func TestSetConstant(t *testing.T) {
	source := prelude + `
		enum colour { RED, GREEN = 5 };
		const volatile u32 n = 1; const volatile char c = 'a'; const volatile enum colour e = RED; const volatile _Bool b = 0;
		const volatile char s[6] = "x"; const volatile u64 wide = 0; const volatile u32 pair[2] = {1, 2}; u32 open = 1;
		SEC("xdp") int prog(struct xdp_md *ctx) { return n + c + e + b + s[ctx->data & 3] + wide + pair[1] + open; }`
	data := clang(t, source)
	o := load(t, data, Options{Set: map[string]string{
		"n": "0x10", "c": "'z'", "e": "GREEN", "b": "true", "s": "hello", "wide": "18446744073709551615",
	}})
	got := make(map[string]string)
	for _, g := range o.Globals {
		got[g.Name] = string(o.Maps[g.Map].Data[g.Off : g.Off+g.Size])
	}
	want := map[string]string{
		"n": "\x10\x00\x00\x00", "c": "z", "e": "\x05\x00\x00\x00", "b": "\x01", "s": "hello\x00", "wide": strings.Repeat("\xff", 8),
		"pair": "\x01\x00\x00\x00\x02\x00\x00\x00", "open": "\x01\x00\x00\x00",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values (want -, got +):\n%s", diff)
	}
	for name, want := range map[string]string{"open": "declare it const volatile", "pair": "type [2]u32 cannot be given as text"} {
		_, err := Load(data, "t.o", Options{Set: map[string]string{name: "2"}})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

// TestContracts checks the parameters of global functions and which functions
// have a contract.
func TestContracts(t *testing.T) {
	o := load(t, read(t, filepath.Join(own, "contract.bpf.o")), Options{})
	type param struct {
		Name     string
		Kind     frontend.ParamKind
		Size     int
		Nullable bool
	}
	got := make(map[string][]param)
	global := make(map[string]bool)
	for _, f := range o.Programs[0].Funcs {
		global[f.Name] = f.Global
		for _, p := range f.Proto.Params {
			got[f.Name] = append(got[f.Name], param{p.Name, p.Kind, p.Size, p.Nullable})
		}
		if want := f.Name == "nothing"; (f.Proto.Ret == frontend.RetVoid) != want {
			t.Errorf("%s returns %d", f.Name, f.Proto.Ret)
		}
	}
	n := []param{{"n", frontend.ParamScalar, 4, false}}
	want := map[string][]param{
		"one": {{"ctx", frontend.ParamCtx, 0, false}},
		"all": {
			{"ctx", frontend.ParamCtx, 0, false}, {"p", frontend.ParamMem, 8, true}, {"q", frontend.ParamMem, 8, false},
			{"c", frontend.ParamScalar, 4, false}, {"small", frontend.ParamScalar, 1, false},
		},
		"nothing": {{"d", frontend.ParamDynptr, 0, false}, {"what", frontend.ParamOther, 0, false}, {"mine", frontend.ParamCtx, 0, false}},
		"weak":    n, "hidden": n, "helper": n,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parameters (want -, got +):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]bool{"one": true, "all": true, "nothing": true, "weak": true, "hidden": false, "helper": false}, global); diff != "" {
		t.Errorf("global functions (want -, got +):\n%s", diff)
	}
}
