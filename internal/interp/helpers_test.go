package interp

import (
	"fmt"
	"math"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// TestCsumDiff: the results are those of Linux 6.18.44 on amd64, read from a
// program that ran there.
func TestCsumDiff(t *testing.T) {
	a := []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
	b := []byte{0xff, 0xfe, 0xfd, 0xfc, 0xfb, 3, 2, 1, 9, 8, 7, 6, 5, 4, 3, 2}
	for _, c := range []struct {
		from, to []byte
		seed     uint32
		want     uint64
	}{
		{nil, a, 0, 0x4840}, {a, nil, 0, 0xb7bf}, {a, b, 0, 0xccd2}, {a[:8], b, 0x12345678, 0x69af},
		{nil, nil, 0x12345678, 0x68ac}, {nil, a[:5], 0, 0x609}, {nil, a[:4], math.MaxUint32, 0x604},
		{a[:4], nil, math.MaxUint32, 0xf9fb}, {a[:4], nil, 0x12345678, 0x62a8}, {nil, nil, math.MaxUint32, 0xffff},
		{a[:6], b[:7], 0x12345678, 0x5c9e}, {a[:4], a[:4], 0, 0xffff}, {a[:4], a[:4], 0xffff, 0xffff},
	} {
		obj := object(t, "raw", "exit")
		call := &helperCall{run: &run{m: start(t, obj, Options{})}}
		call.mem[0], call.mem[2], call.args[4] = c.from, c.to, number(uint64(c.seed))
		if got, err := call.csumDiff(); err != nil || got.Bits != c.want {
			t.Errorf("from % x to % x seed %#x: got %#x, %v, want %#x", c.from, c.to, c.seed, got.Bits, err, c.want)
		}
	}
}

// TestCsumDiffProgram checks the arguments: null needs size 0.
func TestCsumDiffProgram(t *testing.T) {
	const text = "mov %%r3, %%r1\nmov %%r1, 0\nmov %%r2, %d\nmov %%r4, 4\nmov %%r5, 1\ncall 28\nexit"
	got, err := runText(t, "raw", fmt.Sprintf(text, 0), Input{Data: []byte{2, 0, 3, 0}})
	if err != nil || got != 6 {
		t.Errorf("got %d, %v, want 6", got, err)
	}
	_, err = runText(t, "raw", fmt.Sprintf(text, 4), Input{Data: []byte{2, 0, 3, 0}})
	wantFault(t, "null with a size", err, "r1 is a number, 0x0; it does not point to memory")
}

// TestPrintk: legality and lengths are those of Linux 6.18.44.
func TestPrintk(t *testing.T) {
	const illegal = "-EINVAL"
	str := &Region{Kind: KindMapValue, Base: 0x1000, bytes: []byte("abc\x00def")}
	args := func(list ...any) []Value {
		all := make([]Value, 3)
		for k, a := range list {
			switch a := a.(type) {
			case int:
				all[k] = number(uint64(int64(a)))
			case Value:
				all[k] = a
			}
		}
		return all
	}
	for _, c := range []struct {
		format string
		args   []Value
		want   string
	}{
		{"hello %d %x\n", args(5, 255), "hello 5 ff\n"},
		{"%llx %lu %d", args(-1, -1, -1), "ffffffffffffffff 18446744073709551615 -1"},
		{"%c %i %%", args(65, -2), "A -2 %"},
		{"%X %05d %-5dx", args(0xabc, 7, 8), "ABC 00007 8    x"},
		{"%lld %ld", args(-1, -5), "-1 -5"},
		{"%8lld|", args(-1), "      -1|"},
		{"%p", args(65), "0000000000000041"},
		{"%px", args(65), "0000000000000041"},
		{"bad %s\n", args(0), "bad \n"},
		{"%s-%5s-%-5s.", args(str.pointer(0), str.pointer(4), str.pointer(1)), "abc-  def-bc   ."},
		{"", nil, ""},
		{"caf\xc3\xa9", nil, "caf\xc3\xa9"},
		{"%u", args(-1), "4294967295"},
		{"bad %q\n", args(1), illegal},
		{"%d %d %d %d", args(1, 2, 3), illegal},
		{"%hd %hhd", args(1, 2), illegal},
		{"%o", args(8), illegal},
		{"%+d %#x", args(8, 8), illegal},
		{"trail %", args(1), illegal},
		{"%zd", args(1), illegal},
		{"%llld", args(1), illegal},
		{"%lc", args(1), illegal},
		{"bell \x07", nil, illegal},
	} {
		got, legal := sprint(c.format, c.args)
		if !legal {
			got = illegal
		}
		if got != c.want {
			t.Errorf("%q: got %q, want %q", c.format, got, c.want)
		}
	}
}

func TestPrintkProgram(t *testing.T) {
	var printed string
	const text = "stdw [%%r10-8], 0x%x\nmov %%r1, %%r10\nadd %%r1, -8\nmov %%r2, %d\nmov %%r3, 42\ncall 6\nexit"
	for _, c := range []struct {
		size int
		r0   int64
		out  string
	}{{3, 2, "42"}, {2, -22, ""}} {
		printed = ""
		// "%d" and zeros, little endian.
		obj := object(t, "raw", fmt.Sprintf(text, 0x6425, c.size))
		got, err := start(t, obj, Options{Printk: func(s string) { printed = s }}).Run(obj.Programs[0], Input{})
		if err != nil || int64(got.R0) != c.r0 || printed != c.out {
			t.Errorf("size %d: got %d, %v, printed %q", c.size, int64(got.R0), err, printed)
		}
	}
}

func TestSources(t *testing.T) {
	opt := Options{
		Clock: func() uint64 { return 1 << 40 }, Random: func() uint32 { return 0x80000001 },
		CPU: func() uint32 { return 3 }, PidTgid: func() uint64 { return 7<<32 | 8 },
		Helpers: map[int32]func([5]uint64) uint64{14: func(a [5]uint64) uint64 { return a[0] }},
	}
	for helper, want := range map[int]uint64{5: 1 << 40, 7: 0x80000001, 8: 3, 14: 99} {
		obj := object(t, "raw", fmt.Sprintf("mov %%r1, 99\ncall %d\nexit", helper))
		got, err := start(t, obj, opt).Run(obj.Programs[0], Input{})
		if err != nil || got.R0 != want {
			t.Errorf("helper %d: got %#x, %v, want %#x", helper, got.R0, err, want)
		}
	}
	for _, helper := range []int{5, 7, 8, 14} {
		obj := object(t, "raw", fmt.Sprintf("call %d\nmov %%r6, %%r0\ncall %d\nadd %%r0, %%r6\nexit", helper, helper))
		var first Result
		for k := range 2 {
			got, err := start(t, obj, Options{}).Run(obj.Programs[0], Input{})
			if k == 0 {
				first = got
			}
			if err != nil || got != first {
				t.Errorf("helper %d: the default is not deterministic: %v, %v, %v", helper, first, got, err)
			}
		}
	}
}

func TestDivision(t *testing.T) {
	for _, c := range []struct {
		op   bpf.Op
		a, b int64
		want int64
	}{
		{bpf.OpDiv, 7, 0, 0}, {bpf.OpMod, 7, 0, 7}, {bpf.OpSdiv, -7, 2, -3}, {bpf.OpSmod, -7, 2, -1}, {bpf.OpSmod, 7, -2, 1},
		{bpf.OpSdiv, math.MinInt64, -1, math.MinInt64}, {bpf.OpSmod, math.MinInt64, -1, 0}, {bpf.OpSdiv, 7, 0, 0}, {bpf.OpSmod, -7, 0, -7},
		{bpf.OpLsh, 1, 65, 2}, {bpf.OpArsh, -8, 1, -4}, {bpf.OpRsh, -1, 63, 1},
	} {
		if got := int64(alu64[c.op](uint64(c.a), uint64(c.b))); got != c.want {
			t.Errorf("%v %d, %d: got %d, want %d", c.op, c.a, c.b, got, c.want)
		}
	}
	for _, c := range []struct {
		op         bpf.Op
		a, b, want int32
	}{
		{bpf.OpSdiv, math.MinInt32, -1, math.MinInt32}, {bpf.OpSmod, math.MinInt32, -1, 0}, {bpf.OpDiv, -1, 2, math.MaxInt32},
		{bpf.OpMod, 7, 0, 7}, {bpf.OpLsh, 1, 33, 2}, {bpf.OpArsh, -8, 1, -4}, {bpf.OpSdiv, 3, 0, 0}, {bpf.OpSmod, 3, 0, 3},
	} {
		if got := int32(alu32[c.op](uint32(c.a), uint32(c.b))); got != c.want {
			t.Errorf("%v32 %d, %d: got %d, want %d", c.op, c.a, c.b, got, c.want)
		}
	}
}
