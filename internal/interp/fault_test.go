package interp

import (
	"errors"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// TestFaults runs raw programs on 8 bytes of memory; maps are 0 a hash, 1 an
// array, 2 read-only data, 3 a write-only array.
func TestFaults(t *testing.T) {
	frozen := &frontend.Map{Name: ".rodata", Type: bpf.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 1, Data: []byte("12345678"), Frozen: true}
	writeOnly := arrayMap(8, 1)
	writeOnly.Flags = bpf.FlagWronlyProg
	for _, c := range []struct{ name, text, want string }{
		{"register", "mov %r0, %r3\nexit", "program test: instruction 0: r0 = r3: r3 is not initialised"},
		{"r0 at exit", "exit", "r0 is not initialised"},
		{"condition", "jeq %r1, %r4, +0\nexit", "r4 is not initialised"},
		{"r10", "mov %r10, 0\nexit", "r10 cannot be written"},
		{"off the end", "mov %r0, 0", "control leaves function func0, slots 0 to 0"},
		{"before the start", "ja -2", "control leaves function"},
		{"wide slot", "ja +1\nlddw %r0, 1\nexit", "second slot of a wide load"},
		{"into a function", "call local f\nja f\nf:\nmov %r0, 0\nexit", "control leaves function func0"},
		{"endless", "l:\nja l", "more than 100 instructions executed"},
		{"number as address", "mov %r3, 64\nldxb %r0, [%r3]\nexit", "r3 is a number, 0x40; it does not point to memory"},
		{"null", "mov %r3, 0\nstxb [%r3], %r3\nexit", "r3 is a number, 0x0; it does not point to memory"},
		{"address through a number", "or %r1, 0\nldxb %r0, [%r1]\nexit", "it does not point to memory"},
		{"truncated pointer", "mov32 %r1, %r1\nldxb %r0, [%r1]\nexit", "it does not point to memory"},
		{"behind memory", "ldxw %r0, [%r1+5]\nexit", "r1 is packet+0: 4 bytes at offset 5 of 8 bytes of packet"},
		{"before memory", "ldxb %r0, [%r1-1]\nexit", "1 bytes at offset -1 of 8 bytes of packet"},
		{"above the stack", "stxb [%r10], %r1\nexit", "1 bytes at offset 512 of 512 bytes of stack"},
		{"below the stack", "stxb [%r10-513], %r1\nexit", "1 bytes at offset -1 of 512 bytes of stack"},
		{"stack byte", "stb [%r10-8], 1\nldxh %r0, [%r10-8]\nexit", "stack byte r10-7 of frame 0 is not initialised"},
		{"unaligned atomic", "stdw [%r10-8], 0\nstdw [%r10-16], 0\nmov %r0, 1\nlock add [%r10-12], %r0\nexit", "atomic access of 8 bytes is not aligned"},
		{"atomic on nothing", "mov %r0, 1\nlock add [%r10-8], %r0\nexit", "stack byte r10-8 of frame 0 is not initialised"},
		{"cmpxchg r0", "stdw [%r10-8], 0\nlock cmpxchg [%r10-8], %r1\nexit", "r0 is not initialised"},
		{"read-only data", "lddw %r1, VAL+2\nstb [%r1], 0\nexit", "map 2 is read-only"},
		{"atomic on read-only data", "lddw %r1, VAL+2\nmov %r2, 1\nlock add [%r1], %r2\nexit", "map 2 is read-only"},
		{"write-only map", "lddw %r1, VAL+3\nldxb %r0, [%r1]\nexit", "map 3 is write-only"},
		{"fetch from write-only map", "lddw %r1, VAL+3\nmov %r2, 1\nlock fetch add [%r1], %r2\nexit", "map 3 is write-only"},
		{"behind a value", "lddw %r1, VAL+1\nldxb %r0, [%r1+8]\nexit", "1 bytes at offset 8 of 8 bytes of a map value"},
		{"map as memory", "lddw %r1, MAP+1\nldxb %r0, [%r1]\nexit", "a map is no memory"},
		{"hash value", "lddw %r1, VAL+0\nexit", "map 0 is no array"},
		{"missing map", "lddw %r1, MAP+9\nexit", "there is no map 9"},
		{"unknown helper", "call 9999\nexit", "linux has no helper 9999"},
		{"helper of the kernel", "call 166\nexit", "raw programs cannot call helper sys_bpf"},
		{"helper of another hook", "call 26\nexit", "raw programs cannot call helper skb_load_bytes"},
		{"no map", "call 1\nexit", "r1, argument 1 of map_lookup_elem, is packet+0, not a map"},
		{"value outside of the stack", "lddw %r1, MAP+1\nmov %r2, %r10\nadd %r2, -4\nstw [%r10-4], 0\nmov %r4, 0\nmov %r3, %r10\ncall 2\nexit", "8 bytes at offset 512 of 512 bytes of stack"},
		{"key", "lddw %r1, MAP+1\nmov %r2, %r10\nadd %r2, -4\ncall 1\nexit", "r2 points to stack byte r10-4 of frame 0, which is not initialised"},
		{"flags", "lddw %r1, MAP+1\nmov %r2, %r10\nadd %r2, -8\nstdw [%r10-8], 0\nmov %r3, %r2\ncall 2\nexit", "r4, argument 4 of map_update_elem, is not initialised"},
		{"update of data", "lddw %r1, MAP+2\nmov %r2, %r10\nadd %r2, -8\nstdw [%r10-8], 0\nmov %r3, %r2\nmov %r4, 0\ncall 2\nexit", "map .rodata is read-only"},
		{"delete of data", "lddw %r1, MAP+2\nmov %r2, %r10\nadd %r2, -8\nstdw [%r10-8], 0\ncall 3\nexit", "map .rodata is read-only"},
		{"size", "stdw [%r10-8], 0\nmov %r1, %r10\nadd %r1, -8\nmov %r2, 0\ncall 6\nexit", "r2, a size for trace_printk, is 0"},
		{"big size", "stdw [%r10-8], 0\nmov %r1, %r10\nadd %r1, -8\nmov %r2, -1\ncall 6\nexit", "r2, a size for trace_printk, is -1; the limit is"},
		{"pointer as size", "mov %r2, %r10\ncall 6\nexit", "r2, a size for trace_printk, is r10+0 of frame 0"},
		{"lost by a call", "call 5\nmov %r0, %r1\nexit", "r1 is not initialised"},
		{"callx of a number", "mov %r1, 5000\ncall %r1\nexit", "r1 is a number, 0x1388, not a function of the program"},
		{"depth", "f:\ncall local f\nexit", "call depth exceeds 8 functions"},
		{"callee's r6", "mov %r6, 1\ncall local f\nexit\nf:\nmov %r0, %r6\nexit", "r6 is not initialised"},
		{"stack of a callee", "call local f\nldxdw %r0, [%r0-8]\nexit\nf:\nstdw [%r10-8], 1\nmov %r0, %r10\nexit", "has returned, its stack is gone"},
	} {
		t.Run(c.name, func(t *testing.T) {
			obj := object(t, "raw", c.text, hashMap(4, 8, 2), arrayMap(8, 2), frozen, writeOnly)
			m := start(t, obj, Options{})
			_, err := m.Run(obj.Programs[0], Input{Data: make([]byte, 8), MaxInsns: 100})
			wantFault(t, c.text, err, c.want)
		})
	}
}

func TestUnsupportedFaults(t *testing.T) {
	for _, i := range []bpf.Instruction{
		{Op: bpf.OpCall, Kind: bpf.KindKfunc, Src: bpf.RegImm, Imm: 3},
		{Op: bpf.OpCall, Kind: bpf.KindHelper, Src: bpf.RegImm, Imm: 194},
		{Op: bpf.OpLdImm, Width: 8, Kind: bpf.KindBTFID, Src: bpf.RegImm},
	} {
		obj := object(t, "raw", "exit")
		obj.Programs[0].Insns = []bpf.Instruction{i, {}}
		obj.Programs[0].Funcs = nil
		obj.Programs[0].Kfuncs = []string{"", "", "", "bpf_unheard_of"}
		_, err := start(t, obj, Options{}).Run(obj.Programs[0], Input{})
		if !errors.Is(err, bpf.ErrUnsupported) {
			t.Errorf("%v: got %v, want one that wraps ErrUnsupported", i, err)
		}
	}
	for _, def := range []*frontend.Map{{Name: "a", Type: bpf.MapArena}, {Name: "x", Type: 1 << 20}, {Name: "h", Type: bpf.MapHash, KeySize: 1, ValueSize: 1, MaxEntries: 1, Flags: bpf.FlagInnerMap}} {
		if _, err := New(object(t, "raw", "exit", def), Options{}); !errors.Is(err, bpf.ErrUnsupported) {
			t.Errorf("map type %d: got %v, want one that wraps ErrUnsupported", def.Type, err)
		}
	}
}

func TestFaultNamesTheLine(t *testing.T) {
	obj := object(t, "raw", "mov %r0, %r3\nexit")
	obj.Programs[0].Lines[0] = frontend.Line{Pos: bpf.Pos{File: "x.c", Line: 7}, Text: "return y;"}
	_, err := start(t, obj, Options{}).Run(obj.Programs[0], Input{})
	wantFault(t, "line", err, "x.c:7: program test: instruction 0")
}
