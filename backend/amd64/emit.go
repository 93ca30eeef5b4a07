package amd64

import (
	"fmt"
	"strings"
	"sync"

	golangasm "github.com/twitchyliquid64/golang-asm"
	"github.com/twitchyliquid64/golang-asm/obj"
	"github.com/twitchyliquid64/golang-asm/obj/x86"

	"github.com/bpf2go-native/bpf2go-native/backend"
)

// callSize is the size of a CALL with a 32-bit displacement, and of the
// instruction that stands in for it.
const callSize = 5

// x86X0 is the scratch register of the emitter.
const x86X0 = x86.REG_X0

// regNumbers maps registers to golang-asm's numbers and is never changed.
var regNumbers = [...]int16{
	AX: x86.REG_AX, CX: x86.REG_CX, DX: x86.REG_DX, BX: x86.REG_BX, SI: x86.REG_SI, DI: x86.REG_DI,
	R8: x86.REG_R8, R9: x86.REG_R9, R10: x86.REG_R10, R11: x86.REG_R11, R12: x86.REG_R12,
	R13: x86.REG_R13, R14: x86.REG_R14, R15: x86.REG_R15, SP: x86.REG_SP,
}

// tables fills golang-asm's instruction tables, which are built at the first
// use and may be read concurrently afterwards.
var tables = sync.OnceValue(func() map[string]obj.As {
	if b, err := golangasm.NewBuilder("amd64", 1); err == nil {
		p := b.NewProg()
		p.As = obj.ANOP
		b.AddInstruction(p)
		b.Assemble()
	}
	names := make(map[string]obj.As, len(x86.Anames))
	for i, s := range obj.Anames {
		names[s] = obj.As(i)
	}
	for i, s := range x86.Anames {
		if obj.As(i) >= obj.A_ARCHSPECIFIC {
			names[s] = obj.As(i) + obj.ABaseAMD64
		}
	}
	return names
})

// emitter encodes one function.
type emitter struct {
	f     *backend.Func
	ops   []backend.OpInfo
	names map[string]obj.As
	b     *golangasm.Builder
	diag  string
	line  int         // being encoded
	progs []*obj.Prog // in order
	owner []int       // line of each prog
	text  []string    // listing of each prog
	first []*obj.Prog // of each line and of the end
	// targets are the lines that jumps go to.
	targets map[*obj.Prog]int
}

// assemble encodes code. Bytes in front of a loop move what is behind them and
// may lengthen jumps, so it goes on until every loop is in its place.
func assemble(f *backend.Func, code []backend.Line) (*backend.Encoded, error) {
	fill := make([]int, len(code))
	for round := 0; ; round++ {
		enc, first, err := encode(f, code, fill)
		if err != nil || round == alignRounds || !align(f, enc, code, first, fill, round > alignRounds/2) {
			return enc, err
		}
	}
}

// alignRounds bounds the search. A loop that has no place by then stays where
// it is: that costs speed only.
const alignRounds = 16

// align changes the fillings so that loops get to their places if no jump
// changes its length, and reports whether it had to. A jump that is short with
// a long filling and long with a short one would go on forever, unless
// fillings only grow.
func align(f *backend.Func, enc *backend.Encoded, code []backend.Line, first, fill []int, grow bool) bool {
	moved := 0
	changed := false
	for i := range code {
		if !code[i].Align {
			continue
		}
		enc.Align = f.Target.LoopAlign
		n := fill[i] - (first[i]+moved)%enc.Align + enc.Align
		if n-fill[i] == enc.Align {
			continue
		}
		if !grow {
			n %= enc.Align
		}
		moved += n - fill[i]
		fill[i], changed = n, true
	}
	return changed
}

// encode encodes code with bytes in front of lines. It returns also where each
// line begins.
func encode(f *backend.Func, code []backend.Line, fill []int) (enc *backend.Encoded, first []int, err error) {
	names := tables()
	b, err := golangasm.NewBuilder("amd64", 2*len(code)+8)
	if err != nil {
		return nil, nil, err
	}
	e := &emitter{f: f, ops: f.Target.Ops, names: names, b: b, first: make([]*obj.Prog, len(code)+1), targets: make(map[*obj.Prog]int)}
	defer func() {
		if p := recover(); p != nil {
			text := "the function's layout"
			if n := len(e.text); n > 0 {
				text = e.text[n-1]
			}
			enc, first, err = nil, nil, fmt.Errorf("golang-asm does not accept %q: %v", text, p)
		}
	}()
	for i := range code {
		e.pad(fill[i])
		e.line = i
		e.inst(&code[i])
	}
	e.line = len(code)
	e.add("end", e.prog("NOP"))
	for i := len(code) - 1; i >= 0; i-- {
		if e.first[i] == nil {
			e.first[i] = e.first[i+1]
		}
	}
	for p, line := range e.targets {
		p.To.SetTarget(e.first[line])
	}
	if enc, err = e.finish(code); err != nil {
		return nil, nil, err
	}
	first = make([]int, len(code))
	for i := range first {
		first[i] = int(e.first[i].Pc)
	}
	return enc, first, nil
}

// nops are the instructions without effect, by size in bytes (Intel SDM, NOP).
var nops = [...]string{1: "\x90", 2: "\x66\x90", 3: "\x0f\x1f\x00", 4: "\x0f\x1f\x40\x00", 5: "\x0f\x1f\x44\x00\x00",
	6: "\x66\x0f\x1f\x44\x00\x00", 7: "\x0f\x1f\x80\x00\x00\x00\x00", 8: "\x0f\x1f\x84\x00\x00\x00\x00\x00"}

// pad adds n bytes of instructions without effect, which belong to no line.
func (e *emitter) pad(n int) {
	for e.line = noLine; n > 0; {
		nop := nops[min(n, len(nops)-1)]
		for i := range len(nop) {
			p := e.prog("BYTE")
			p.From = immArg(int64(nop[i])).a
			e.add("NOP", p)
		}
		n -= len(nop)
	}
}

// noLine is the line of bytes between loops.
const noLine = -1

// finish runs golang-asm and reads where everything went.
func (e *emitter) finish(code []backend.Line) (*backend.Encoded, error) {
	ctxt := e.progs[0].Ctxt
	ctxt.IsAsm = true // no padding of jumps
	ctxt.DiagFunc = func(format string, args ...any) {
		if e.diag == "" {
			e.diag = fmt.Sprintf(format, args...)
		}
	}
	bytes := e.b.Assemble()
	if e.diag != "" {
		return nil, fmt.Errorf("golang-asm: %s", strings.TrimSpace(e.diag))
	}
	enc := &backend.Encoded{}
	end := len(e.progs) - 1
	enc.Bytes = bytes[:e.progs[end].Pc]
	for i, p := range e.progs[:end] {
		off, size := int(p.Pc), int(e.progs[i+1].Pc-p.Pc)
		if e.owner[i] == noLine {
			enc.Insts = e.fillInst(enc.Insts, i, off)
			continue
		}
		in := code[e.owner[i]].Inst
		if in.Op == backend.OpCall {
			if size != callSize {
				return nil, fmt.Errorf("place of a call has %d bytes", size)
			}
			enc.Calls = append(enc.Calls, backend.Call{Off: off, Size: size, Sym: in.Sym, Local: in.Local})
		}
		text := e.text[i]
		if to, ok := e.targets[p]; ok {
			text += fmt.Sprintf(" %d", e.first[to].Pc)
		}
		enc.Insts = append(enc.Insts, backend.Inst{Off: off, Len: size, PC: in.PC, Text: text})
	}
	return enc, nil
}

// fillInst lists byte i of a filling, which is one instruction in the list.
func (e *emitter) fillInst(insts []backend.Inst, i, off int) []backend.Inst {
	if i > 0 && e.owner[i-1] == noLine {
		insts[len(insts)-1].Len++
		return insts
	}
	return append(insts, backend.Inst{Off: off, Len: 1, PC: -1, Text: e.text[i]})
}

// prog makes an instruction of golang-asm by its name.
func (e *emitter) prog(name string) *obj.Prog {
	as, ok := e.names[name]
	if !ok {
		panic("amd64: no instruction " + name)
	}
	p := e.b.NewProg()
	p.As = as
	return p
}

func (e *emitter) add(text string, p *obj.Prog) *obj.Prog {
	if e.line != noLine && e.first[e.line] == nil {
		e.first[e.line] = p
	}
	e.b.AddInstruction(p)
	e.progs = append(e.progs, p)
	e.owner = append(e.owner, e.line)
	e.text = append(e.text, text)
	return p
}

// arg is an operand: golang-asm's form and its text.
type arg struct {
	a    obj.Addr
	text string
}

func regArg(r reg) arg {
	return arg{obj.Addr{Type: obj.TYPE_REG, Reg: regNumbers[r]}, regNames[r]}
}

func immArg(x int64) arg {
	return arg{obj.Addr{Type: obj.TYPE_CONST, Offset: x}, fmt.Sprintf("$%d", x)}
}

func memArg(m addr) arg {
	a := arg{a: obj.Addr{Type: obj.TYPE_MEM, Offset: int64(m.Disp)}}
	if m.Disp != 0 {
		a.text = fmt.Sprint(m.Disp)
	}
	if m.Base != 0 {
		a.a.Reg = regNumbers[m.Base]
		a.text += "(" + regNames[m.Base] + ")"
	}
	if m.Index != 0 {
		a.a.Index, a.a.Scale = regNumbers[m.Index], int16(m.Scale)
		a.text += fmt.Sprintf("(%s*%d)", regNames[m.Index], m.Scale)
	}
	return a
}

// two adds NAME from, to.
func (e *emitter) two(name string, from, to arg) *obj.Prog {
	p := e.prog(name)
	p.From, p.To = from.a, to.a
	return e.add(name+" "+from.text+", "+to.text, p)
}

// to adds NAME to.
func (e *emitter) to(name string, to arg) *obj.Prog {
	p := e.prog(name)
	p.To = to.a
	return e.add(name+" "+to.text, p)
}

// from adds NAME from.
func (e *emitter) from(name string, from arg) {
	p := e.prog(name)
	p.From = from.a
	e.add(name+" "+from.text, p)
}

// branch adds a jump to a line.
func (e *emitter) branch(name string, line int) {
	p := e.prog(name)
	p.To.Type = obj.TYPE_BRANCH
	if line < 0 {
		line = len(e.first) - 1
	}
	e.targets[p] = line
	e.add(name, p)
}

func (e *emitter) slot(i int64) arg { return memArg(addr{Base: SP, Disp: e.f.SlotOffset(i)}) }
