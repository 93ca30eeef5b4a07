package isatest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// Assemble turns the text of an asm section into instructions, one a line:
//
//	mnemonic operand, operand, …   # comment
//	label:
//
// Registers are %r0 to %r10, memory is [%r1], [%r1+8] or [%r1-8], numbers are
// decimal or hexadecimal and may be negative. A jump goes to a label, to +n
// instruction slots, or to "exit": the next exit instruction, or the last one
// when none follows. le, be, swap, bswap and movsx carry their widths in the
// mnemonic (movsx832: 8 to 32 bits); "32" at the end is the 32-bit form.
//
// What the suite has no words for: ldabsw and ldindw (and b, h), ldacqdw and
// streldw (load-acquire, store-release; b, h, w), may_goto, gotol for ja32,
// callx, "lddw %r1, func label", and ".rep 100 line", which stands for the line
// a hundred times.
func Assemble(text string) ([]bpf.Instruction, error) {
	p, err := AssembleProgram(text, nil)
	if err != nil {
		return nil, err
	}
	return p.Insns, nil
}

// AssembleProgram is Assemble for a program that names things: "lddw %r1, map
// counts" and "lddw %r1, value data+8" by the maps' names, "call
// map_lookup_elem" by the helper's or kernel function's name, of Linux. Its
// functions are those that are called or whose address is taken, named by
// their labels.
func AssembleProgram(text string, named []*frontend.Map) (*frontend.Program, error) {
	return assembleFor(bpf.Linux, text, named)
}

// assembleFor is AssembleProgram with the helpers of a platform.
func assembleFor(p bpf.Platform, text string, named []*frontend.Map) (*frontend.Program, error) {
	a := assembler{platform: p, labels: map[string]int{}, starts: map[int]string{0: "main"}, maps: named}
	number := 0
	for line := range strings.Lines(text) {
		number++
		line, _, _ = strings.Cut(line, "#")
		if err := a.repeat(strings.TrimSpace(line)); err != nil {
			return nil, fmt.Errorf("line %d: %q: %w", number, strings.TrimSpace(line), err)
		}
	}
	for _, j := range a.jumps {
		if err := a.resolve(j); err != nil {
			return nil, err
		}
	}
	return &frontend.Program{Insns: a.insns, Funcs: a.funcs(), Lines: make([]frontend.Line, len(a.insns)), Kfuncs: a.kfuncs}, nil
}

// funcs are the entry and the functions that something refers to.
func (a *assembler) funcs() []frontend.Func {
	var funcs []frontend.Func
	for _, start := range slices.Sorted(maps.Keys(a.starts)) {
		if n := len(funcs); n > 0 {
			funcs[n-1].End = start
		}
		funcs = append(funcs, frontend.Func{Name: a.starts[start], Start: start, End: len(a.insns)})
	}
	return funcs
}

// jump is a use of a label.
type jump struct {
	pc    int
	label string
}

type assembler struct {
	platform bpf.Platform
	insns    []bpf.Instruction
	labels   map[string]int
	jumps    []jump
	starts   map[int]string // of functions, with their names
	maps     []*frontend.Map
	kfuncs   []string
}

// repeat is a line with .rep in front, or without.
func (a *assembler) repeat(line string) error {
	rest, repeated := strings.CutPrefix(line, ".rep ")
	if !repeated {
		return a.line(line)
	}
	count, line, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, err := strconv.ParseUint(count, 0, 20)
	if err != nil {
		return fmt.Errorf("%q is no number of repetitions", count)
	}
	for range n {
		if err := a.line(strings.TrimSpace(line)); err != nil {
			return err
		}
	}
	return nil
}

func (a *assembler) line(line string) error {
	if line == "" {
		return nil
	}
	if label, isLabel := strings.CutSuffix(line, ":"); isLabel {
		a.labels[label] = len(a.insns)
		return nil
	}
	mnemonic, rest, _ := strings.Cut(line, " ")
	for _, prefix := range []string{"lock", "fetch"} {
		if mnemonic == prefix {
			next, operands, _ := strings.Cut(strings.TrimSpace(rest), " ")
			mnemonic, rest = mnemonic+" "+next, operands
			if next == "fetch" {
				next, operands, _ = strings.Cut(strings.TrimSpace(rest), " ")
				mnemonic, rest = mnemonic+" "+next, operands
			}
		}
	}
	var operands []string
	if rest = strings.TrimSpace(rest); rest != "" {
		for _, o := range strings.Split(rest, ",") {
			operands = append(operands, strings.TrimSpace(o))
		}
	}
	row, known := mnemonics[mnemonic]
	if !known {
		return fmt.Errorf("unknown mnemonic %q", mnemonic)
	}
	if len(operands) != row.operands {
		return fmt.Errorf("%d operands, want %d", len(operands), row.operands)
	}
	insn := row.insn
	if err := row.fill(a, &insn, operands); err != nil {
		return err
	}
	a.insns = append(a.insns, insn)
	if insn.Wide() {
		a.insns = append(a.insns, bpf.Instruction{})
	}
	return nil
}

// resolve sets the displacement of a jump or call.
func (a *assembler) resolve(j jump) error {
	target, known := a.labels[j.label]
	if !known && j.label == "exit" {
		for pc := len(a.insns) - 1; pc >= 0; pc-- {
			if a.insns[pc].Op == bpf.OpExit && (!known || pc > j.pc) {
				target, known = pc, true
			}
		}
	}
	if !known {
		return fmt.Errorf("instruction %d: no label %q", j.pc, j.label)
	}
	i := &a.insns[j.pc]
	hop := int64(target - j.pc - 1)
	switch {
	case i.Op == bpf.OpCall || i.Op == bpf.OpLdImm:
		i.Imm = hop
		if target > 0 && a.starts[target] == "" {
			a.starts[target] = j.label
		}
	case i.Width != 4 && hop != int64(int16(hop)) || i.Op != bpf.OpJa && hop != int64(int16(hop)):
		return fmt.Errorf("instruction %d: label %q is %d slots away, which does not fit 16 bits", j.pc, j.label, hop)
	default:
		i.Off = int32(hop)
	}
	return nil
}

func register(s string) (bpf.Reg, error) {
	n, err := strconv.ParseUint(strings.TrimPrefix(s, "%r"), 10, 8)
	if err != nil || !strings.HasPrefix(s, "%r") || n > uint64(bpf.R10) {
		return 0, fmt.Errorf("%q is no register", s)
	}
	return bpf.Reg(n), nil
}

// integer parses a signed or unsigned 64-bit number.
func integer(s string) (int64, error) {
	if n, err := strconv.ParseInt(s, 0, 64); err == nil {
		return n, nil
	}
	n, err := strconv.ParseUint(s, 0, 64)
	return int64(n), err
}

// immediate parses a 32-bit immediate; an unsigned one is sign-extended.
func immediate(s string) (int64, error) {
	n, err := integer(s)
	if err == nil && n != int64(int32(n)) && n != int64(uint32(n)) && uint64(n)>>32 != 0xffffffff {
		err = fmt.Errorf("%s does not fit 32 bits", s)
	}
	return int64(int32(n)), err
}

// operand fills in Src or Imm.
func operand(i *bpf.Instruction, s string) error {
	var err error
	if strings.HasPrefix(s, "%") {
		i.Src, err = register(s)
		return err
	}
	i.Src = bpf.RegImm
	i.Imm, err = immediate(s)
	return err
}

// memory parses [%r1+8].
func memory(s string) (bpf.Reg, int32, error) {
	inner, opened := strings.CutPrefix(s, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	if !opened || !closed {
		return 0, 0, fmt.Errorf("%q is no memory operand", s)
	}
	reg, off := inner, "0"
	if at := strings.IndexAny(inner, "+-"); at >= 0 {
		reg, off = inner[:at], strings.TrimPrefix(inner[at:], "+")
	}
	base, err := register(reg)
	if err != nil {
		return 0, 0, err
	}
	n, err := integer(off)
	if err == nil && n != int64(int16(n)) {
		err = fmt.Errorf("offset %d does not fit 16 bits", n)
	}
	return base, int32(n), err
}

// target sets a jump's displacement, now or when labels are known.
func (a *assembler) target(i *bpf.Instruction, s string) error {
	if strings.ContainsAny(s[:1], "+-") {
		n, err := integer(strings.TrimPrefix(s, "+"))
		i.Off = int32(n)
		return err
	}
	a.jumps = append(a.jumps, jump{len(a.insns), s})
	return nil
}
