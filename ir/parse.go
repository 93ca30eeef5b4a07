package ir

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// Parse reads a program in the textual form (see Print). Text without a
// program line is one unnamed program. Hooks are Linux's; helper rows, Source
// and Object are not part of the text. The result is not checked; see Check.
func Parse(text string) (*Program, error) {
	p := &parser{program: &Program{}, lines: strings.Split(text, "\n")}
	for p.next() {
		if err := p.top(); err != nil {
			return nil, fmt.Errorf("line %d: %w", p.line, err)
		}
	}
	for _, c := range p.calls {
		for _, f := range p.program.Funcs {
			if f.Name == c.Sym {
				c.Fn, c.Sym = f, ""
			}
		}
		if c.Fn == nil {
			return nil, fmt.Errorf("function %q is called but not defined", c.Sym)
		}
	}
	return p.program, nil
}

// ParseFunc reads a single function in the textual form.
func ParseFunc(text string) (*Func, error) {
	p, err := Parse(text)
	if err != nil {
		return nil, err
	}
	if len(p.Funcs) != 1 {
		return nil, fmt.Errorf("want one function, got %d", len(p.Funcs))
	}
	return p.Funcs[0], nil
}

type parser struct {
	program *Program
	lines   []string
	line    int      // number of the current line, from 1
	words   []string // what is left of it

	f      *Func
	b      *Block
	values map[int]*Value // by id
	known  map[int]bool   // values that have been defined
	blocks map[int]*Block
	placed map[int]bool     // blocks that have been defined
	nums   map[int64]*Value // constants of the block
	max    int              // largest id
	loose  []*Value         // constants that get their ids at the end
	calls  []*Value         // OpCallFunc to resolve
}

// next moves to the next line with words.
func (p *parser) next() bool {
	for p.line < len(p.lines) {
		p.line++
		p.words = split(p.lines[p.line-1])
		if len(p.words) > 0 {
			return true
		}
	}
	return false
}

// split cuts a line into names, numbers and single characters.
func split(line string) []string {
	if i := strings.IndexByte(line, ';'); i >= 0 {
		line = line[:i]
	}
	var words []string
	start := -1
	for i, r := range line + " " {
		if strings.ContainsRune(" \t\r()[]{},=:@+-|", r) {
			if start >= 0 {
				words = append(words, line[start:i])
				start = -1
			}
			if !strings.ContainsRune(" \t\r", r) {
				words = append(words, string(r))
			}
		} else if start < 0 {
			start = i
		}
	}
	return words
}

func (p *parser) top() error {
	switch {
	case p.f == nil && p.accept("program"):
		p.program.Name = p.word()
		if p.accept("hook") {
			p.accept("=")
			name := p.word()
			if p.program.Hook = table.HookByName(bpf.Linux, name); p.program.Hook == nil {
				return fmt.Errorf("unknown hook %q", name)
			}
		}
		return p.end()
	case p.f == nil && p.accept("func"):
		return p.header()
	case p.f == nil:
		return fmt.Errorf("%q stands outside of a function", p.words[0])
	case p.accept("}"):
		return p.finish()
	case p.words[0][0] == 'b':
		return p.block()
	case p.b == nil:
		return fmt.Errorf("%q stands in front of the first block", p.words[0])
	case p.words[0][0] == 'v':
		if p.b.Ctl != nil || p.b.Succs != nil {
			return fmt.Errorf("%q stands behind the end of b%d", p.words[0], p.b.ID)
		}
		return p.value()
	}
	return p.terminator()
}

func (p *parser) header() error {
	f := &Func{Name: p.word()}
	p.f, p.b, p.max = f, nil, -1
	p.values, p.known = map[int]*Value{}, map[int]bool{}
	p.blocks, p.placed = map[int]*Block{}, map[int]bool{}
	p.loose = nil
	for !p.accept("{") {
		key := p.word()
		if key == "entry" {
			f.Entry = true
			continue
		}
		if !p.accept("=") {
			return fmt.Errorf("unknown attribute %q of a function", key)
		}
		x, err := p.int()
		if err != nil {
			return err
		}
		switch key {
		case "args":
			f.NumArgs = int(x)
		case "insns":
			f.MaxInsns = uint64(x)
		case "fuel":
			f.Fuel = x
		case "zero":
			f.ZeroLo = int(x)
			p.accept(":")
			if x, err = p.int(); err != nil {
				return err
			}
			f.ZeroHi = int(x)
		default:
			return fmt.Errorf("unknown attribute %q of a function", key)
		}
	}
	return p.end()
}

// finish ends a function: every name must have been defined by now.
func (p *parser) finish() error {
	f := p.f
	for id := 0; id <= p.max; id++ {
		if p.values[id] != nil && !p.known[id] {
			return fmt.Errorf("v%d is used but not defined", id)
		}
		if p.blocks[id] != nil && !p.placed[id] {
			return fmt.Errorf("b%d is used but not defined", id)
		}
	}
	f.NumIDs = p.max + 1
	for _, v := range p.loose {
		v.ID = f.newID()
	}
	for _, b := range f.Blocks {
		if b.Ctl == nil && b.Succs == nil {
			return fmt.Errorf("b%d does not end in jump, if or ret", b.ID)
		}
		for _, e := range b.Succs {
			e.To.Preds = append(e.To.Preds, b)
		}
	}
	p.program.Funcs = append(p.program.Funcs, f)
	p.f = nil
	return p.end()
}

func (p *parser) block() error {
	b, err := p.blockName()
	if err != nil {
		return err
	}
	if p.placed[b.ID] {
		return fmt.Errorf("b%d is defined twice", b.ID)
	}
	p.placed[b.ID] = true
	p.f.Blocks = append(p.f.Blocks, b)
	p.b, p.nums = b, map[int64]*Value{}
	if p.accept("(") {
		for !p.accept(")") {
			v, err := p.define()
			if err != nil {
				return err
			}
			v.Op, v.Imm, v.PC = OpParam, int64(len(b.Params)), -1
			if p.accept(":") {
				v.Type = TypeMem
				if p.accept("ctl") {
					v.Type = TypeCtl
				} else if v.Region = p.region(); v.Region == 0 {
					return fmt.Errorf("v%d: a token needs a region", v.ID)
				}
			}
			b.Params = append(b.Params, v)
			p.accept(",")
		}
	}
	for !p.accept(":") {
		switch word := p.word(); word {
		case "cold":
			b.Cold = true
		case "depth", "@":
			p.accept("=")
			x, err := p.int()
			if err != nil {
				return err
			}
			if word == "@" {
				b.PC = int(x)
			} else {
				b.Depth = int(x)
			}
		default:
			return fmt.Errorf("unknown attribute %q of b%d", word, b.ID)
		}
	}
	return p.end()
}

func (p *parser) terminator() error {
	b := p.b
	if b.Ctl != nil || b.Succs != nil {
		return fmt.Errorf("b%d ends twice", b.ID)
	}
	var err error
	switch word := p.word(); word {
	case "jump":
		b.Kind = BlockJump
		err = p.edge()
	case "if":
		b.Kind = BlockIf
		if b.Ctl, err = p.operand(); err != nil {
			return err
		}
		if err = p.edge(); err != nil {
			return err
		}
		if !p.accept("else") {
			return fmt.Errorf("if without else")
		}
		err = p.edge()
	case "ret":
		b.Kind = BlockRet
		b.Ctl, err = p.operand()
	default:
		return fmt.Errorf("%q is neither a value nor jump, if or ret", word)
	}
	if err != nil {
		return err
	}
	return p.end()
}

func (p *parser) edge() error {
	to, err := p.blockName()
	if err != nil {
		return err
	}
	e := Edge{To: to}
	if p.accept("(") {
		if e.Args, err = p.list(); err != nil {
			return err
		}
	}
	p.b.Succs = append(p.b.Succs, e)
	return nil
}

// list reads operands up to the closing parenthesis.
func (p *parser) list() ([]*Value, error) {
	var vs []*Value
	for !p.accept(")") {
		v, err := p.operand()
		if err != nil {
			return nil, err
		}
		vs = append(vs, v)
		p.accept(",")
	}
	return vs, nil
}

// operand reads a value's name or a number.
func (p *parser) operand() (*Value, error) {
	if len(p.words) > 0 && p.words[0][0] == 'v' {
		return p.valueName()
	}
	x, err := p.int()
	if err != nil {
		return nil, err
	}
	v := p.nums[x]
	if v == nil {
		v = &Value{Op: OpConst, Imm: x, Map: -1, PC: -1, Block: p.b}
		p.nums[x] = v
		p.loose = append(p.loose, v)
		p.b.Values = append(p.b.Values, v)
	}
	return v, nil
}

// name reads an id behind a letter.
func (p *parser) name(letter string) (int, error) {
	word := p.word()
	id, err := strconv.ParseUint(strings.TrimPrefix(word, letter), 10, 24)
	if err != nil || !strings.HasPrefix(word, letter) {
		return 0, fmt.Errorf("want %s and a number, got %q", letter, word)
	}
	p.max = max(p.max, int(id))
	return int(id), nil
}

func (p *parser) valueName() (*Value, error) {
	id, err := p.name("v")
	if err != nil {
		return nil, err
	}
	if p.values[id] == nil {
		p.values[id] = &Value{ID: id, Map: -1, PC: -1}
	}
	return p.values[id], nil
}

func (p *parser) blockName() (*Block, error) {
	id, err := p.name("b")
	if err != nil {
		return nil, err
	}
	if p.blocks[id] == nil {
		p.blocks[id] = &Block{ID: id, PC: -1}
	}
	return p.blocks[id], nil
}

// define reads the name of a value that is defined here.
func (p *parser) define() (*Value, error) {
	v, err := p.valueName()
	if err != nil {
		return nil, err
	}
	if p.known[v.ID] {
		return nil, fmt.Errorf("v%d is defined twice", v.ID)
	}
	p.known[v.ID] = true
	v.Block = p.b
	return v, nil
}

func (p *parser) accept(word string) bool {
	if len(p.words) > 0 && p.words[0] == word {
		p.words = p.words[1:]
		return true
	}
	return false
}

// word takes the next word; "" at the end of the line.
func (p *parser) word() string {
	if len(p.words) == 0 {
		return ""
	}
	w := p.words[0]
	p.words = p.words[1:]
	return w
}

func (p *parser) int() (int64, error) {
	sign := ""
	if p.accept("-") {
		sign = "-"
	} else {
		p.accept("+")
	}
	word := p.word()
	if x, err := strconv.ParseInt(sign+word, 0, 64); err == nil {
		return x, nil
	}
	x, err := strconv.ParseUint(word, 0, 64)
	if err != nil || sign != "" {
		return 0, fmt.Errorf("want a number, got %q", sign+word)
	}
	return int64(x), nil
}

func (p *parser) end() error {
	if len(p.words) > 0 {
		return fmt.Errorf("unexpected %q", p.words[0])
	}
	return nil
}
