package arm64

import (
	"fmt"
	"strings"
	"sync"

	golangasm "github.com/twitchyliquid64/golang-asm"
	"github.com/twitchyliquid64/golang-asm/obj"
	asm "github.com/twitchyliquid64/golang-asm/obj/arm64"

	"github.com/bpf2go-native/bpf2go-native/backend"
)

// regNumbers maps registers to golang-asm's numbers and is never changed.
var regNumbers = [...]int16{
	R0: asm.REG_R0, R1: asm.REG_R1, R2: asm.REG_R2, R3: asm.REG_R3, R4: asm.REG_R4, R5: asm.REG_R5,
	R6: asm.REG_R6, R7: asm.REG_R7, R8: asm.REG_R8, R9: asm.REG_R9, R10: asm.REG_R10, R11: asm.REG_R11,
	R12: asm.REG_R12, R13: asm.REG_R13, R14: asm.REG_R14, R15: asm.REG_R15, R16: asm.REG_R16, R17: asm.REG_R17,
	R19: asm.REG_R19, R20: asm.REG_R20, R21: asm.REG_R21, R22: asm.REG_R22, R23: asm.REG_R23, R24: asm.REG_R24,
	R25: asm.REG_R25, R26: asm.REG_R26, R27: asm.REG_R27, RSP: asm.REG_RSP, ZR: asm.REGZERO,
}

// tables fills golang-asm's instruction tables, which are built at the first
// use and may be read concurrently afterwards.
var tables = sync.OnceValue(func() map[string]obj.As {
	if b, err := golangasm.NewBuilder("arm64", 2); err == nil {
		for _, as := range []obj.As{obj.ATEXT, obj.ANOP} {
			p := b.NewProg()
			p.As = as
			b.AddInstruction(p)
		}
		b.Assemble()
	}
	names := make(map[string]obj.As, len(asm.Anames))
	for i, s := range obj.Anames {
		names[s] = obj.As(i)
	}
	for i, s := range asm.Anames {
		if obj.As(i) >= obj.A_ARCHSPECIFIC {
			names[s] = obj.As(i) + obj.ABaseARM64
		}
	}
	return names
})

// piece is one instruction on its way through golang-asm.
type piece struct {
	prog *obj.Prog
	line int    // of the code
	size int    // most bytes that it may become
	text string // listing; a jump's has its target added
	to   *piece // target of a jump
}

// emitter encodes one function.
type emitter struct {
	f      *backend.Func
	ops    []backend.OpInfo
	names  map[string]obj.As
	b      *golangasm.Builder
	diag   string
	line   int // being encoded
	pieces []*piece
	first  []*piece // of each line and of the end
	jumps  map[*piece]int
}

// assemble encodes code.
func assemble(f *backend.Func, code []backend.Line) (enc *backend.Encoded, err error) {
	names := tables()
	b, err := golangasm.NewBuilder("arm64", 2*len(code)+8)
	if err != nil {
		return nil, err
	}
	e := &emitter{f: f, ops: f.Target.Ops, names: names, b: b, first: make([]*piece, len(code)+1), jumps: make(map[*piece]int)}
	defer func() {
		if p := recover(); p != nil {
			text := "the function's layout"
			if n := len(e.pieces); n > 0 {
				text = e.pieces[n-1].text
			}
			enc, err = nil, fmt.Errorf("golang-asm does not accept %q: %v", text, p)
		}
	}()
	b.AddInstruction(e.prog("TEXT")) // the first is skipped
	for i := range code {
		e.line = i
		e.inst(&code[i])
	}
	// Behind the end come zeroes that align the function.
	e.line = len(code)
	e.word("end", 0)
	for i := len(code) - 1; i >= 0; i-- {
		if e.first[i] == nil {
			e.first[i] = e.first[i+1]
		}
	}
	for p, line := range e.jumps {
		p.to = e.first[line]
	}
	for _, p := range e.pieces {
		if p.to != nil {
			p.prog.To.Type = obj.TYPE_BRANCH
			p.prog.To.SetTarget(p.to.prog)
		}
	}
	return e.finish(code)
}

// finish runs golang-asm and reads where everything went.
func (e *emitter) finish(code []backend.Line) (*backend.Encoded, error) {
	e.pieces[0].prog.Ctxt.DiagFunc = func(format string, args ...any) {
		if e.diag == "" {
			e.diag = fmt.Sprintf(format, args...)
		}
	}
	bytes := e.b.Assemble()
	if e.diag != "" {
		return nil, fmt.Errorf("golang-asm: %s", strings.TrimSpace(e.diag))
	}
	enc := &backend.Encoded{}
	end := len(e.pieces) - 1
	enc.Bytes = bytes[:e.pieces[end].prog.Pc]
	for i, p := range e.pieces[:end] {
		off, size := int(p.prog.Pc), int(e.pieces[i+1].prog.Pc-p.prog.Pc)
		if size < 4 || size > p.size {
			return nil, fmt.Errorf("golang-asm made %d bytes of %q", size, p.text)
		}
		in := code[p.line].Inst
		if in.Op == backend.OpCall {
			enc.Calls = append(enc.Calls, backend.Call{Off: off, Size: size, Sym: in.Sym, Local: in.Local})
		}
		text := p.text
		if p.to != nil {
			text += fmt.Sprintf(" %d", p.to.prog.Pc)
		}
		enc.Insts = append(enc.Insts, backend.Inst{Off: off, Len: size, PC: in.PC, Text: text})
	}
	return enc, nil
}

// prog makes an instruction of golang-asm by its name.
func (e *emitter) prog(name string) *obj.Prog {
	as, ok := e.names[name]
	if !ok {
		panic("arm64: no instruction " + name)
	}
	p := e.b.NewProg()
	p.As = as
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

// termArg is the immediate of an addition, comparison or shift. Golang-asm
// takes $0 there for a register that nobody named, R0.
func termArg(x int64) arg {
	if x == 0 {
		return arg{regArg(ZR).a, "$0"}
	}
	return immArg(x)
}

// maskArg is the operand of a logical instruction. golang-asm wants that of a
// 32-bit one twice: its progedit, which the builder does not run, writes it so.
func maskArg(x int64, wide bool) arg {
	text := fmt.Sprintf("$%#x", uint64(x))
	if !wide {
		x = x<<32 | x&0xffffffff
	}
	return arg{obj.Addr{Type: obj.TYPE_CONST, Offset: x}, text}
}

func condArg(c backend.Cond) arg {
	number := [...]int16{
		asm.COND_EQ, asm.COND_NE, asm.COND_LO, asm.COND_HS, asm.COND_LS, asm.COND_HI,
		asm.COND_LT, asm.COND_GE, asm.COND_LE, asm.COND_GT,
	}[c]
	return arg{obj.Addr{Type: obj.TYPE_REG, Reg: number}, condNames[c]}
}

// shiftArg is a shifted register.
func shiftArg(r reg, imm int64) arg {
	kind, amount := imm>>6, imm&63
	off := int64(regNumbers[r]&31)<<16 | kind<<22 | amount<<10
	text := regNames[r] + [...]string{"<<", ">>", "->", "@>"}[kind] + fmt.Sprint(amount)
	return arg{obj.Addr{Type: obj.TYPE_SHIFT, Offset: off}, text}
}

// extNumber is golang-asm's number of an extended register.
func extNumber(r reg, imm int64) (int16, string) {
	kind, amount := imm%extShift, imm/extShift
	n := asm.REG_UXTB + int16(kind)<<8 + regNumbers[r]&31 + int16(amount)<<5
	text := regNames[r] + [...]string{".UXTB", ".UXTH", ".UXTW", ".UXTX", ".SXTB", ".SXTH", ".SXTW", ".SXTX"}[kind]
	if amount != 0 {
		text += fmt.Sprintf("<<%d", amount)
	}
	return n, text
}

func extArg(r reg, imm int64) arg {
	n, text := extNumber(r, imm)
	return arg{obj.Addr{Type: obj.TYPE_REG, Reg: n}, text}
}

// add appends a finished instruction.
func (e *emitter) add(text string, p *obj.Prog, size int) *piece {
	x := &piece{prog: p, line: e.line, size: size, text: text}
	if e.first[e.line] == nil {
		e.first[e.line] = x
	}
	e.b.AddInstruction(p)
	e.pieces = append(e.pieces, x)
	return x
}

// op adds an instruction: the operands in Go's order, the last one written.
func (e *emitter) op(name string, args ...arg) *piece {
	p := e.prog(name)
	p.From = args[0].a
	switch len(args) {
	case 2:
		p.To = args[1].a
	case 3:
		p.Reg, p.To = args[1].a.Reg, args[2].a
	case 4:
		p.Reg, p.RestArgs, p.To = args[1].a.Reg, []obj.Addr{args[2].a}, args[3].a
	}
	texts := make([]string, len(args))
	for i, a := range args {
		texts[i] = a.text
	}
	return e.add(name+" "+strings.Join(texts, ", "), p, 4)
}

// word adds four bytes of data.
func (e *emitter) word(text string, x int64) {
	p := e.prog("WORD")
	p.To = immArg(x).a
	e.add(text, p, 4)
}
