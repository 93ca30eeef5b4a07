package verifier_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

func mustVerify(t *testing.T, hook, text string) *verifier.Facts {
	t.Helper()
	obj, p := assemble(t, hook, text)
	f, err := verifier.Verify(obj, p, verifier.Options{})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	if f.Hash != verifier.HashProgram(p) {
		t.Error("the hash is not that of the program")
	}
	return f
}

func TestFactsOfKeys(t *testing.T) {
	f := mustVerify(t, "xdp", found+"r0 = *(u64 *)(r0 + 8)\nexit")
	c := f.Insns[5].Call
	if c == nil || c.Helper.Name != "map_lookup_elem" || c.Map != 1 || !c.KeyConst || !c.KeyBelow || c.Key != 1 {
		t.Fatalf("call: %+v", c)
	}
	if c.Args[0].Kind != verifier.KindConstMap || c.Args[0].Map != 1 || c.Args[1].Kind != verifier.KindPtrStack {
		t.Errorf("arguments: %+v", c.Args)
	}
	if d := cmp.Diff([]verifier.Reliance{{Map: 1, MinEntries: 2}}, f.Relied); d != "" {
		t.Error(d)
	}
	if k := f.Insns[6].Dst.Kind; k != verifier.KindPtrMapValueOrNull {
		t.Errorf("r0 at the test is of kind %d", k)
	}
	if a := f.Insns[8].Access; a.Region != table.RegionMap || a.Map != 1 || a.OffMin != 8 || a.OffMax != 8 || a.Size != 8 || !a.Invocation {
		t.Errorf("access: %+v", a)
	}
	// A key beyond max_entries, and one that differs by path.
	f = mustVerify(t, "xdp", strings.Replace(found, "= 1\n", "= 4\n", 1)+"exit")
	if c := f.Insns[5].Call; !c.KeyConst || c.KeyBelow || c.Key != 4 || f.Relied != nil {
		t.Errorf("key 4: %+v, %v", c, f.Relied)
	}
	f = mustVerify(t, "xdp", "r3 = *(u32 *)(r1 + 16)\nr4 = 0\nif r3 == 7 goto l\nr4 = 1\nl:\n*(u32 *)(r10 - 4) = r4\nr2 = r10\nr2 += -4\nr1 = map array\ncall map_lookup_elem\nr0 = 0\nexit")
	if c := f.Insns[9].Call; c.KeyConst || c.KeyBelow {
		t.Errorf("two keys: %+v", c)
	}
}

func TestFactsOfKeysOnBothPaths(t *testing.T) {
	// The key is written before a branch: it stays constant over it.
	f := mustVerify(t, "xdp", `
		r6 = *(u32 *)(r1 + 16)
		*(u32 *)(r10 - 4) = 2
		r7 = 0
		if r6 == 1 goto a
		r7 = 1
		a:
		if r6 == 2 goto b
		r7 += 1
		b:
		if r6 == 3 goto c
		r7 += 1
		c:
		if r6 == 4 goto d
		r7 += 1
		d:
		r2 = r10
		r2 += -4
		r1 = map array
		call map_lookup_elem
		r0 = r7
		exit`)
	for pc := range f.Insns {
		if c := f.Insns[pc].Call; c != nil && (!c.KeyBelow || c.Key != 2) {
			t.Errorf("%+v", c)
		}
	}
}

func TestFactsOfContextAndPacket(t *testing.T) {
	f := mustVerify(t, "xdp", packet+"r4 = r2\nr4 += 14\nr0 = 0\nif r4 > r3 goto l\nr0 = *(u8 *)(r2 + 13)\nl:\nexit")
	if a := f.Insns[0].Access; a.Region != table.RegionCtx || a.Field != 0 || !a.Invocation {
		t.Errorf("context: %+v", a)
	}
	if a := f.Insns[6].Access; a.Region != table.RegionPacket || a.OffMin != 13 || a.OffMax != 13 || a.Invocation {
		t.Errorf("packet: %+v", a)
	}
	if j := f.Insns[5]; !j.Falls || !j.Takes || j.Dst.Kind != verifier.KindPtrPacket || j.Dst.UMin != 14 || j.Src.Kind != verifier.KindPtrPacketEnd {
		t.Errorf("jump: %+v", j)
	}
	if f.MaxInsns != 8 {
		t.Errorf("at most %d instructions", f.MaxInsns)
	}
}

func TestFactsOfStack(t *testing.T) {
	f := mustVerify(t, "xdp", "r6 = 1\nr1 = r10\nr1 += -8\ncall f\nr0 = *(u64 *)(r10 - 8)\nr2 = *(u32 *)(r10 - 20)\nexit\nfunc f\n*(u64 *)(r1 + 0) = 5\n*(u64 *)(r10 - 24) = 1\nr0 = 0\nexit")
	if a := f.Insns[7].Access; a.Region != table.RegionStack || a.Own || a.OffMin != -8 {
		t.Errorf("caller's stack: %+v", a)
	}
	if a := f.Insns[8].Access; !a.Own || a.OffMin != -24 {
		t.Errorf("own stack: %+v", a)
	}
	want := []verifier.FuncFact{
		{Start: 0, End: 7, Name: "main", Stack: 20, ZeroLo: -20, ZeroHi: -16},
		{Start: 7, End: 11, Name: "f", Stack: 24, MaxDepth: 1},
	}
	if d := cmp.Diff(want, f.Funcs); d != "" {
		t.Error(d)
	}
	if len(f.Warnings) != 1 {
		t.Errorf("warnings: %q", f.Warnings)
	}
	if f.MaxInsns != 11 {
		t.Errorf("at most %d instructions", f.MaxInsns)
	}
}

func TestFactsOfBranches(t *testing.T) {
	f := mustVerify(t, "xdp", "r2 = 5\nif r2 > 3 goto l\nr9 = *(u64 *)(r8 + 0)\nl:\nr0 = r2\nexit")
	if j := f.Insns[1]; j.Falls || !j.Takes || f.Insns[2].Reachable {
		t.Errorf("jump %+v, behind it %+v", j, f.Insns[2])
	}
	if v, ok := f.Insns[3].Src.Const(); !ok || v != 5 {
		t.Errorf("r2: %+v", f.Insns[3].Src)
	}
	// Several kinds of memory behind one load.
	f = mustVerify(t, "xdp", found+"r1 = r0\nr2 = *(u64 *)(r0 + 0)\n*(u64 *)(r10 - 16) = 1\nif r2 > 7 goto l\nr1 = r10\nr1 += -16\nl:\nr0 = *(u64 *)(r1 + 0)\nexit")
	last := f.Insns[14]
	if last.Src.Kind != verifier.KindMixed || last.Access.Region != table.RegionMap|table.RegionStack || last.Access.Own {
		t.Errorf("mixed: %+v", last)
	}
}

func TestFactsOfReadOnlyData(t *testing.T) {
	f := mustVerify(t, "xdp", "r1 = value rodata\nr0 = *(u32 *)(r1 + 0)\nif r0 == 7 goto l\nr0 = *(u8 *)(r0 + 0)\nl:\nexit")
	if d := cmp.Diff([]verifier.Reliance{{Map: 2, Frozen: true, Len: 4}}, f.Relied); d != "" {
		t.Error(d)
	}
	f = mustVerify(t, "xdp", "r1 = value rodata\nr0 = *(u32 *)(r1 + 0)\nexit")
	if f.Relied != nil || f.Insns[2].Access.Region != table.RegionConst {
		t.Errorf("relied on %v, access %+v", f.Relied, f.Insns[2].Access)
	}
}

func TestWarningOfTailCalls(t *testing.T) {
	const tail = "r2 = map progs\nr3 = 0\ncall tail_call\nr0 = 0\nexit"
	for text, want := range map[string]string{tail: "", "call f\nexit\nfunc f\n" + tail: "in function f: it ends the whole program here"} {
		obj, p := assembleWith(t, "xdp", text, callMaps)
		f, err := verifier.Verify(obj, p, verifier.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(f.Warnings, "\n"); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s\nwarns %q, want %q", text, got, want)
		}
	}
}

func TestStrict(t *testing.T) {
	for _, c := range []struct{ name, code, text string }{
		{"stack", "V023", "r0 = *(u64 *)(r10 - 8)\nexit"},
		{"padding of a key", "V023", "*(u32 *)(r10 - 8) = 1\nr2 = r10\nr2 += -8\nr1 = map hash\ncall map_lookup_elem\nr0 = 0\nexit"},
		{"pointer in a map", "V026", found + "*(u64 *)(r0 + 0) = r10\nr0 = 0\nexit"},
	} {
		obj, p := assemble(t, "xdp", c.text)
		f, err := verifier.Verify(obj, p, verifier.Options{})
		if err != nil || len(f.Warnings) != 1 {
			t.Errorf("%s: %v, %v", c.name, f, err)
		}
		_, err = verifier.Verify(obj, p, verifier.Options{Strict: true})
		var e *verifier.Error
		if !errors.As(err, &e) || string(e.Code) != c.code {
			t.Errorf("%s: strict: %v", c.name, err)
		}
	}
}

func TestUnsupported(t *testing.T) {
	for _, c := range []struct{ hook, text string }{
		{"tracing", "r0 = 0\nexit"},
		{"lsm", "r0 = 0\nexit"},
	} {
		obj, p := assemble(t, c.hook, c.text)
		_, err := verifier.Verify(obj, p, verifier.Options{})
		if !errors.Is(err, bpf.ErrUnsupported) {
			t.Errorf("%q: %v", c.text, err)
		}
	}
}

// TestLimits: limits are named with the loop, and a limit is no crash.
func TestLimits(t *testing.T) {
	obj, p := assemble(t, "xdp", "r0 = 0\nr1 = *(u32 *)(r1 + 16)\nl:\nr0 *= 5\nr0 += 1\nif r0 != 7 goto l\nexit")
	for _, o := range []verifier.Options{{MaxProcessed: 1000}, {MaxStates: 50}, {MaxBytes: 100000}} {
		_, err := verifier.Verify(obj, p, o)
		var e *verifier.Error
		if !errors.As(err, &e) || e.Code != "V031" && e.Code != "V032" || e.Slot != 2 || !strings.Contains(e.Cause, "the loop that begins here") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// TestDeterministic: the same facts and the same message every time.
func TestDeterministic(t *testing.T) {
	for _, name := range append(goodObjects(t), "../testdata/broken/null_check.o") {
		a, b := load(t, name), load(t, name)
		fa, ea := verifier.Verify(a, a.Programs[0], verifier.Options{})
		fb, eb := verifier.Verify(b, b.Programs[0], verifier.Options{})
		if d := cmp.Diff(fa, fb); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if ea != nil && ea.Error() != eb.Error() {
			t.Errorf("%s: %v, then %v", name, ea, eb)
		}
	}
}

// TestReasons: codes are distinct, have words, and are all that is used.
func TestReasons(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range verifier.Reasons() {
		if seen[r.Code] || r.Title == "" || r.Explain == "" {
			t.Errorf("%+v", r)
		}
		seen[r.Code] = true
	}
	for _, c := range programCases {
		if c.code != "" && !seen[c.code] {
			t.Errorf("%s has no row", c.code)
		}
	}
}

// TestBigEndian: byte order decides what a narrower load of a spill gives.
func TestBigEndian(t *testing.T) {
	text := "*(u32 *)(r10 - 4) = 0x100\nr2 = *(u8 *)(r10 - 4)\nr3 = *(u32 *)(r10 - 4)\nr4 = 0x1234\nr4 = be16 r4\nr5 = r2\nr5 = r3\nr5 = r4\nr0 = 0\nexit"
	obj, p := assemble(t, "xdp", text)
	for _, c := range []struct {
		big        bool
		byteKnown  bool
		word, swap uint64
	}{{false, true, 0x100, 0x3412}, {true, false, 0x100, 0x1234}} {
		obj.BigEndian = c.big
		f, err := verifier.Verify(obj, p, verifier.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if v, ok := f.Insns[5].Src.Const(); ok != c.byteKnown || ok && v != 0 {
			t.Errorf("big %v: byte %v", c.big, f.Insns[5].Src)
		}
		if v, ok := f.Insns[6].Src.Const(); !ok || v != c.word {
			t.Errorf("big %v: word %v", c.big, f.Insns[6].Src)
		}
		if v, ok := f.Insns[7].Src.Const(); !ok || v != c.swap {
			t.Errorf("big %v: swapped %v", c.big, f.Insns[7].Src)
		}
	}
}
