package interp

import (
	"fmt"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// loopText calls bpf_loop with a counter at r10-8; the callback is the rest.
func loopText(count int, flags int, callback string) string {
	return fmt.Sprintf(`stdw [%%r10-8], 0
mov %%r1, %d
lddw %%r2, FUNC:f
mov %%r3, %%r10
add %%r3, -8
mov %%r4, %d
call 181
ldxdw %%r1, [%%r10-8]
lsh %%r0, 32
or %%r0, %%r1
exit
f:
`, count, flags) + callback
}

func TestCallbacks(t *testing.T) {
	const (
		sum   = "ldxdw %r3, [%r2]\nadd %r3, %r1\nstxdw [%r2], %r3\nmov %r0, 0\nexit"
		until = "stxdw [%r2], %r1\nmov %r0, 0\njlt %r1, 5, +1\nmov %r0, 1\nexit"
		each  = "stdw [%r10-8], 0\nlddw %r1, MAP+0\nlddw %r2, FUNC:f\nmov %r3, %r10\nadd %r3, -8\nmov %r4, 0\ncall 164\nldxdw %r1, [%r10-8]\nlsh %r0, 32\nor %r0, %r1\nexit\nf:\n"
		add   = "ldxw %r1, [%r2]\nldxw %r2, [%r3]\nadd %r1, %r2\nldxdw %r2, [%r4]\nadd %r2, %r1\nstxdw [%r4], %r2\nmov %r0, 0\nexit"
	)
	two := []*frontend.Map{hashMap(4, 4, 8)}
	fill := func(t *testing.T, m *Machine) {
		for k := range byte(3) {
			if err := m.Map("hash").Update([]byte{k, 0, 0, 0}, []byte{10 * k, 0, 0, 0}, 0); err != nil {
				t.Fatal(err)
			}
		}
	}
	runFeatures(t, []feature{
		{name: "loop", text: loopText(10, 0, sum), want: []uint64{10<<32 | 45}},
		{name: "stopped", text: loopText(10, 0, until), want: []uint64{6<<32 | 5}},
		{name: "none", text: loopText(0, 0, sum), want: []uint64{0}},
		{name: "flags", text: "mov %r1, 1\nlddw %r2, FUNC:f\nmov %r3, 0\nmov %r4, 1\ncall 181\nexit\nf:\n" + sum, want: []uint64{errnoOf(bpf.EINVAL)}},
		{name: "too often", text: "mov %r1, 8388609\nlddw %r2, FUNC:f\nmov %r3, 0\nmov %r4, 0\ncall 181\nexit\nf:\n" + sum, want: []uint64{errnoOf(bpf.E2BIG)}},
		{name: "no null check of the context", text: "mov %r1, 1\nlddw %r2, FUNC:f\nmov %r3, 0\nmov %r4, 0\ncall 181\nexit\nf:\n" + sum, fault: "does not point to memory"},
		{name: "result", text: loopText(3, 0, "mov %r0, 2\nexit"), fault: "r0 is a number, 0x2 at the end of a callback, which returns 0 to 1"},
		{name: "no result", text: loopText(3, 0, "exit"), fault: "r0 is not initialised"},
		{name: "argument 3", text: loopText(3, 0, "mov %r0, %r3\nexit"), fault: "r3 is not initialised"},
		{name: "registers are kept", text: "mov %r6, 7\nmov %r9, 9\n" + loopText(3, 0, "mov %r6, 0\nmov %r9, 0\nmov %r0, 0\nexit") + "", want: []uint64{3 << 32}},
		{name: "registers are lost", text: "mov %r1, 1\nlddw %r2, FUNC:f\nmov %r3, 0\nmov %r4, 0\ncall 181\nmov %r0, %r3\nexit\nf:\nmov %r0, 0\nexit", fault: "r3 is not initialised"},
		{name: "not a function", text: "mov %r2, 5\nmov %r3, 0\nmov %r4, 0\nmov %r1, 1\ncall 181\nexit", fault: "not a function of the program"},
		{name: "leak", maps: []*frontend.Map{ringMap()}, text: loopText(1, 0, reserve8+"mov %r0, 0\nexit"), want: []uint64{1 << 32}, fault: "the callback ends and holds a ring buffer record"},
		{name: "nested", text: loopText(3, 0, "mov %r6, %r2\nmov %r3, %r2\nmov %r1, 4\nlddw %r2, FUNC:g\nmov %r4, 0\ncall 181\nmov %r0, 0\nexit\ng:\n"+sum), want: []uint64{3<<32 | 18}},
		{name: "each", maps: two, prepare: fill, text: each + add, want: []uint64{3<<32 | 33}},
		{name: "each of an array", maps: []*frontend.Map{arrayMap(4, 5)}, text: each + add, want: []uint64{5<<32 | 10}},
		{name: "each, stopped", maps: two, prepare: fill, text: each + "mov %r0, 1\nexit", want: []uint64{1 << 32}},
		{name: "each, deleted", maps: two, prepare: fill, text: each + "call 3\nmov %r0, 0\nexit", want: []uint64{3 << 32}},
		{name: "key is read-only", maps: two, prepare: fill, text: each + "stw [%r2], 1\nmov %r0, 0\nexit", fault: "memory is read-only"},
		{name: "behind the key", maps: two, prepare: fill, text: each + "ldxdw %r0, [%r2]\nexit", fault: "8 bytes at offset 0 of 4 bytes of memory"},
		{name: "drain", maps: []*frontend.Map{typed(bpf.MapUserRingbuf, 0, 0, 4096)},
			text: "lddw %r1, MAP+0\nlddw %r2, FUNC:f\nmov %r3, %r10\nmov %r4, 0\ncall 209\njle %r0, 8, +1\nexit\nmov %r0, 1\nexit\nf:\n" +
				"mov %r3, %r1\nmov %r1, %r10\nadd %r1, -8\nmov %r2, 0\nmov %r4, 0\nmov %r5, 0\ncall 201\nmov %r0, 0\nexit", want: []uint64{1}},
	})
}

func TestLongLoop(t *testing.T) {
	const count = 1 << 20
	obj := object(t, "xdp", loopText(count, 0, "mov %r0, 0\nexit"))
	got, err := start(t, obj, Options{}).Run(obj.Programs[0], Input{MaxInsns: 1 << 22})
	if err != nil || got.R0 != count<<32 {
		t.Errorf("got %#x, %v", got.R0, err)
	}
	_, err = start(t, obj, Options{}).Run(obj.Programs[0], Input{MaxInsns: 1000})
	wantFault(t, "budget", err, "more than 1000 instructions executed")
}

// tailObject has the programs and the array that they call through.
func tailObject(t *testing.T, texts ...string) *frontend.Object {
	obj := object(t, "xdp", "exit", typed(bpf.MapProgArray, 4, 4, 4))
	obj.Programs = nil
	for k, text := range texts {
		p := *object(t, "xdp", text).Programs[0]
		p.Name = fmt.Sprintf("p%d", k)
		obj.Programs = append(obj.Programs, &p)
	}
	return obj
}

func TestTailCalls(t *testing.T) {
	const jump = "lddw %r2, MAP+0\nmov %r3, 1\ncall 12\n"
	const self = "mov %r6, %r1\nstw [%r10-4], 0\nlddw %r1, MAP+1\nmov %r2, %r10\nadd %r2, -4\ncall 1\njne %r0, 0, +1\nexit\n" +
		"ldxdw %r7, [%r0]\nadd %r7, 1\nstxdw [%r0], %r7\nmov %r1, %r6\n" + jump + "mov %r0, %r7\nexit"
	for _, c := range []struct {
		name  string
		texts []string
		want  uint64
		fault string
	}{
		{"taken", []string{jump + "mov %r0, 1\nexit", "mov %r0, 2\nexit"}, 2, ""},
		{"empty slot", []string{jump + "mov %r0, 1\nexit"}, 1, ""},
		{"behind the array", []string{"lddw %r2, MAP+0\nmov %r3, 4\ncall 12\nmov %r0, 1\nexit", "mov %r0, 2\nexit"}, 1, ""},
		{"index of 32 bits", []string{"lddw %r2, MAP+0\nlddw %r3, 0x100000001\ncall 12\nmov %r0, 1\nexit", "mov %r0, 2\nexit"}, 2, ""},
		{"context", []string{jump + "mov %r0, 1\nexit", "ldxw %r0, [%r1+12]\nexit"}, 77, ""},
		{"registers", []string{"mov %r6, 1\n" + jump + "mov %r0, 1\nexit", "mov %r0, %r6\nexit"}, 0, "program p1: instruction 0: r0 = r6: r6 is not initialised"},
		{"stack", []string{"stdw [%r10-8], 1\n" + jump + "mov %r0, 1\nexit", "ldxdw %r0, [%r10-8]\nexit"}, 0, "program p1: instruction 0"},
		{"r0 afterwards", []string{jump + "exit"}, 0, "r0 is not initialised"},
		{"from a function", []string{"call local f\nmov %r0, 1\nexit\nf:\n" + jump + "mov %r0, 3\nexit", "mov %r0, 2\nexit"}, 2, ""},
		{"refused in a function", []string{"call local f\nexit\nf:\n" + jump + "mov %r0, 3\nexit"}, 3, ""},
		{"limit", []string{jump + "mov %r0, 1\nexit", self}, 33, ""},
	} {
		obj := tailObject(t, c.texts...)
		obj.Maps = append(obj.Maps, arrayMap(8, 1))
		m := start(t, obj, Options{})
		if len(obj.Programs) > 1 {
			if err := m.Map("typed").SetProgram(1, obj.Programs[1]); err != nil {
				t.Fatal(err)
			}
		}
		var out Output
		got, err := m.Run(obj.Programs[0], Input{Ctx: []uint64{77}, Output: &out})
		switch {
		case c.fault != "":
			wantFault(t, c.name, err, c.fault)
		case err != nil || got.R0 != c.want:
			t.Errorf("%s: got %d, %v, want %d", c.name, got.R0, err, c.want)
		}
	}
}

func TestTailCallHolds(t *testing.T) {
	const jump = "mov %r1, %r9\nlddw %r2, MAP+1\nmov %r3, 1\ncall 12\n"
	runFeatures(t, []feature{
		{name: "record", maps: []*frontend.Map{ringMap(), typed(bpf.MapProgArray, 4, 4, 4)}, text: "mov %r9, %r1\n" + reserve8 + jump + submit + end,
			want: []uint64{0}, fault: "ends and holds a ring buffer record"},
		{name: "in a callback", maps: []*frontend.Map{typed(bpf.MapProgArray, 4, 4, 4)}, prepare: func(t *testing.T, m *Machine) {
			if err := m.Map("typed").SetProgram(1, &frontend.Program{
				Name: "target", Hook: m.obj.Programs[0].Hook, Insns: assemble(t, "mov %r0, 5\nexit"),
			}); err != nil {
				t.Fatal(err)
			}
		}, text: "stxdw [%r10-8], %r1\nmov %r1, 3\nlddw %r2, FUNC:f\nmov %r3, %r10\nmov %r4, 0\ncall 181\nmov %r0, 1\nexit\n" +
			"f:\nldxdw %r1, [%r2-8]\nlddw %r2, MAP+0\nmov %r3, 1\ncall 12\nmov %r0, 0\nexit", want: []uint64{5}},
	})
}

// TestTailReturns: the kernel gives 105 for the same C program.
func TestTailReturns(t *testing.T) {
	for _, c := range []struct {
		returns bool
		want    uint64
	}{{false, 5}, {true, 105}} {
		obj := tailObject(t, "mov %r6, 100\ncall local f\nadd %r0, %r6\nexit\nf:\nmov %r6, 9\nlddw %r2, MAP+0\nmov %r3, 1\ncall 12\nmov %r0, 7\nexit", "mov %r0, 5\nexit")
		m := start(t, obj, Options{TailReturns: c.returns})
		if err := m.Map("typed").SetProgram(1, obj.Programs[1]); err != nil {
			t.Fatal(err)
		}
		if got, err := m.Run(obj.Programs[0], Input{}); err != nil || got.R0 != c.want {
			t.Errorf("returns %v: got %d, %v, want %d", c.returns, got.R0, err, c.want)
		}
	}
}

// TestSlots: the first elements of program arrays and maps of maps.
func TestSlots(t *testing.T) {
	obj := tailObject(t, "lddw %r2, MAP+0\nmov %r3, 2\ncall 12\nmov %r0, 1\nexit", "mov %r0, 2\nexit")
	obj.Maps[0].Slots = []frontend.Slot{{Index: 2, Map: -1, Program: "p1"}}
	got, err := start(t, obj, Options{}).Run(obj.Programs[0], Input{})
	if err != nil || got.R0 != 2 {
		t.Errorf("got %d, %v", got.R0, err)
	}
	inner := arrayMap(8, 2)
	inner.Data = []byte{9}
	outer := typed(bpf.MapArrayOfMaps, 4, 4, 3)
	outer.Inner, outer.Slots = inner, []frontend.Slot{{Index: 0, Map: 1}}
	obj = object(t, "xdp", look+"mov %r1, %r0\nmov %r2, %r10\nadd %r2, -4\ncall 1\njne %r0, 0, +1\nexit\nldxdw %r0, [%r0]\nexit", outer, inner)
	if got, err = start(t, obj, Options{}).Run(obj.Programs[0], Input{}); err != nil || got.R0 != 9 {
		t.Errorf("got %d, %v", got.R0, err)
	}
}

// TestObserver is what Trace sees of a callback that holds a record.
func TestObserver(t *testing.T) {
	obj := object(t, "xdp", reserve8+"stdw [%r10-8], 0\nmov %r1, 1\nlddw %r2, FUNC:f\nmov %r3, %r10\nmov %r4, 0\ncall 181\n"+submit+end+"f:\nmov %r0, 0\nexit", ringMap())
	seen := false
	for seed := range uint64(20) {
		m := start(t, obj, Options{Seed: seed, Trace: func(s *State) {
			if len(s.Frames) != 2 {
				return
			}
			seen = true
			f := s.Frames[1]
			if f.Callback != table.CallbackLoop || len(s.Refs) != 1 || s.Refs[0].Kind != "ring buffer record" || s.Prog != obj.Programs[0] {
				t.Errorf("frame %+v, references %+v", f, s.Refs)
			}
			if v := s.Reg(0, bpf.R6); v.Kind != KindMem || v.Region.Ref != s.Refs[0].ID || s.Reg(0, bpf.R10).Off() != 0 || s.Reg(0, bpf.R1).Kind != KindUninit {
				t.Errorf("r6 of the caller is %v", v)
			}
			if s.Data.Len() != 3 || s.Tail != 2 || s.Ctx == nil || s.Lock != 0 {
				t.Errorf("packet of %d bytes, %d behind", s.Data.Len(), s.Tail)
			}
		}})
		if _, err := m.Run(obj.Programs[0], Input{Data: make([]byte, 3), Tail: make([]byte, 2)}); err != nil {
			t.Fatal(err)
		}
	}
	if !seen {
		t.Error("no callback")
	}
}
