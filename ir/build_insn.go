package ir

import (
	"math"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

const (
	offData    = abi.OffData
	offDataEnd = abi.OffDataEnd
	offSlot    = abi.OffSlot
	stackStep  = abi.StackSize // bytes between the r10 of caller and callee
)

// rule translates one instruction of a kind that does not end a block.
type rule func(*translator, *body, bpf.Instruction) error

// rules is indexed by operation. Jumps, calls and exits are in straight; an operation
// that is neither there nor here is not supported.
var rules = [bpf.NumOps]rule{
	bpf.OpAdd: arithmetic, bpf.OpSub: arithmetic, bpf.OpMul: arithmetic, bpf.OpDiv: arithmetic,
	bpf.OpSdiv: arithmetic, bpf.OpMod: arithmetic, bpf.OpSmod: arithmetic, bpf.OpOr: arithmetic,
	bpf.OpAnd: arithmetic, bpf.OpXor: arithmetic, bpf.OpLsh: arithmetic, bpf.OpRsh: arithmetic,
	bpf.OpArsh: arithmetic, bpf.OpNeg: negate, bpf.OpMov: move, bpf.OpMovsx: extend,
	bpf.OpToLE: swap, bpf.OpToBE: swap, bpf.OpBswap: swap,
	bpf.OpLdImm: immediate,
	bpf.OpLoad:  read, bpf.OpLoadsx: read, bpf.OpStore: write,
	bpf.OpAtomAdd: atom, bpf.OpAtomOr: atom, bpf.OpAtomAnd: atom, bpf.OpAtomXor: atom,
	bpf.OpFetchAdd: atom, bpf.OpFetchOr: atom, bpf.OpFetchAnd: atom, bpf.OpFetchXor: atom,
	bpf.OpXchg: atom, bpf.OpCmpxchg: atom, bpf.OpLoadAcq: acquire, bpf.OpStoreRel: atom,
	bpf.OpLdAbs: packet, bpf.OpLdInd: packet,
}

// register reads r. A constant that the fact knows is used in its place.
func (t *translator) register(e *body, r bpf.Reg, known verifier.Operand) *Value {
	if r == bpf.R10 {
		return t.stack(e)
	}
	if x, ok := known.Const(); ok {
		return t.f.Const(x)
	}
	return t.read(t.b, e.reg(r))
}

func (t *translator) stack(e *body) *Value { return t.emit(OpStackAddr, e.sp) }

func (t *translator) dst(e *body, in bpf.Instruction) *Value {
	return t.register(e, in.Dst, t.fact.Dst)
}

// src2 is the second operand: a register or the immediate.
func (t *translator) src2(e *body, in bpf.Instruction) *Value {
	if in.Src == bpf.RegImm {
		return t.f.Const(uint64(in.Imm))
	}
	return t.register(e, in.Src, t.fact.Src)
}

func (t *translator) set(e *body, r bpf.Reg, v *Value) { t.define(e.reg(r), v) }

// alus is indexed by eBPF operation: in 64 and in 32 bits.
var alus = [bpf.NumOps][2]Op{
	bpf.OpAdd:  {OpAdd64, OpAdd32},
	bpf.OpSub:  {OpSub64, OpSub32},
	bpf.OpMul:  {OpMul64, OpMul32},
	bpf.OpDiv:  {OpUDiv64, OpUDiv32},
	bpf.OpSdiv: {OpSDiv64, OpSDiv32},
	bpf.OpMod:  {OpUMod64, OpUMod32},
	bpf.OpSmod: {OpSMod64, OpSMod32},
	bpf.OpOr:   {OpOr64, OpOr32},
	bpf.OpAnd:  {OpAnd64, OpAnd32},
	bpf.OpXor:  {OpXor64, OpXor32},
	bpf.OpLsh:  {OpShl64, OpShl32},
	bpf.OpRsh:  {OpShr64, OpShr32},
	bpf.OpArsh: {OpSar64, OpSar32},
}

// column is 1 for 4-byte operations, the second column of a table.
func column(in bpf.Instruction) int {
	if in.Width == 4 {
		return 1
	}
	return 0
}

func arithmetic(t *translator, e *body, in bpf.Instruction) error {
	v := t.emit(alus[in.Op][column(in)], 0, t.dst(e, in), t.src2(e, in))
	switch in.Op {
	case bpf.OpDiv, bpf.OpMod, bpf.OpSdiv, bpf.OpSmod:
		v.Flags = divisorFlags(in, t.fact)
	}
	t.set(e, in.Dst, v)
	return nil
}

// divisorFlags rest on the fact's ranges of the operands.
func divisorFlags(in bpf.Instruction, fact *verifier.Fact) Flags {
	limit := uint64(math.MaxUint64)
	if in.Width == 4 {
		limit = math.MaxUint32
	}
	low, high := fact.Src.UMin, fact.Src.UMax
	if in.Src == bpf.RegImm {
		low = uint64(in.Imm) & limit
		high = low
	} else if fact.Src.Kind != verifier.KindScalar {
		return 0
	}
	var f Flags
	if low > 0 && high <= limit {
		f |= FlagNonZero
	}
	if high < limit || in.Width == 8 && fact.Dst.Kind == verifier.KindScalar && fact.Dst.SMin > math.MinInt64 {
		f |= FlagNoTrap // B is not -1, or A is not the smallest number
	}
	return f
}

func negate(t *translator, e *body, in bpf.Instruction) error {
	t.set(e, in.Dst, t.emit([2]Op{OpNeg64, OpNeg32}[column(in)], 0, t.dst(e, in)))
	return nil
}

func move(t *translator, e *body, in bpf.Instruction) error {
	v := t.src2(e, in)
	if in.Width == 4 {
		v = t.emit(OpZext32, 0, v)
	}
	t.set(e, in.Dst, v)
	return nil
}

// extensions and swaps are indexed by bytes.
var (
	zexts  = [9]Op{1: OpZext8, 2: OpZext16, 4: OpZext32}
	sexts  = [9]Op{1: OpSext8, 2: OpSext16, 4: OpSext32}
	bswaps = [9]Op{2: OpBswap16, 4: OpBswap32, 8: OpBswap64}
)

func extend(t *translator, e *body, in bpf.Instruction) error {
	v := t.emit(sexts[in.From], 0, t.src2(e, in))
	if in.Width == 4 {
		v = t.emit(OpZext32, 0, v)
	}
	t.set(e, in.Dst, v)
	return nil
}

// swap translates byte orders for a little-endian host.
func swap(t *translator, e *body, in bpf.Instruction) error {
	op := bswaps[in.Width]
	if in.Op == bpf.OpToLE {
		op = zexts[in.Width]
	}
	v := t.dst(e, in)
	if op != OpInvalid {
		v = t.emit(op, 0, v)
	}
	t.set(e, in.Dst, v)
	return nil
}

func immediate(t *translator, e *body, in bpf.Instruction) error {
	var v *Value
	if in.Kind == bpf.KindMap || in.Kind == bpf.KindMapValue {
		if err := mapCompiled(t.obj.Maps[in.Imm]); err != nil {
			return t.errorf(t.pc, "%w", err)
		}
	}
	switch in.Kind {
	case bpf.KindConst:
		v = t.f.Const(uint64(in.Imm))
	case bpf.KindFunc:
		fn := t.funcAt(t.pc + 1 + int(in.Imm))
		if fn < 0 {
			return t.errorf(t.pc, "address of slot %d, where no function begins", t.pc+1+int(in.Imm))
		}
		v = t.f.Const(uint64(fn))
	case bpf.KindMap:
		v = t.emit(OpMapPtr, in.Imm)
	case bpf.KindMapValue:
		v = t.emit(OpMapValues, in.Imm)
		if in.Off != 0 {
			v = t.emit(OpAdd64, 0, v, t.f.Const(uint64(in.Off)))
			v.Flags = FlagNonNull
		}
	default:
		return t.errorf(t.pc, "%w", table.LoadKind(in.Kind).Compiled("instruction "+in.String()))
	}
	t.set(e, in.Dst, v)
	return nil
}

// Loads and stores, indexed by bytes.
var (
	loads      = [9]Op{1: OpLoad8, 2: OpLoad16, 4: OpLoad32, 8: OpLoad64}
	signed     = [9]Op{1: OpLoadS8, 2: OpLoadS16, 4: OpLoadS32, 8: OpLoad64}
	stores     = [9]Op{1: OpStore8, 2: OpStore16, 4: OpStore32, 8: OpStore64}
	acquires   = [9]Op{1: OpLoadAcq8, 2: OpLoadAcq16, 4: OpLoadAcq32, 8: OpLoadAcq64}
	releases   = [9]Op{1: OpStoreRel8, 2: OpStoreRel16, 4: OpStoreRel32, 8: OpStoreRel64}
	everywhere = table.RegionAll | table.RegionConst
)

// address returns base and displacement of the access at the current slot. An
// access to the function's own stack at a constant place (fact: Own) is
// relative to r10 whatever register it goes through.
func (t *translator) address(e *body, r bpf.Reg, off int32) (*Value, int64) {
	a := &t.fact.Access
	if a.Own && a.Region == table.RegionStack && a.OffMin == a.OffMax {
		return t.stack(e), a.OffMin
	}
	if r == bpf.R10 {
		return t.stack(e), int64(off)
	}
	return t.read(t.b, e.reg(r)), int64(off)
}

// touch appends the access of the current slot, with its regions, its tokens
// and, unless it is proven for the whole invocation, its guard.
func (t *translator) touch(e *body, op Op, imm int64, args ...*Value) (*Value, error) {
	a := &t.fact.Access
	region := t.elements(a.Region & everywhere)
	if region == 0 || region&table.RegionCtx != 0 {
		return nil, t.errorf(t.pc, "memory access of an unknown or a mixed kind")
	}
	if !a.Invocation && op.Row().Class == ClassLoad {
		t.f.guard(t.b)
	}
	v := t.access(op, region, imm, args...)
	v.Map = -1
	if region&^(table.RegionMap|table.RegionConst) == 0 {
		v.Map = a.Map
	}
	if !a.Invocation {
		v.Guard = t.f.guard(t.b)
	}
	if a.Own && region == table.RegionStack && a.OffMin != a.OffMax {
		v.Reach = &Reach{e.sp + a.OffMin, e.sp + a.OffMax + int64(a.Size)}
	}
	return v, nil
}

func read(t *translator, e *body, in bpf.Instruction) error {
	if t.fact.Access.Region == table.RegionCtx {
		return t.readField(e, in)
	}
	op := loads[in.Width]
	if in.Op == bpf.OpLoadsx {
		op = signed[in.Width]
	}
	base, off := t.address(e, in.Src, in.Off)
	v, err := t.touch(e, op, off, base)
	if err != nil {
		return err
	}
	t.set(e, in.Dst, v)
	return nil
}

func write(t *translator, e *body, in bpf.Instruction) error {
	x := t.src2(e, in)
	if t.fact.Access.Region == table.RegionCtx {
		return t.writeField(in, x)
	}
	base, off := t.address(e, in.Dst, in.Off)
	_, err := t.touch(e, stores[in.Width], off, base, x)
	return err
}

// atoms is indexed by eBPF operation: in 64 and in 32 bits.
var atoms = [bpf.NumOps][2]Op{
	bpf.OpAtomAdd:  {OpAtomAdd64, OpAtomAdd32},
	bpf.OpAtomOr:   {OpAtomOr64, OpAtomOr32},
	bpf.OpAtomAnd:  {OpAtomAnd64, OpAtomAnd32},
	bpf.OpAtomXor:  {OpAtomXor64, OpAtomXor32},
	bpf.OpFetchAdd: {OpFetchAdd64, OpFetchAdd32},
	bpf.OpFetchOr:  {OpFetchOr64, OpFetchOr32},
	bpf.OpFetchAnd: {OpFetchAnd64, OpFetchAnd32},
	bpf.OpFetchXor: {OpFetchXor64, OpFetchXor32},
	bpf.OpXchg:     {OpXchg64, OpXchg32},
	bpf.OpCmpxchg:  {OpCmpxchg64, OpCmpxchg32},
}

// atom translates read-modify-writes and the releasing store.
func atom(t *translator, e *body, in bpf.Instruction) error {
	base, off := t.address(e, in.Dst, in.Off)
	x := t.register(e, in.Src, t.fact.Src)
	op, args := atoms[in.Op][column(in)], []*Value{base, x}
	result := in.Src
	switch in.Op {
	case bpf.OpStoreRel:
		op = releases[in.Width]
	case bpf.OpCmpxchg:
		// The expected value is r0, and so is the result.
		args, result = []*Value{base, t.read(t.b, e.reg(bpf.R0)), x}, bpf.R0
	}
	v, err := t.touch(e, op, off, args...)
	if err == nil && v.Type == TypeInt {
		t.set(e, result, v)
	}
	return err
}

func acquire(t *translator, e *body, in bpf.Instruction) error {
	base, off := t.address(e, in.Src, in.Off)
	v, err := t.touch(e, acquires[in.Width], off, base)
	if err == nil {
		t.set(e, in.Dst, v)
	}
	return err
}
