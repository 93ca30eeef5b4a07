package elf

import (
	"debug/elf"
	"encoding/binary"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

func load(t *testing.T, data []byte, opt Options) *frontend.Object {
	t.Helper()
	o, err := Load(data, "dir/t.o", opt)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestTextOnly: programs in .text, as old user-space eBPF tools have them,
// load when the section gets a type. A function that another one calls is a
// subprogram.
func TestTextOnly(t *testing.T) {
	source := `
		__attribute__((noinline)) long half(long n) { return n >> 1; }
		long sum(unsigned char *p, long n) { return half(n) + 1; }
		long product(unsigned char *p, long n) { return n * 3; }`
	o := load(t, clang(t, source), Options{ProgTypes: map[string]string{".text": "xdp"}})
	var got []string
	for _, p := range o.Programs {
		got = append(got, p.Name+" in "+p.Section)
		if p.Lines[0].Pos.Line == 0 {
			t.Errorf("program %s has no C line", p.Name)
		}
	}
	if diff := cmp.Diff([]string{"sum in .text", "product in .text"}, got); diff != "" {
		t.Errorf("programs (want -, got +):\n%s", diff)
	}
	if n := len(o.Programs[0].Funcs); n != 2 {
		t.Errorf("sum has %d functions, want itself and half", n)
	}
}

// TestTextBeside: giving .text a type adds its programs to those of other
// sections, which still call functions in it.
func TestTextBeside(t *testing.T) {
	source := prelude + `
		__attribute__((noinline)) int half(int n) { return n >> 1; }
		int alone(void *c) { return 1; }
		SEC("xdp") int prog(struct xdp_md *c) { return half(c->data); }`
	o := load(t, clang(t, source), Options{ProgTypes: map[string]string{".text": "xdp"}})
	if len(o.Programs) != 2 || o.Programs[0].Name != "alone" || o.Programs[1].Name != "prog" {
		t.Errorf("programs:\n%s", dump(t, o))
	}
}

// TestSizeless: clang before 7 wrote function symbols without a size.
func TestSizeless(t *testing.T) {
	data := clang(t, counter+`
		static __attribute__((noinline)) int one(int n) { return n + 1; }
		SEC("xdp") int second(struct xdp_md *c) { return one(c->data); }
		SEC("xdp") int third(struct xdp_md *c) { return one(c->q) + one(c->e); }`)
	want := dump(t, load(t, data, Options{}))
	f, err := elf.NewFile(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	table := f.SectionByType(elf.SHT_SYMTAB)
	for off := table.Offset; off < table.Offset+table.Size; off += symbolSize {
		if elf.ST_TYPE(data[off+4]) == elf.STT_FUNC {
			binary.LittleEndian.PutUint64(data[off+16:], 0)
		}
	}
	if diff := cmp.Diff(want, dump(t, load(t, data, Options{}))); diff != "" {
		t.Errorf("with sizes -, without +:\n%s", diff)
	}
}

// TestMaps: maps in the order of the file,
// and an inner map.
func TestMaps(t *testing.T) {
	source := prelude + `
		struct inner { __uint(type, 1); __uint(max_entries, 7); __type(key, u32); __type(value, u64); };
		struct { __uint(type, 12); __uint(max_entries, 3); __type(key, u32); __uint(value_size, 4);
			struct inner *values[0]; } outer SEC(".maps");
		struct { __uint(type, 2); __uint(max_entries, 5); __type(key, u32); __type(value, u64);
			__uint(pinning, 1); __uint(map_flags, 1024); } aaa SEC(".maps");
		SEC("xdp") int prog(struct xdp_md *c) { u32 k = 0; return lookup(&outer, &k) != lookup(&aaa, &k); }`
	o := load(t, clang(t, source), Options{})
	if len(o.Maps) != 2 || o.Maps[0].Name != "outer" || o.Maps[1].Name != "aaa" {
		t.Fatalf("maps:\n%s", dump(t, o))
	}
	if in := o.Maps[0].Inner; in == nil || in.MaxEntries != 7 || in.ValueSize != 8 {
		t.Errorf("inner map: %+v", in)
	}
	if m := o.Maps[1]; m.Pinning != 1 || m.Flags != bpf.FlagMmapable {
		t.Errorf("pinning %d, flags %#x", m.Pinning, m.Flags)
	}
}

// TestLegacyMap: a definition as struct bpf_map_def needs no BTF.
func TestLegacyMap(t *testing.T) {
	source := prelude + `
		struct { u32 type, key_size, value_size, max_entries, map_flags; } old SEC("maps") = {1, 4, 8, 100, 1};
		SEC("xdp") int prog(struct xdp_md *c) { u32 k = 0; return lookup(&old, &k) != 0; }`
	for _, debug := range []string{"-g", "-g0"} {
		o := load(t, clang(t, source, debug), Options{})
		m := o.Maps[0]
		if m.Name != "old" || m.Type != bpf.MapHash || m.KeySize != 4 || m.ValueSize != 8 || m.MaxEntries != 100 || m.Flags != 1 {
			t.Errorf("%s: %+v", debug, m)
		}
		if lined := o.Programs[0].Lines[0].Pos.Line > 0; lined != (debug == "-g") {
			t.Errorf("%s: C lines: %v", debug, lined)
		}
	}
}

// TestBigEndian: the same program in the other byte order has the same
// instructions, and the Object says so.
func TestBigEndian(t *testing.T) {
	want := load(t, clang(t, counter), Options{})
	got := load(t, clang(t, counter, "-target", "bpfeb"), Options{})
	if want.BigEndian || !got.BigEndian {
		t.Errorf("BigEndian is %v and %v, want false and true", want.BigEndian, got.BigEndian)
	}
	if diff := cmp.Diff(want.Programs[0].Insns, got.Programs[0].Insns); diff != "" {
		t.Errorf("little endian -, big endian +:\n%s", diff)
	}
}

const typed = prelude + `
	enum colour { RED, GREEN = 5, BLUE = -1 };
	typedef struct { u32 a; unsigned char pad[3]; } anon_t;
	struct node { struct node *next; anon_t both[2]; enum colour c; _Bool ok; u32 low : 3, high : 12; union { u64 x; double y; }; };
	typedef struct node node_t;
	node_t first; struct node second = {.ok = 1}; const volatile u32 limit = 9; static u32 hidden;
	enum colour paint[4];
	SEC("xdp") int prog(struct xdp_md *c) { hidden++; return first.c + second.ok + limit + hidden + paint[c->data & 3]; }`

// TestTypes checks names, sizes and members of C types.
func TestTypes(t *testing.T) {
	o := load(t, clang(t, typed), Options{})
	text := dump(t, o)
	for _, want := range []string{
		"global limit: .rodata+0, 4 bytes, u32, constant",
		"global first: .bss+", "struct node_t\n",
		"global second: .data+0, 40 bytes, struct node\n",
		"16 bytes, [4]enum colour",
		"type colour: enum, 4 bytes\n\tRED = 0\n\tGREEN = 5\n\tBLUE = -1\n",
		"type anon_t: struct, 8 bytes\n\t   0 a u32\n\t   4 pad [3]unsigned char\n",
		"\t   0 next *struct node\n\t   8 both [2]struct anon_t\n",
		" low u32 bits 0 to 2\n", " high u32 bits 3 to 14\n",
		"union{x u64; y double}",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	if strings.Contains(text, "global hidden") {
		t.Errorf("static variable among the globals:\n%s", text)
	}
	names := func(o *frontend.Object) string {
		var all []string
		for _, ty := range o.Types {
			all = append(all, ty.Name)
		}
		return strings.Join(all, " ")
	}
	none := load(t, clang(t, typed), Options{NoGlobalTypes: true, Types: []string{"node"}})
	if got, want := names(none), "anon_t colour node"; got != want {
		t.Errorf("with -no-global-types -type node: %s, want %s", got, want)
	}
}

// TestDuplicateNames: a type that two variables share is declared once.
func TestDuplicateNames(t *testing.T) {
	source := prelude + `struct pair { u32 a, b; }; struct pair x, y; struct pair z[4];
		SEC("xdp") int prog(struct xdp_md *c) { return x.a + y.a + z[c->data & 3].a; }`
	o := load(t, clang(t, source), Options{})
	if len(o.Types) != 1 || o.Globals[0].Type != o.Globals[1].Type {
		t.Errorf("types:\n%s", dump(t, o))
	}
}

// TestFunctionPointer: the address of a function is a reference to its start.
func TestFunctionPointer(t *testing.T) {
	source := prelude + `
		static long (*bpf_loop)(u32, void *, void *, u64) = (void *)181;
		static int step(u32 i, void *sum) { *(u64 *)sum += i; return 0; }
		SEC("xdp") int prog(struct xdp_md *c) { u64 sum = 0; bpf_loop(c->data, step, &sum, 0); return sum; }`
	o := load(t, clang(t, source), Options{})
	p := o.Programs[0]
	for pc, ins := range p.Insns {
		if ins.Op == bpf.OpLdImm && ins.Kind == bpf.KindFunc {
			if got := pc + 1 + int(ins.Imm); got != p.Funcs[1].Start || p.Funcs[1].Name != "step" {
				t.Errorf("the pointer leads to slot %d, step starts at %d", got, p.Funcs[1].Start)
			}
			return
		}
	}
	t.Errorf("no function pointer in:\n%s", dump(t, o))
}

// TestStaticProgram: a static function in the section of a program type is a
// program unless another function calls it.
func TestStaticProgram(t *testing.T) {
	source := prelude + `
		static SEC("xdp") int alone(void *c) { return 2; }
		static SEC("xdp") __attribute__((noinline)) int called(int n) { asm volatile(""); return n; }
		SEC("xdp") int prog(struct xdp_md *c) { return called(c->data); }`
	o := load(t, clang(t, source), Options{})
	var got []string
	for _, p := range o.Programs {
		got = append(got, p.Name)
	}
	if diff := cmp.Diff([]string{"alone", "prog"}, got); diff != "" {
		t.Errorf("programs (want -, got +):\n%s", diff)
	}
}

// TestMapIDs: definitions of old eBPF for Windows name the inner map by an id.
func TestMapIDs(t *testing.T) {
	source := prelude + `
		struct { __uint(type, 2); __uint(max_entries, 4); __type(key, u32); __type(value, u64); __uint(id, 7); __uint(inner_idx, 1); } in SEC(".maps");
		struct { __uint(type, 12); __uint(max_entries, 2); __uint(key_size, 4); __uint(value_size, 4); __uint(inner_id, 7); } out SEC(".maps");
		SEC("xdp") int prog(struct xdp_md *c) { u32 k = 0; return lookup(&out, &k) != lookup(&in, &k); }`
	o := load(t, clang(t, source), Options{})
	for _, m := range o.Maps {
		if m.Name != "out" {
			continue
		}
		if m.Inner == nil || m.Inner.Name != "in" || len(m.Slots) != 1 || m.Slots[0].Index != 1 || o.Maps[m.Slots[0].Map].Name != "in" {
			t.Errorf("inner map %+v, elements %+v", m.Inner, m.Slots)
		}
	}
}

// TestShortExt: clang before 9 wrote a header without CO-RE into .BTF.ext.
func TestShortExt(t *testing.T) {
	data := read(t, filepath.Join(own, "contract.bpf.o"))
	want := dump(t, load(t, data, Options{}))
	f, err := elf.NewFile(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	s := f.Section(".BTF.ext")
	b := data[s.Offset : s.Offset+s.Size]
	copy(b[shortExt:], b[longExt:])
	binary.LittleEndian.PutUint32(b[4:], shortExt)
	if diff := cmp.Diff(want, dump(t, load(t, data, Options{}))); diff != "" || !strings.Contains(want, "; contract.bpf.c:") {
		t.Errorf("long header -, short +:\n%s", diff)
	}
}

// TestInitialisedDefinition: for some months libbpf read the numbers of a
// definition from the initial value.
func TestInitialisedDefinition(t *testing.T) {
	source := prelude + `
		struct { u32 type; u32 max_entries; u32 map_flags; u32 *key; u64 *value; } counts SEC(".maps") = {.type = 1, .max_entries = 9, .map_flags = 1};
		SEC("xdp") int prog(struct xdp_md *c) { u32 k = 0; return lookup(&counts, &k) != 0; }`
	o := load(t, clang(t, source), Options{})
	if err := o.Check(); err != nil {
		t.Fatal(err)
	}
	for _, m := range o.Maps {
		if m.Name == "counts" && (m.Type != bpf.MapHash || m.MaxEntries != 9 || m.Flags != 1 || m.KeySize != 4 || m.ValueSize != 8) {
			t.Errorf("%+v", m)
		}
	}
}
