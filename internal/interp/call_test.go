package interp

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

func TestCalls(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       uint64
	}{
		{"caller's stack", "stdw [%r10-8], 5\nmov %r1, %r10\ncall local f\nldxdw %r0, [%r10-8]\nexit\nf:\nldxdw %r2, [%r1-8]\nadd %r2, 1\nstxdw [%r1-8], %r2\nexit", 6},
		{"own stack", "stdw [%r10-8], 5\ncall local f\nldxdw %r0, [%r10-8]\nexit\nf:\nstdw [%r10-8], 9\nexit", 5},
		{"saved registers", "mov %r6, 1\nmov %r9, 2\ncall local f\nmov %r0, %r6\nadd %r0, %r9\nexit\nf:\nmov %r6, 7\nmov %r9, 8\nexit", 3},
		{"eight deep", "mov %r1, 7\nf:\nmov %r0, %r1\njeq %r1, 0, exit\nsub %r1, 1\nmov %r6, %r1\ncall local f\nadd %r0, %r6\nexit", 0},
		{"pointer through a spill", "stxdw [%r10-8], %r1\nldxdw %r2, [%r10-8]\nldxb %r0, [%r2+1]\nexit", 0x22},
		{"pointer through an exchange", "stxdw [%r10-8], %r1\nmov %r2, 0\nlock xchg [%r10-8], %r2\nldxb %r0, [%r2+1]\nexit", 0x22},
		{"pointer through a comparison", "stxdw [%r10-8], %r1\nmov %r0, 5\nmov %r2, 0\nlock cmpxchg [%r10-8], %r2\nldxb %r0, [%r0]\nexit", 0x11},
		{"callx", "mov %r1, 4\nlddw %r2, FUNC+5\ncall %r2\nexit\nmov %r0, %r1\nmul %r0, 3\nexit", 12},
	} {
		obj := object(t, "raw", c.text)
		if c.name == "eight deep" {
			obj.Programs[0].Funcs = nil
			c.want = 6 + 5 + 4 + 3 + 2 + 1
		}
		got, err := start(t, obj, Options{}).Run(obj.Programs[0], Input{Data: []byte{0x11, 0x22}})
		if err != nil || got.R0 != c.want {
			t.Errorf("%s: got %d, %v, want %d", c.name, got.R0, err, c.want)
		}
	}
}

// TestSpills: what overwrites a part of a spilled pointer makes it a number.
func TestSpills(t *testing.T) {
	for _, c := range []struct{ name, text string }{
		{"one byte", "stxdw [%r10-8], %r1\nldxb %r2, [%r10-1]\nstxb [%r10-1], %r2\nldxdw %r2, [%r10-8]\nldxb %r0, [%r2]\nexit"},
		{"not aligned", "stdw [%r10-8], 0\nstxdw [%r10-12], %r1\nldxdw %r2, [%r10-12]\nldxb %r0, [%r2]\nexit"},
		{"half", "stxdw [%r10-8], %r1\nldxw %r2, [%r10-8]\nldxb %r0, [%r2]\nexit"},
		{"atomic", "stxdw [%r10-8], %r1\nmov %r0, 0\nlock add [%r10-8], %r0\nldxdw %r2, [%r10-8]\nldxb %r0, [%r2]\nexit"},
		{"exchanged", "mov %r2, 0\nstdw [%r10-8], 0\nlock xchg [%r10-8], %r1\nldxdw %r2, [%r10-8]\nldxb %r0, [%r2]\nexit"},
		{"map value", "lddw %r3, VAL+0\nstxdw [%r3], %r1\nldxdw %r2, [%r3]\nldxb %r0, [%r2]\nexit"},
	} {
		_, err := runText(t, "raw", c.text, Input{Data: []byte{1}}, arrayMap(8, 1))
		wantFault(t, c.name, err, "does not point to memory")
	}
}

func TestPointerArithmetic(t *testing.T) {
	data := []byte{10, 11, 12, 13}
	for _, c := range []struct {
		name, text string
		want       uint64
	}{
		{"pointer + number", "mov %r2, 2\nadd %r1, %r2\nldxb %r0, [%r1]\nexit", 12},
		{"number + pointer", "mov %r2, 3\nadd %r2, %r1\nldxb %r0, [%r2]\nexit", 13},
		{"pointer - number", "add %r1, 3\nsub %r1, 2\nldxb %r0, [%r1]\nexit", 11},
		{"pointer - pointer", "mov %r2, %r1\nadd %r2, 3\nsub %r2, %r1\nmov %r0, %r2\nexit", 3},
		{"far away and back", "lddw %r2, 0x7fffffffffffffff\nadd %r1, %r2\nsub %r1, %r2\nldxb %r0, [%r1]\nexit", 10},
		{"compared", "mov %r2, %r1\nadd %r2, 1\nmov %r0, 0\njgt %r1, %r2, +1\nmov %r0, 1\nexit", 1},
		{"not null", "mov %r0, 0\njeq %r1, 0, +1\nmov %r0, 1\nexit", 1},
	} {
		if got, err := runText(t, "raw", c.text, Input{Data: data}); err != nil || got != c.want {
			t.Errorf("%s: got %d, %v, want %d", c.name, got, err, c.want)
		}
	}
}

func TestMayGoto(t *testing.T) {
	obj := object(t, "raw", "mov %r0, 0\nja +0\nadd %r0, 1\nja -3\nexit")
	obj.Programs[0].Insns[1] = bpf.Instruction{Op: bpf.OpMayGoto, Src: bpf.RegImm, Off: 2}
	got, err := start(t, obj, Options{MayGoto: 1000}).Run(obj.Programs[0], Input{})
	if err != nil || got.R0 != 1000 {
		t.Errorf("got %d, %v, want 1000", got.R0, err)
	}
}

func TestZeroStack(t *testing.T) {
	obj := object(t, "raw", "ldxdw %r0, [%r10-512]\nexit")
	got, err := start(t, obj, Options{ZeroStack: true}).Run(obj.Programs[0], Input{})
	if err != nil || got.R0 != 0 {
		t.Errorf("got %d, %v, want 0", got.R0, err)
	}
}

func TestLoadAcquireStoreRelease(t *testing.T) {
	for _, c := range []struct {
		width uint8
		off   int32
		want  uint64
		fault string
	}{
		{1, -8, 0x88, ""}, {2, -8, 0x7788, ""}, {4, -8, 0x55667788, ""}, {8, -8, 0x1122334455667788, ""},
		{2, -7, 0, "atomic access of 2 bytes is not aligned"},
	} {
		obj := object(t, "raw", "stdw [%r10-8], 0\nlddw %r1, 0x1122334455667788\nja +0\nja +0\nexit")
		obj.Programs[0].Insns[3] = bpf.Instruction{Op: bpf.OpStoreRel, Width: c.width, Dst: bpf.R10, Src: bpf.R1, Off: c.off}
		obj.Programs[0].Insns[4] = bpf.Instruction{Op: bpf.OpLoadAcq, Width: c.width, Dst: bpf.R0, Src: bpf.R10, Off: c.off}
		got, err := start(t, obj, Options{}).Run(obj.Programs[0], Input{})
		switch {
		case c.fault != "":
			wantFault(t, "unaligned", err, c.fault)
		case err != nil || got.R0 != c.want:
			t.Errorf("width %d: got %#x, %v, want %#x", c.width, got.R0, err, c.want)
		}
	}
}

func TestTrace(t *testing.T) {
	var pcs []int
	obj := object(t, "raw", "stxdw [%r10-8], %r1\nmov %r1, %r10\ncall local f\nexit\nf:\nldxdw %r2, [%r1-8]\nldxb %r0, [%r2+1]\nexit")
	m := start(t, obj, Options{Trace: func(s *State) {
		pcs = append(pcs, s.PC)
		if s.PC != 6 {
			return
		}
		if len(s.Stacks) != 2 || s.Regs[bpf.R10].Off() != 0 || s.Regs[bpf.R10].Region.Frame != 1 {
			t.Errorf("frame is %v of %d", s.Regs[bpf.R10], len(s.Stacks))
		}
		if v, found := s.Stacks[0].Spill(504); !found || v.Kind != KindPacket || v.Off() != 0 {
			t.Errorf("spill is %v", v)
		}
		if b, known := s.Stacks[1].Byte(0); b != 0 || known {
			t.Errorf("stack byte %d, initialised %v", b, known)
		}
		if v := s.Regs[bpf.R2]; v.Kind != KindPacket || v.Region.Len() != 2 {
			t.Errorf("r2 is %v", v)
		}
		if v := s.Regs[bpf.R1]; v.Kind != KindStack || v.Off() != 0 || v.Region.Frame != 0 {
			t.Errorf("r1 is %v", v)
		}
		if s.Regs[bpf.R6].Kind != KindUninit {
			t.Errorf("r6 is %v", s.Regs[bpf.R6])
		}
	}})
	got, err := m.Run(obj.Programs[0], Input{Data: []byte{1, 2}})
	if err != nil || got.R0 != 2 || got.Insns != 7 {
		t.Errorf("got %+v, %v", got, err)
	}
	want := []int{0, 1, 2, 4, 5, 6, 3}
	for k := range want {
		if len(pcs) != len(want) || pcs[k] != want[k] {
			t.Fatalf("slots %v, want %v", pcs, want)
		}
	}
}
