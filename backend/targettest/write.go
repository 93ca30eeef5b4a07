package targettest

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/backend"
)

// symbol names function i of unit n in the probe.
func symbol(n int, name string) string { return fmt.Sprintf("f%d_%s", n, name) }

// casesFile declares the functions and lists the calls.
func casesFile(units []unit) string {
	var b strings.Builder
	b.WriteString("package main\n\n")
	for n, u := range units {
		for _, f := range u.code.Funcs {
			args := ""
			if !f.Entry {
				args = ", base uint64"
				for i := range f.NumArgs {
					args += fmt.Sprintf(", r%d uint64", i+1)
				}
			}
			fmt.Fprintf(&b, "func %s(fr *Frame%s) (ret uint64)\n", symbol(n, f.Name), args)
		}
	}
	lists := &inputLists{names: make(map[string]string)}
	b.WriteString("\nvar cases = []testCase{\n")
	for n, u := range units {
		f := u.code.Funcs[0]
		call := symbol(n, f.Name) + "(fr"
		if !f.Entry {
			call += ", fr.base()"
			for i := range f.NumArgs {
				if i < u.Pointers {
					call += ", address()"
				} else {
					call += fmt.Sprintf(", in[%d]", i)
				}
			}
		}
		fmt.Fprintf(&b, "\t{func(fr *Frame, in []uint64) uint64 { return %s) }, %d, %s},\n", call, len(u.Inputs[0]), lists.name(u.Inputs))
	}
	b.WriteString("}\n" + lists.text.String())
	return b.String()
}

// inputLists are the lists of inputs in the probe, each of them once: most
// cases have one of a few, and Go's compiler takes long for numbers.
type inputLists struct {
	names map[string]string // by content
	text  strings.Builder
}

// name returns the variable that holds a list.
func (l *inputLists) name(inputs []Input) string {
	content := fmt.Sprintf("%x", inputs)
	name := l.names[content]
	if name == "" {
		name = fmt.Sprintf("inputs%d", len(l.names))
		l.names[content] = name
		fmt.Fprintf(&l.text, "\nvar %s = []uint64{", name)
		for _, in := range inputs {
			for _, x := range in {
				fmt.Fprintf(&l.text, "%#x, ", x)
			}
		}
		l.text.WriteString("}\n")
	}
	return name
}

// codeFile writes the functions as codegen does.
func codeFile(t *backend.Target, units []unit) string {
	var b strings.Builder
	b.WriteString("#include \"textflag.h\"\n#include \"funcdata.h\"\n\n")
	for n, u := range units {
		for i := range u.code.Funcs {
			writeFunc(&b, t, n, &u.code.Funcs[i])
		}
	}
	return b.String()
}

func writeFunc(b *strings.Builder, t *backend.Target, n int, f *backend.FuncCode) {
	words := 2 // fr and the result
	if !f.Entry {
		words += 1 + f.NumArgs
	}
	fmt.Fprintf(b, "TEXT ·%s(SB), 0, $%d-%d\n\tNO_LOCAL_POINTERS\n", symbol(n, f.Name), f.FrameSize, 8*words)
	fmt.Fprintf(b, "\t%s fr+0(FP), %s\n", t.Load, t.FrameReg)
	if !f.Entry {
		fmt.Fprintf(b, "\t%s base+8(FP), %s\n", t.Load, t.BaseReg)
		for i := range f.NumArgs {
			fmt.Fprintf(b, "\t%s r%d+%d(FP), %s\n", t.Load, i+1, 16+8*i, t.ArgRegs[i])
		}
	}
	if f.Align != 0 {
		fmt.Fprintf(b, "\tPCALIGN $%d\n", f.Align)
	}
	pos := 0
	for _, c := range f.Calls {
		writeBytes(b, t, f.Bytes[pos:c.Off])
		name := c.Sym
		if c.Local {
			name = symbol(n, c.Sym)
		}
		fmt.Fprintf(b, "\tCALL ·%s(SB)\n", name)
		pos = c.Off + c.Size
	}
	writeBytes(b, t, f.Bytes[pos:])
	fmt.Fprintf(b, "\t%s %s, ret+%d(FP)\n\tRET\n\n", t.Store, t.Result, 8*(words-1))
}

// writeBytes writes code as data, in few lines: the assembler is slow.
func writeBytes(b *strings.Builder, t *backend.Target, code []byte) {
	for len(code) > 0 {
		n := 8
		switch {
		case t.Word == 4:
			n = 4
			fmt.Fprintf(b, "\tWORD $%#08x\n", binary.LittleEndian.Uint32(code))
		case len(code) >= 8:
			fmt.Fprintf(b, "\tQUAD $%#x\n", binary.LittleEndian.Uint64(code))
		default:
			n = 1
			fmt.Fprintf(b, "\tBYTE $%#02x\n", code[0])
		}
		code = code[n:]
	}
}

// runner is the probe's program. Its memory is that of machine in eval.go.
const runner = `package main

import (
	"bufio"
	"fmt"
	"os"
	"unsafe"
)

type slot struct {
	Map, Values, Max, Step uint64
}

type Frame struct {
	inst, slots, buf, data, end, meta, cpu, running, tails, private uint64
	_     [6]uint64
	ctx   [32]uint64
	stack [8 * 512]byte
}

func (f *Frame) base() uint64 { return uint64(uintptr(unsafe.Pointer(&f.stack))) + 512 }

type testCase struct {
	run func(*Frame, []uint64) uint64
	n   int // values of one input
	in  []uint64
}

var buf = new([256]byte)
var slots = new([2]slot)

func address() uint64 { return uint64(uintptr(unsafe.Pointer(buf))) }

func main() {
	out := bufio.NewWriter(os.Stdout)
	fr := new(Frame)
	for _, c := range cases {
	for i := 0; i < len(c.in); i += c.n {
		in := c.in[i : i+c.n]
		*fr = Frame{}
		if i == 0 {
			out.Flush() // so that a crash shows its case
		}
		for i := range buf {
			buf[i] = byte(i*37 + 11)
		}
		for i := range slots {
			slots[i] = slot{Map: 0x7777 + uint64(i), Values: address() + 64*uint64(i), Max: 5 + uint64(i), Step: 0x1230 + uint64(i)}
		}
		fr.slots = uint64(uintptr(unsafe.Pointer(slots)))
		fr.data, fr.end, fr.meta = address(), address()+256, address()
		copy(fr.ctx[:], in)
		r := c.run(fr, in)
		h := uint64(14695981039346656037)
		add := func(b []byte) {
			for _, x := range b {
				h = (h ^ uint64(x)) * 1099511628211
			}
		}
		add(buf[:])
		add(unsafe.Slice((*byte)(unsafe.Pointer(&fr.ctx)), 256+1024))
		fmt.Fprintf(out, "%x %x\n", r, h)
	}
	}
	out.Flush()
}

func Preempt(fr *Frame) uint64 { return 0 }

func mix(args ...uint64) uint64 {
	h := uint64(len(args)) + 1
	for _, a := range args {
		h = h*0x9e3779b97f4a7c15 + a
	}
	return h
}

func trash()

func Mix0(fr *Frame) uint64                              { trash(); return mix() }
func Mix1(fr *Frame, a uint64) uint64                    { trash(); return mix(a) }
func Mix2(fr *Frame, a, b uint64) uint64                 { trash(); return mix(a, b) }
func Mix3(fr *Frame, a, b, c uint64) uint64              { trash(); return mix(a, b, c) }
func Mix4(fr *Frame, a, b, c, d uint64) uint64           { trash(); return mix(a, b, c, d) }
func Mix5(fr *Frame, a, b, c, d, e uint64) uint64        { trash(); return mix(a, b, c, d, e) }
`

// trash overwrites registers that a call may destroy.
var trash = map[string]string{
	"amd64": `#include "textflag.h"
TEXT ·trash(SB), NOSPLIT, $0-0
	MOVQ $0x5a5a5a5a5a5a5a5a, AX
	MOVQ AX, CX
	MOVQ AX, DX
	MOVQ AX, BX
	MOVQ AX, SI
	MOVQ AX, DI
	MOVQ AX, R8
	MOVQ AX, R9
	MOVQ AX, R10
	MOVQ AX, R11
	MOVQ AX, R12
	MOVQ AX, R13
	MOVQ AX, R15
	RET
`,
	"arm64": `#include "textflag.h"
TEXT ·trash(SB), NOSPLIT, $0-0
	MOVD $0x5a5a5a5a5a5a5a5a, R0
	MOVD R0, R1
	MOVD R0, R2
	MOVD R0, R3
	MOVD R0, R4
	MOVD R0, R5
	MOVD R0, R6
	MOVD R0, R7
	MOVD R0, R8
	MOVD R0, R9
	MOVD R0, R10
	MOVD R0, R11
	MOVD R0, R12
	MOVD R0, R13
	MOVD R0, R14
	MOVD R0, R15
	MOVD R0, R16
	MOVD R0, R17
	MOVD R0, R19
	MOVD R0, R20
	MOVD R0, R21
	MOVD R0, R22
	MOVD R0, R23
	MOVD R0, R24
	MOVD R0, R25
	MOVD R0, R26
	RET
`,
}
