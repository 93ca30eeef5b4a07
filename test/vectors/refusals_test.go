package vectors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/internal/isatest"
	"github.com/bpf2go-native/bpf2go-native/verifier"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
)

// refusal is a program that must not run: where it is refused and why.
type refusal struct {
	name string
	text string
	slot int
	code reason.Code
}

// memory is the start of a program that knows of eight bytes, packet that of an
// XDP program.
const (
	memory = "mov %r0, 0\njge %r2, 8, +1\nexit\n"
	packet = "mov %r0, 0\nldxw %r2, [%r1]\nldxw %r3, [%r1+4]\nmov %r4, %r2\nadd %r4, 8\njle %r4, %r3, +1\nexit\n"
)

var refusals = []refusal{
	// Control flow.
	{"falls off the end", "mov %r0, 0", 0, reason.FallsOff},
	{"falls off behind a jump", "mov %r0, 0\njeq %r0, 0, +1\nexit\nmov %r0, 1", 3, reason.FallsOff},
	{"falls off behind a wide load", "lddw %r0, 1", 0, reason.FallsOff},
	{"falls off behind a call", "mov %r0, 0\ncall 5", 1, reason.FallsOff},
	{"falls into the next function", "call local f\nmov %r0, 1\nf:\nmov %r0, 0\nexit", 1, reason.FallsOff},
	{"function without exit", "call local f\nexit\nf:\nmov %r0, 0", 2, reason.FallsOff},
	{"jump behind the end", "mov %r0, 0\njeq %r0, 0, +1\nexit", 1, reason.BadJump},
	{"jump before the start", "mov %r0, 0\njeq %r0, 0, -3\nexit", 1, reason.BadJump},
	{"ja behind the end", "mov %r0, 0\nja +32767", 1, reason.BadJump},
	{"gotol behind the end", "mov %r0, 0\ngotol +2147483647", 1, reason.BadJump},
	{"gotol before the start", "mov %r0, 0\ngotol -2147483648", 1, reason.BadJump},
	{"may_goto behind the end", "mov %r0, 0\nmay_goto +5\nexit", 1, reason.BadJump},
	{"jump into a wide load", "mov %r0, 0\njeq %r1, 0, +1\nlddw %r0, 1\nexit", 1, reason.BadJump},
	{"gotol into a wide load", "mov %r0, 0\njeq %r1, 0, +1\ngotol +1\nlddw %r0, 1\nexit", 2, reason.BadJump},
	{"jump into another function", "mov %r0, 0\njeq %r1, 0, +2\ncall local f\nexit\nf:\nmov %r0, 1\nexit", 1, reason.BadJump},
	{"jump out of a function", "mov %r6, 0\ncall local f\nexit\nf:\nmov %r0, 1\njeq %r0, 1, -4\nexit", 4, reason.BadJump},
	{"ja to itself", "mov %r0, 0\nja -1", 1, reason.InfiniteLoop},
	{"loop without progress", "mov %r0, 0\njne %r2, 0, -1\nexit", 1, reason.InfiniteLoop},
	{"code behind exit", "mov %r0, 0\nexit\nmov %r0, 1\nexit", 2, reason.Unreachable},
	{"code behind ja", "mov %r0, 0\nja +1\nmov %r0, 1\nexit", 2, reason.Unreachable},
	{"wide load behind exit", "mov %r0, 0\nexit\nlddw %r0, 1\nexit", 2, reason.Unreachable},

	// Registers.
	{"mov to r10", "mov %r10, 1\nmov %r0, 0\nexit", 0, reason.WritesR10},
	{"32-bit mov to r10", "mov32 %r10, 1\nmov %r0, 0\nexit", 0, reason.WritesR10},
	{"wide load to r10", "lddw %r10, 1\nmov %r0, 0\nexit", 0, reason.WritesR10},
	{"load to r10", memory + "ldxdw %r10, [%r1]\nexit", 3, reason.WritesR10},
	{"sign-extending load to r10", memory + "ldxsb %r10, [%r1]\nexit", 3, reason.WritesR10},
	{"load-acquire to r10", "stdw [%r10-8], 1\nldacqdw %r10, [%r10-8]\nmov %r0, 0\nexit", 1, reason.WritesR10},
	{"fetch to r10", "stdw [%r10-8], 1\nlock fetch add [%r10-8], %r10\nmov %r0, 0\nexit", 1, reason.WritesR10},
	{"xchg with r10", "stdw [%r10-8], 1\nlock xchg [%r10-8], %r10\nmov %r0, 0\nexit", 1, reason.WritesR10},
	{"add to r10", "add %r10, -8\nmov %r0, 0\nexit", 0, reason.WritesR10},
	{"neg of r10", "neg %r10\nmov %r0, 0\nexit", 0, reason.WritesR10},
	{"swap of r10", "be64 %r10\nmov %r0, 0\nexit", 0, reason.WritesR10},
	{"movsx to r10", "mov %r2, 1\nmovsx3264 %r10, %r2\nmov %r0, 0\nexit", 1, reason.WritesR10},
	{"r0 at the start", "exit", 0, reason.UninitReg},
	{"r3 at the start", "mov %r0, %r3\nexit", 0, reason.UninitReg},
	{"r6 in a callee", "mov %r6, 1\ncall local f\nexit\nf:\nmov %r0, %r6\nexit", 3, reason.UninitReg},
	{"r0 of cmpxchg", "stdw [%r10-8], 1\nmov %r2, 1\nlock cmpxchg [%r10-8], %r2\nexit", 2, reason.UninitReg},

	// Memory.
	{"above the stack", "stb [%r10+0], 1\nmov %r0, 0\nexit", 0, reason.StackBounds},
	{"below the stack", "stb [%r10-513], 1\nmov %r0, 0\nexit", 0, reason.StackBounds},
	{"across the end of the stack", "stdw [%r10-7], 1\nmov %r0, 0\nexit", 0, reason.StackBounds},
	{"across the start of the stack", "stdw [%r10-516], 1\nmov %r0, 0\nexit", 0, reason.StackBounds},
	{"memory that was not compared", "ldxb %r0, [%r1]\nexit", 0, reason.PacketBounds},
	{"memory behind what was compared", memory + "ldxdw %r0, [%r1+1]\nexit", 3, reason.PacketBounds},
	{"memory before the start", memory + "ldxb %r0, [%r1-1]\nexit", 3, reason.PacketBounds},
	{"load from a number", "mov %r2, 0\nldxb %r0, [%r2]\nexit", 1, reason.NotPointer},
	{"load from a function", "lddw %r2, func f\nldxb %r0, [%r2]\nexit\nf:\nmov %r0, 0\nexit", 2, reason.NotPointer},

	// Atomics.
	{"unaligned atomic", "stdw [%r10-8], 1\nstdw [%r10-16], 1\nmov %r2, 1\nlock add [%r10-12], %r2\nmov %r0, 0\nexit", 3, reason.AtomicPlace},
	{"unaligned 32-bit atomic", "stdw [%r10-8], 1\nmov %r2, 1\nlock add32 [%r10-6], %r2\nmov %r0, 0\nexit", 2, reason.AtomicPlace},
	{"unaligned cmpxchg", "stdw [%r10-8], 1\nmov %r0, 1\nlock cmpxchg32 [%r10-7], %r0\nexit", 2, reason.AtomicPlace},
	{"unaligned load-acquire", "stdw [%r10-8], 1\nldacqh %r0, [%r10-7]\nexit", 1, reason.AtomicPlace},
	{"unaligned store-release", "mov %r2, 1\nstrelw [%r10-6], %r2\nmov %r0, 0\nexit", 1, reason.AtomicPlace},
	{"atomic on memory without alignment", memory + "mov %r3, 1\nlock add [%r1], %r3\nexit", 4, reason.AtomicPlace},
	{"load-acquire of memory without alignment", memory + "ldacqdw %r0, [%r1]\nexit", 3, reason.AtomicPlace},
	{"store-release to a number", "mov %r2, 8\nstreldw [%r2], %r2\nmov %r0, 0\nexit", 1, reason.NotPointer},
	{"atomic on a number", "mov %r2, 8\nlock add [%r2], %r2\nmov %r0, 0\nexit", 1, reason.NotPointer},

	// Calls.
	{"helper that nobody has", "call 9999\nexit", 0, reason.BadHelper},
	{"helper 0", "call 0\nexit", 0, reason.BadHelper},
	{"helper -1", "call -1\nexit", 0, reason.BadHelper},
	{"callx of a number", "mov %r2, 77\ncallx %r2\nexit", 1, reason.BadHelper},
	{"callx of memory", memory + "callx %r1\nexit", 3, reason.BadArg},
	{"callx of what was not written", "callx %r9\nexit", 0, reason.UninitReg},
	{"recursion", "call local f\nexit\nf:\ncall local f\nexit", 2, reason.Recursion},
	{"callback with an address as result", "mov %r1, 1\nlddw %r2, func f\nmov %r3, 0\nmov %r4, 0\ncall loop\nexit\nf:\nmov %r0, %r10\nexit", 8, reason.BadReturn},
}

// contexts are XDP programs.
var contexts = []refusal{
	{"load-acquire of the context", "ldacqw %r0, [%r1]\nexit", 0, reason.AtomicPlace},
	{"store-release to the context", "mov %r0, 0\nstrelw [%r1+8], %r0\nexit", 1, reason.AtomicPlace},
	{"atomic on the context", "mov %r0, 0\nlock add32 [%r1+16], %r0\nexit", 1, reason.AtomicPlace},
	{"load-acquire of the packet", packet + "ldacqb %r0, [%r2]\nexit", 7, reason.AtomicPlace},
	{"store-release to the packet", packet + "strelb [%r2], %r0\nexit", 7, reason.AtomicPlace},
	{"atomic on the packet", packet + "mov %r5, 1\nlock xchg [%r2], %r5\nexit", 8, reason.AtomicPlace},
	{"half of a context field", "ldxh %r0, [%r1]\nexit", 0, reason.CtxAccess},
	{"unaligned context field", "ldxw %r0, [%r1+2]\nexit", 0, reason.CtxAccess},
	{"sign-extending load of a pointer", "ldxsw %r0, [%r1]\nexit", 0, reason.CtxAccess},
	{"legacy load in XDP", "mov %r6, %r1\nldabsb 0\nexit", 1, reason.BadInsn},
	{"packet behind the comparison", packet + "ldxw %r0, [%r2+5]\nexit", 7, reason.PacketBounds},
	{"packet behind the wrong branch", "mov %r0, 0\nldxw %r2, [%r1]\nldxw %r3, [%r1+4]\nmov %r4, %r2\nadd %r4, 8\njgt %r4, %r3, +1\nexit\nldxb %r0, [%r2]\nexit", 7, reason.PacketBounds},
	{"the end as memory", packet + "ldxb %r0, [%r3-1]\nexit", 7, reason.NotPointer},
}

// TestRefusals: each program is refused at the instruction and for the reason
// that the table has.
func TestRefusals(t *testing.T) {
	refused(t, "raw", refusals)
	refused(t, "xdp", contexts)
}

func refused(t *testing.T, hook string, list []refusal) {
	for _, c := range list {
		t.Run(c.name, func(t *testing.T) {
			prog, err := isatest.AssembleProgram(c.text, nil)
			if err != nil {
				t.Fatal(err)
			}
			prog.Name, prog.Section, prog.Hook = "main", hook, table.HookByName(bpf.Linux, hook)
			obj := &frontend.Object{Name: c.name, License: "GPL", Programs: []*frontend.Program{prog}}
			_, err = verifier.Verify(obj, prog, verifier.Options{})
			var e *verifier.Error
			switch {
			case !errors.As(err, &e):
				t.Errorf("got %v, want a refusal", err)
			case e.Slot != c.slot || e.Code != c.code:
				t.Errorf("got instruction %d, %v\nwant instruction %d, %s", e.Slot, err, c.slot, c.code)
			case !strings.Contains(err.Error(), fmt.Sprintf("instruction %d", c.slot)):
				t.Errorf("%v does not name instruction %d", err, c.slot)
			}
		})
	}
}

// TestBadBytes: bytes that are no program are refused with the slot.
func TestBadBytes(t *testing.T) {
	const pass, exit = "b700000000000000", "9500000000000000"
	for _, c := range []struct{ name, hex, want string }{
		{"seven bytes", "b7000000000000", "not a multiple of 8"},
		{"half a wide load", pass + "1800000000000000", "instruction 1: opcode 0x18"},
		{"wide load of half an exit", pass + "1800000000000000" + exit, "instruction 2: opcode 0x95"},
		{"register 11", pass + "b70b000000000000" + exit, "instruction 1: dst 11"},
		{"register 15 as source", pass + "bff1000000000000" + exit, "instruction 1: src 15"},
		{"atomic add of a byte", pass + "d310000000000000" + exit, "instruction 1: opcode 0xd3"},
		{"atomic add of two bytes", pass + "cb10000000000000" + exit, "instruction 1: opcode 0xcb"},
		{"exchange without fetch", pass + "db100000e0000000" + exit, "instruction 1: immediate 224"},
		{"sign-extending load of 8 bytes", pass + "9910000000000000" + exit, "instruction 1: opcode 0x99"},
		{"packet load of 8 bytes", pass + "3800000000000000" + exit, "instruction 1: opcode 0x38"},
		{"swap of 24 bits", pass + "d700000018000000" + exit, "instruction 1: immediate 24"},
		{"neg with a register", pass + "8f00000000000000" + exit, "instruction 1: opcode 0x8f"},
		{"empty slot", pass + "0000000000000000" + exit, "instruction 1: opcode 0x00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var raw []byte
			if _, err := fmt.Sscanf(c.hex, "%x", &raw); err != nil {
				t.Fatal(err)
			}
			if _, err := bpf.Decode(raw, binary.LittleEndian); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

// TestEmpty: a program of no instructions is refused.
func TestEmpty(t *testing.T) {
	prog := &frontend.Program{Name: "main", Section: "raw", Hook: table.HookByName(bpf.Linux, "raw"), Funcs: []frontend.Func{{Name: "main"}}}
	if _, err := verifier.Verify(&frontend.Object{Programs: []*frontend.Program{prog}}, prog, verifier.Options{}); err == nil {
		t.Error("a program without instructions is accepted")
	}
}
