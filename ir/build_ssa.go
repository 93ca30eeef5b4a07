package ir

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// SSA is made while the code is translated, after Braun et al., "Simple and
// Efficient Construction of Static Single Assignment Form" (2013): a variable
// that a block does not define is looked up in its predecessor, and becomes a
// parameter where several meet. Blocks are translated in an order in which a
// block with one predecessor comes behind it; the arguments of parameters are
// filled in when every block is done. What that leaves of parameters with only
// one source is removed by the pass "copies".

// variable is a name that has many definitions: the tokens of the regions,
// then r0 to r9 of each body and what is left of its budget of may_gotos.
type variable int32

const regVars = variable(table.NumRegions)

// body is one translation of a function: the Func itself or an inlined callee.
type body struct {
	fn     int   // index into Program.Funcs
	sp     int64 // its r10 relative to that of the Func
	vars   variable
	blocks []*Block // by slot - start: the block that begins there
	preds  []int    // by slot - start: edges to that block from within the body
	start  int
	// Of an inlined callee: where its returns meet, and whose r0 its result is.
	exit   *meeting
	caller *body
}

// bodyVars is the number of variables of a body: r0 to r9 and its gotos.
const bodyVars = 11

func (e *body) reg(r bpf.Reg) variable { return e.vars + variable(r) }

// gotos is how often the body still passes a may_goto.
func (e *body) gotos() variable { return e.vars + variable(bpf.R10) }

// translator builds one Func.
type translator struct {
	*builder
	f       *Func
	entry   *Block
	b       *Block // current block
	pc      int    // current slot
	fact    *verifier.Fact
	length  *Value   // of a Memory hook's memory
	left    *meeting // where the Func ends early, see leave
	defs    []map[variable]*Value
	parent  []*Block           // by Block.ID: where lookups go on; nil at joins and the entry
	joined  []bool             // by Block.ID: lookups make parameters
	pending []*Value           // parameters without arguments
	vars    []variable         // of pending
	alias   map[atEnd]variable // renamings at the end of a block
	bodies  variable
	work    []task
}

// atEnd is a variable at the end of a block.
type atEnd struct {
	b *Block
	x variable
}

// task is a block to translate and what goes into it.
type task struct {
	b  *Block
	do func() error
}

// meeting is a block where several ways meet. It is made when the first of
// them arrives: there may be none.
type meeting struct {
	b    *Block
	pc   int
	then func() error // translates it
}

// arrive ends the current block with a jump to m.
func (t *translator) arrive(m *meeting) {
	from := t.b
	if m.b == nil {
		m.b = t.f.NewBlock(m.pc)
		t.seal(m.b, nil)
		t.later(m.b, m.then)
	}
	from.jumpTo(m.b)
}

// fork ends the current block with a test of cond.
func (t *translator) fork(cond *Value) (yes, no *Block) {
	from := t.b
	yes, no = t.f.NewBlock(t.pc), t.f.NewBlock(t.pc)
	t.seal(yes, from)
	t.seal(no, from)
	from.branch(cond, Edge{To: yes}, Edge{To: no})
	return yes, no
}

// seal declares how lookups leave block b: through parent, or by parameters
// when parent is nil.
func (t *translator) seal(b *Block, parent *Block) {
	for len(t.defs) <= b.ID {
		t.defs = append(t.defs, nil)
		t.parent = append(t.parent, nil)
		t.joined = append(t.joined, false)
	}
	t.defs[b.ID] = map[variable]*Value{}
	t.parent[b.ID] = parent
	t.joined[b.ID] = parent == nil && b != t.entry
}

func (t *translator) at(b *Block) { t.b = b }

func (t *translator) define(x variable, v *Value) { t.defs[t.b.ID][x] = v }

// read returns the value of x at the end of what is translated of block b.
func (t *translator) read(b *Block, x variable) *Value {
	var v *Value
	at := b
	for v = t.defs[at.ID][x]; v == nil; v = t.defs[at.ID][x] {
		if y, renamed := t.alias[atEnd{at, x}]; renamed {
			v = t.read(at, y)
			t.defs[at.ID][x] = v
			break
		}
		if next := t.parent[at.ID]; next != nil {
			at = next
			continue
		}
		if t.joined[at.ID] {
			v = t.parameter(at, x)
		} else {
			v = t.undefined(x)
		}
		t.defs[at.ID][x] = v
		break
	}
	for ; b != at; b = t.parent[b.ID] {
		t.defs[b.ID][x] = v
	}
	return v
}

func (t *translator) parameter(b *Block, x variable) *Value {
	var p *Value
	if x < regVars {
		p = t.f.NewParam(b, TypeMem, 1<<x)
	} else {
		p = t.f.NewParam(b, TypeInt, 0)
	}
	t.pending = append(t.pending, p)
	t.vars = append(t.vars, x)
	return p
}

// undefined is the value of x at entry. A register without one is never read
// (fact: the verifier refuses such programs), so any number will do.
func (t *translator) undefined(x variable) *Value {
	if x < regVars {
		v := t.f.NewValue(t.entry, OpMem, -1, 0)
		v.Region = 1 << x
		return v
	}
	r := bpf.Reg(x - regVars)
	if t.f.Entry || x >= regVars+bodyVars || r < bpf.R1 || r > bpf.R5 {
		return t.f.Const(0)
	}
	n := int(r - bpf.R1)
	t.f.NumArgs = max(t.f.NumArgs, n+1)
	return t.f.NewValue(t.entry, OpArg, -1, int64(n))
}

// finish fills in the arguments of parameters. Reading them may add more.
func (t *translator) finish() {
	for i := 0; i < len(t.pending); i++ {
		p := t.pending[i]
		for _, pred := range p.Block.Preds {
			for j := range pred.Succs {
				e := &pred.Succs[j]
				if e.To == p.Block && len(e.Args) == int(p.Imm) {
					e.Args = append(e.Args, t.read(pred, t.vars[i]))
				}
			}
		}
	}
}

// emit appends an operation at the current place.
func (t *translator) emit(op Op, imm int64, args ...*Value) *Value {
	return t.f.NewValue(t.b, op, t.pc, imm, args...)
}

// access appends a load, store or atomic of a region and makes it the token
// when it writes.
func (t *translator) access(op Op, region table.Region, imm int64, args ...*Value) *Value {
	v := t.f.newValue(op, t.pc, args...)
	v.Imm, v.Region = imm, region
	t.order(v, region, region)
	return v
}

// order gives v the tokens of the regions that it touches, appends it, and
// makes it the token of those that it writes.
func (t *translator) order(v *Value, touches, writes table.Region) {
	for r := range variable(table.NumRegions) {
		if touches&(1<<r) != 0 {
			v.Mem = append(v.Mem, t.read(t.b, r))
		}
	}
	v.Block = t.b
	t.b.Values = append(t.b.Values, v)
	if !v.IsToken() {
		return
	}
	for r := range variable(table.NumRegions) {
		if writes&(1<<r) != 0 {
			t.define(r, v)
		}
	}
}
