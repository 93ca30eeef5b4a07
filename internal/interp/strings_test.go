package interp

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// rodata is a read-only data section.
func rodata(text string) *frontend.Map {
	return &frontend.Map{Name: ".rodata", Type: bpf.MapArray, KeySize: 4, ValueSize: uint32(len(text)), MaxEntries: 1, Frozen: true, Data: []byte(text)}
}

func TestStrings(t *testing.T) {
	const (
		text    = "stdw [%r10-16], 0x64636261\nmov %r1, %r10\nadd %r1, -16\n"
		compare = text + "mov %r2, 8\nlddw %r3, VAL+0\ncall 182\nexit"
		format  = "stdw [%r10-16], 0\nstdw [%r10-8], 42\nmov %r1, %r10\nadd %r1, -16\nmov %r2, 4\nlddw %r3, VAL+0\nmov %r4, %r10\nadd %r4, -8\nmov %r5, 8\ncall 165\nlsh %r0, 32\nldxw %r1, [%r10-16]\nor %r0, %r1\nexit"
	)
	maps := func(text string) []*frontend.Map { return []*frontend.Map{rodata(text)} }
	runFeatures(t, []feature{
		{name: "equal", maps: maps("abcd\x00"), text: compare, want: []uint64{0}},
		{name: "less", maps: maps("abce\x00"), text: compare, want: []uint64{^uint64(0)}},
		{name: "longer", maps: maps("abc\x00"), text: compare, want: []uint64{'d'}},
		{name: "not ended", maps: maps("abcd"), text: compare, fault: "a string without its 0"},
		{name: "not constant", maps: []*frontend.Map{arrayMap(8, 1)}, text: compare, fault: "not a string in a read-only map"},
		{name: "formatted", maps: maps("%d!\x00"), text: format, want: []uint64{4<<32 | '4' | '2'<<8 | '!'<<16}},
		{name: "cut", maps: maps("%d!!\x00"), text: format, want: []uint64{5<<32 | '4' | '2'<<8 | '!'<<16}},
		{name: "illegal", maps: maps("%q\x00"), text: format, want: []uint64{uint64((1<<64 - 22) << 32 & (1<<64 - 1))}},
	})
}

func TestMemoryFunctions(t *testing.T) {
	names := []string{"memset", "memcpy", "memmove", "memcmp"}
	const (
		data = "lddw %r6, 0x1122334455667788\nstxdw [%r10-16], %r6\n"
		at   = "mov %r1, %r10\nadd %r1, -16\n"
		low  = "mov %r1, %r10\nadd %r1, -24\nmov %r2, %r10\nadd %r2, -16\n"
		over = "mov %r1, %r10\nadd %r1, -15\nmov %r2, %r10\nadd %r2, -16\nmov %r3, 4\n"
	)
	features := []feature{
		{name: "set", text: data + at + "mov %r2, 0x1ff\nmov %r3, 2\ncall 90000\nldxdw %r0, [%r10-16]\nexit", want: []uint64{0x112233445566ffff}},
		{name: "result", text: data + at + "mov %r2, 0\nmov %r3, 2\ncall 90000\nldxdw %r0, [%r0]\nexit", want: []uint64{0x1122334455660000}},
		{name: "copied", text: data + low + "mov %r3, 8\ncall 90001\nldxdw %r0, [%r10-24]\nexit", want: []uint64{0x1122334455667788}},
		{name: "overlapping", text: data + over + "call 90002\nldxdw %r0, [%r10-16]\nexit", want: []uint64{0x1122335566778888}},
		{name: "equal", text: data + at + "mov %r2, %r1\nmov %r3, 8\ncall 90003\nexit", want: []uint64{0}},
		{name: "nothing", text: at + "mov %r2, 0\nmov %r3, 0\ncall 90000\nmov %r0, 1\nexit", want: []uint64{1}},
		{name: "too much", text: data + at + "mov %r2, 0\nmov %r3, 17\ncall 90000\nexit", fault: "17 bytes at offset 496 of 512 bytes of stack"},
		{name: "not written", text: data + at + "mov %r2, %r10\nadd %r2, -32\nmov %r3, 8\ncall 90001\nexit", fault: "which is not initialised"},
		{name: "pointers are numbers", text: "stxdw [%r10-16], %r1\n" + low + "mov %r3, 8\ncall 90001\nldxdw %r1, [%r10-24]\nldxw %r0, [%r1+4]\nexit", fault: "does not point to memory"},
	}
	for k := range features {
		features[k].kfuncs = names
	}
	runFeatures(t, features)
}

func TestProbes(t *testing.T) {
	const (
		read    = "stdw [%r10-8], 7\nstdw [%r10-16], -1\nmov %r1, %r10\nadd %r1, -16\nmov %r2, 8\n"
		fold    = "call 113\nmov %r6, %r0\nldxdw %r1, [%r10-16]\nmov %r0, 2\njne %r6, 0, +1\nmov %r0, 1\njeq %r0, 1, +2\njeq %r1, 0, +1\nmov %r0, 3\nexit"
		unknown = "lddw %r3, 0xffff888000001000\n"
	)
	runFeatures(t, []feature{
		{name: "own memory", hook: "kprobe", text: read + "mov %r3, %r10\nadd %r3, -8\ncall 113\nldxdw %r0, [%r10-16]\nexit", want: []uint64{7}},
		{name: "somewhere", hook: "kprobe", text: read + unknown + fold, want: []uint64{1, 2}},
		{name: "null", hook: "kprobe", text: read + "mov %r3, 0\n" + fold, want: []uint64{2}},
		{name: "string", hook: "kprobe", text: read + unknown + "call 115\njslt %r0, 0, +4\nmov %r1, %r10\nadd %r1, %r0\nldxb %r0, [%r1-17]\nexit\nmov %r0, 1\nexit", want: []uint64{0, 1}},
	})
}

func TestBloomFilter(t *testing.T) {
	push := func(n string) string {
		return "stdw [%r10-8], " + n + "\nlddw %r1, MAP+0\nmov %r2, %r10\nadd %r2, -8\nmov %r3, 0\ncall 87\n"
	}
	peek := func(n string) string {
		return "stdw [%r10-8], " + n + "\nlddw %r1, MAP+0\nmov %r2, %r10\nadd %r2, -8\ncall 89\nexit"
	}
	bloom := []*frontend.Map{typed(bpf.MapBloomFilter, 0, 8, 4)}
	runFeatures(t, []feature{
		{name: "in it", maps: bloom, text: push("7") + peek("7"), want: []uint64{0}},
		{name: "perhaps", maps: bloom, text: push("7") + peek("8"), want: []uint64{0, errnoOf(bpf.ENOENT)}},
	})
}
