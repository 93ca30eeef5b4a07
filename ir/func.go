package ir

import "github.com/bpf2go-native/bpf2go-native/bpf/table"

// NewBlock adds an empty block to f, last in the list.
func (f *Func) NewBlock(pc int) *Block {
	b := &Block{ID: f.newID(), PC: pc}
	f.Blocks = append(f.Blocks, b)
	return b
}

func (f *Func) newID() int {
	id := f.NumIDs
	f.NumIDs++
	return id
}

// newValue makes a value that is in no block yet.
func (f *Func) newValue(op Op, pc int, args ...*Value) *Value {
	return &Value{ID: f.newID(), Op: op, Type: op.Row().Result, Args: append([]*Value(nil), args...), Map: -1, PC: pc}
}

// NewValue appends a value to block b.
func (f *Func) NewValue(b *Block, op Op, pc int, imm int64, args ...*Value) *Value {
	v := f.newValue(op, pc, args...)
	v.Imm, v.Block = imm, b
	b.Values = append(b.Values, v)
	return v
}

// NewParam adds a parameter to block b. Region is that of a token.
func (f *Func) NewParam(b *Block, t Type, region table.Region) *Value {
	v := f.newValue(OpParam, -1)
	v.Type, v.Region, v.Block, v.Imm = t, region, b, int64(len(b.Params))
	b.Params = append(b.Params, v)
	return v
}

// Const returns the constant x, which stands in the entry block.
func (f *Func) Const(x uint64) *Value {
	if f.consts == nil {
		f.consts = map[uint64]*Value{}
		for _, v := range f.Blocks[0].Values {
			if v.Op == OpConst {
				f.consts[uint64(v.Imm)] = v
			}
		}
	}
	v := f.consts[x]
	if v == nil {
		v = f.newValue(OpConst, -1)
		v.Imm, v.Block = int64(x), f.Blocks[0]
		f.consts[x] = v
		f.putFirst(v)
	}
	return v
}

// putFirst puts v in front of the entry block. It leaves room for others: long
// programs have tens of thousands of constants.
func (f *Func) putFirst(v *Value) {
	entry := f.Blocks[0]
	if n := len(entry.Values); f.room == 0 || n == 0 || &f.roomy[f.room] != &entry.Values[0] {
		f.room = n + 1
		f.roomy = make([]*Value, f.room, f.room+n)
		f.roomy = append(f.roomy, entry.Values...)
	}
	f.room--
	f.roomy[f.room] = v
	entry.Values = f.roomy[f.room : f.room+1+len(entry.Values)]
}

// IsConst returns the number that v is and whether it is one.
func (v *Value) IsConst() (uint64, bool) { return uint64(v.Imm), v.Op == OpConst }

// IsToken reports whether v orders memory: a parameter or OpMem of TypeMem,
// or an operation with an effect.
func (v *Value) IsToken() bool {
	switch v.Op.Row().Class {
	case ClassStore, ClassAtomic, ClassCall:
		return true
	}
	return v.Type == TypeMem
}

// jumpTo ends b with a jump.
func (b *Block) jumpTo(to *Block, args ...*Value) {
	b.Kind, b.Ctl = BlockJump, nil
	b.Succs = []Edge{{To: to, Args: args}}
	to.Preds = append(to.Preds, b)
}

// branch ends b with a test of ctl.
func (b *Block) branch(ctl *Value, yes, no Edge) {
	b.Kind, b.Ctl = BlockIf, ctl
	b.Succs = []Edge{yes, no}
	yes.To.Preds = append(yes.To.Preds, b)
	no.To.Preds = append(no.To.Preds, b)
}

// ret ends b with a return of r0.
func (b *Block) ret(r0 *Value) {
	b.Kind, b.Ctl, b.Succs = BlockRet, r0, nil
}

// dropPred forgets one edge from p.
func (b *Block) dropPred(p *Block) {
	for i, q := range b.Preds {
		if q == p {
			b.Preds = append(b.Preds[:i:i], b.Preds[i+1:]...)
			return
		}
	}
}

// guard returns b's control token.
func (f *Func) guard(b *Block) *Value {
	for _, v := range b.Values {
		if v.Op == OpGuard {
			return v
		}
	}
	v := f.newValue(OpGuard, b.PC)
	v.Block = b
	b.Values = append([]*Value{v}, b.Values...)
	return v
}
