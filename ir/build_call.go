package ir

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// readField translates a load of the context. The fact names the field; a
// narrow access takes its bytes out of the whole field.
func (t *translator) readField(e *body, in bpf.Instruction) error {
	a, field, err := t.field()
	if err != nil {
		return err
	}
	v := t.access(OpCtxLoad, table.RegionCtx, int64(a.Field))
	if shift := (a.OffMin - int64(field.Off)) * 8; shift > 0 {
		v = t.emit(OpShr64, 0, v, t.f.Const(uint64(shift)))
	}
	if int(in.Width) < field.Size {
		v = t.emit(zexts[in.Width], 0, v)
	}
	if ext := sexts[in.Width]; in.Op == bpf.OpLoadsx && ext != OpInvalid {
		v = t.emit(ext, 0, v)
	}
	t.set(e, in.Dst, v)
	return nil
}

// writeField translates a store to the context. A narrow store changes its
// bytes of the field only.
func (t *translator) writeField(in bpf.Instruction, x *Value) error {
	a, field, err := t.field()
	if err != nil {
		return err
	}
	if int(in.Width) < field.Size {
		shift := uint64(a.OffMin-int64(field.Off)) * 8
		mask := (uint64(1)<<(8*in.Width) - 1) << shift
		old := t.access(OpCtxLoad, table.RegionCtx, int64(a.Field))
		kept := t.emit(OpAnd64, 0, old, t.f.Const(^mask))
		x = t.emit(OpShl64, 0, x, t.f.Const(shift))
		x = t.emit(OpAnd64, 0, x, t.f.Const(mask))
		x = t.emit(OpOr64, 0, kept, x)
	} else if ext := zexts[in.Width]; ext != OpInvalid {
		x = t.emit(ext, 0, x)
	}
	t.access(OpCtxStore, table.RegionCtx, int64(a.Field), x)
	return nil
}

// field returns the context field of the access at the current slot.
func (t *translator) field() (*verifier.Access, *table.Field, error) {
	a := &t.fact.Access
	if a.Field < 0 || a.Field >= len(t.src.Hook.Fields) || a.OffMin != a.OffMax {
		return nil, nil, t.errorf(t.pc, "context access without a field")
	}
	field := &t.src.Hook.Fields[a.Field]
	if field.Loads|field.Stores != 0 {
		return nil, nil, t.errorf(t.pc, "%w", table.Verified.Compiled("context field "+field.Name))
	}
	return a, field, nil
}

// regionOf is the memory that a pointer of a kind leads to.
func (t *translator) regionOf(o verifier.Operand) table.Region {
	switch o.Kind {
	case verifier.KindScalar, verifier.KindConstMap, verifier.KindPtrFunc:
		return 0 // 0 in place of a pointer
	case verifier.KindPtrCtx:
		return table.RegionCtx
	case verifier.KindPtrStack:
		return table.RegionStack
	case verifier.KindPtrPacket, verifier.KindPtrMeta, verifier.KindPtrPacketEnd:
		return table.RegionPacket
	case verifier.KindPtrMapValue, verifier.KindPtrMapValueOrNull:
		if o.Map >= 0 && t.obj.Maps[o.Map].Frozen {
			return table.RegionConst
		}
		return table.RegionMap | table.RegionConst
	case verifier.KindPtrMem, verifier.KindPtrMemOrNull:
		if t.src.Hook.Memory {
			return table.RegionMem | table.RegionPacket
		}
		return table.RegionMem
	}
	return everywhere
}

// effect says how a helper uses the memory behind an argument.
type effect struct{ reads, writes bool }

// effectOf is the effect on argument i. What map_peek_elem writes for queues it
// reads for Bloom filters.
func (t *translator) effectOf(c *verifier.CallFact, i int) effect {
	kind := c.Helper.Args[i]
	e := argumentEffect[kind]
	if m := t.mapOf(c); kind == table.ArgValueOut && (m == nil || m.Type == bpf.MapBloomFilter) {
		e.reads = true
	}
	return e
}

// argumentEffect is the effect on arguments of a kind.
var argumentEffect = [table.NumArgKinds]effect{
	table.ArgCtx:           {true, false},
	table.ArgCtxOrNull:     {true, false},
	table.ArgKey:           {true, false},
	table.ArgValue:         {true, false},
	table.ArgValueOrNull:   {true, false},
	table.ArgValueOut:      {false, true},
	table.ArgMem:           {true, false},
	table.ArgMemOrNull:     {true, false},
	table.ArgMemOut:        {false, true},
	table.ArgMemOutOrNull:  {false, true},
	table.ArgMemInOut:      {true, true},
	table.ArgFixed:         {true, false},
	table.ArgFixedOut:      {false, true},
	table.ArgFixedInOut:    {true, true},
	table.ArgStr:           {true, false},
	table.ArgSpinLock:      {true, true},
	table.ArgTimer:         {true, true},
	table.ArgKptr:          {true, true},
	table.ArgDynptr:        {true, true},
	table.ArgDynptrOut:     {false, true},
	table.ArgDynptrRingbuf: {true, true},
	table.ArgRecord:        {true, true},
	table.ArgFunc:          {true, true},
	table.ArgStackOrNull:   {true, true},
	table.ArgIterNew:       {false, true},
	table.ArgIter:          {true, true},
	table.ArgObject:        {true, true},
}

// callNames are what a call calls, by kind; a callx of a number has none.
var callNames = map[bpf.Kind]string{0: "helper", bpf.KindHelper: "helper", bpf.KindKfunc: "function"}

// helper translates a call of a helper. Its regions are those of its row and,
// by the facts, those that its arguments point to.
func (t *translator) helper(e *body, in bpf.Instruction, c *verifier.CallFact) error {
	h := c.Helper
	if inline := kfuncs[h.Name]; in.Kind == bpf.KindKfunc && inline != nil && inline(t, e, c) {
		return nil
	}
	if t.inlineLookup(e, c) {
		return nil
	}
	if h.Symbol == "GetSmpProcessorId" {
		t.set(e, bpf.R0, t.processor())
		return nil
	}
	reads, writes := h.Reads, h.Writes
	if h.InvalidatesPacket {
		writes |= table.RegionPacket | table.RegionCtx
	}
	v := t.f.newValue(OpCall, t.pc)
	for i, kind := range h.Args {
		known := c.Args[i]
		r := t.elements(t.regionOf(known))
		effect := t.effectOf(c, i)
		if effect.reads {
			reads |= r
		}
		if effect.writes {
			writes |= r
		}
		if h.Iter == table.IterBits && kind == table.ArgAny {
			reads |= r // the words
		}
		v.Args = append(v.Args, t.argument(e, bpf.R1+bpf.Reg(i), kind, known))
		t.span(v, c, i)
	}
	v.Sym, v.Helper, v.Map, v.Region = h.Symbol, h, c.Map, writes
	if m := t.mapOf(c); m != nil {
		v.Sym = table.Symbol(h, m.Type, m.KeySize)
	}
	t.prog.Holds = t.prog.Holds || holds(h)
	t.order(v, reads|writes, writes)
	if h.Ret == table.RetArg1 {
		v = v.Args[0]
	}
	t.set(e, bpf.R0, v)
	return nil
}

// span notes how many bytes behind argument i the helper uses: the sizes of the
// map that the fact names, or the largest number that its size can be.
func (t *translator) span(v *Value, c *verifier.CallFact, i int) {
	kind := c.Helper.Args[i]
	effect := t.effectOf(c, i)
	size := -1
	switch kind {
	case table.ArgKey, table.ArgValue, table.ArgValueOut:
		if m := t.mapOf(c); m != nil && kind == table.ArgKey {
			size = int(m.KeySize)
		} else if m != nil {
			size = int(m.ValueSize)
		}
	case table.ArgDynptr, table.ArgDynptrOut, table.ArgDynptrRingbuf:
		size = dynptrSize
	case table.ArgMem, table.ArgMemOrNull, table.ArgMemOut:
		if c.Helper.Ret == table.RetDynptrSlice {
			return // the result may lead to the buffer
		}
		if k := c.Helper.SizeOf(i); k >= 0 && c.Args[k].Kind == verifier.KindScalar && c.Args[k].UMax <= stackStep {
			size = int(c.Args[k].UMax)
		}
	case table.ArgAny:
		if c.Helper.Iter != table.IterBits {
			size = 0 // not followed
		}
	case table.ArgOpt, table.ArgSize, table.ArgSizeOrZero, table.ArgMap:
		size = 0
	}
	if size >= 0 {
		v.Spans = append(v.Spans, Span{Arg: i, Size: size, Reads: effect.reads, Writes: effect.writes})
	}
}

func (t *translator) argument(e *body, r bpf.Reg, kind table.ArgKind, known verifier.Operand) *Value {
	if kind == table.ArgOpt && known.Kind == verifier.KindUninit {
		return t.f.Const(0)
	}
	return t.register(e, r, known)
}

// clear writes zeros to the bytes of an inlined callee's stack that it may
// read before it writes them (fact: FuncFact.ZeroLo, ZeroHi).
func (t *translator) clear(callee int, sp int64) {
	z := t.funcFact(callee)
	for off := z.ZeroLo; off < z.ZeroHi; {
		width := 8
		for width > 1 && (off%width != 0 || off+width > z.ZeroHi) {
			width /= 2
		}
		t.access(stores[width], table.RegionStack, sp+int64(off), t.emit(OpStackAddr, 0), t.f.Const(0))
		off += width
	}
}
