package table

import "github.com/bpf2go-native/bpf2go-native/bpf"

// Class is a group of operations that stages treat alike.
type Class uint8

// The classes.
const (
	ClassNone   Class = iota
	ClassALU          // Dst = Dst op operand
	ClassJump         // conditional jumps, ja, may_goto
	ClassCall         // call, callx
	ClassExit         //
	ClassLdImm        // wide load
	ClassPacket       // legacy packet loads
	ClassLoad         // loads, load-acquire
	ClassStore        // stores, store-release
	ClassAtomic       // read-modify-write

	// NumClasses is the number of classes, for arrays indexed by Class.
	NumClasses = int(ClassAtomic) + 1
)

// classNames are the names in docs/tables.md.
var classNames = [NumClasses]string{
	"none", "alu", "jump", "call", "exit", "wide load", "packet load", "load", "store", "atomic",
}

// String returns the name of the class.
func (c Class) String() string {
	if int(c) >= NumClasses {
		return "?"
	}
	return classNames[c]
}

// Widths is a set of widths: the sum of the widths in bytes, 1|2|4|8.
type Widths uint8

// Has reports whether the width is in the set.
func (w Widths) Has(width uint8) bool {
	return width != 0 && width&(width-1) == 0 && uint8(w)&width != 0
}

// Op is the row of one operation of the instruction set.
type Op struct {
	Op     bpf.Op
	Class  Class
	Widths Widths // legal Width; none where nothing is operated on
	// Imm and Reg say what the operand may be: Imm an immediate with Src
	// RegImm, Reg a register in Src. Neither: there is no second operand.
	Imm, Reg bool
	Status   Status
	// Version is the instruction set version that brought it (clang's
	// -mcpu=vN); 0 for those that clang 19 does not have.
	Version int
}

// all and words are the widths of most operations.
const (
	all    Widths = 1 | 2 | 4 | 8
	words  Widths = 4 | 8
	narrow Widths = 1 | 2 | 4
)

// ops is indexed by bpf.Op.
var ops = [bpf.NumOps]Op{
	bpf.OpAdd:   {bpf.OpAdd, ClassALU, words, true, true, Supported, 1},
	bpf.OpSub:   {bpf.OpSub, ClassALU, words, true, true, Supported, 1},
	bpf.OpMul:   {bpf.OpMul, ClassALU, words, true, true, Supported, 1},
	bpf.OpDiv:   {bpf.OpDiv, ClassALU, words, true, true, Supported, 1},
	bpf.OpSdiv:  {bpf.OpSdiv, ClassALU, words, true, true, Supported, 4},
	bpf.OpMod:   {bpf.OpMod, ClassALU, words, true, true, Supported, 1},
	bpf.OpSmod:  {bpf.OpSmod, ClassALU, words, true, true, Supported, 4},
	bpf.OpOr:    {bpf.OpOr, ClassALU, words, true, true, Supported, 1},
	bpf.OpAnd:   {bpf.OpAnd, ClassALU, words, true, true, Supported, 1},
	bpf.OpXor:   {bpf.OpXor, ClassALU, words, true, true, Supported, 1},
	bpf.OpLsh:   {bpf.OpLsh, ClassALU, words, true, true, Supported, 1},
	bpf.OpRsh:   {bpf.OpRsh, ClassALU, words, true, true, Supported, 1},
	bpf.OpArsh:  {bpf.OpArsh, ClassALU, words, true, true, Supported, 1},
	bpf.OpNeg:   {bpf.OpNeg, ClassALU, words, false, false, Supported, 1},
	bpf.OpMov:   {bpf.OpMov, ClassALU, words, true, true, Supported, 1},
	bpf.OpMovsx: {bpf.OpMovsx, ClassALU, words, false, true, Supported, 4},
	bpf.OpToLE:  {bpf.OpToLE, ClassALU, 2 | 4 | 8, false, false, Supported, 1},
	bpf.OpToBE:  {bpf.OpToBE, ClassALU, 2 | 4 | 8, false, false, Supported, 1},
	bpf.OpBswap: {bpf.OpBswap, ClassALU, 2 | 4 | 8, false, false, Supported, 4},

	bpf.OpJa:      {bpf.OpJa, ClassJump, words, false, false, Supported, 1}, // width 4 is gotol, version 4
	bpf.OpJeq:     {bpf.OpJeq, ClassJump, words, true, true, Supported, 1},
	bpf.OpJne:     {bpf.OpJne, ClassJump, words, true, true, Supported, 1},
	bpf.OpJgt:     {bpf.OpJgt, ClassJump, words, true, true, Supported, 1},
	bpf.OpJge:     {bpf.OpJge, ClassJump, words, true, true, Supported, 1},
	bpf.OpJlt:     {bpf.OpJlt, ClassJump, words, true, true, Supported, 2},
	bpf.OpJle:     {bpf.OpJle, ClassJump, words, true, true, Supported, 2},
	bpf.OpJsgt:    {bpf.OpJsgt, ClassJump, words, true, true, Supported, 1},
	bpf.OpJsge:    {bpf.OpJsge, ClassJump, words, true, true, Supported, 1},
	bpf.OpJslt:    {bpf.OpJslt, ClassJump, words, true, true, Supported, 2},
	bpf.OpJsle:    {bpf.OpJsle, ClassJump, words, true, true, Supported, 2},
	bpf.OpJset:    {bpf.OpJset, ClassJump, words, true, true, Supported, 1},
	bpf.OpMayGoto: {bpf.OpMayGoto, ClassJump, 0, false, false, Supported, 0},
	bpf.OpCall:    {bpf.OpCall, ClassCall, 0, false, false, Supported, 1},
	bpf.OpCallx:   {bpf.OpCallx, ClassCall, 0, false, false, Supported, 1},
	bpf.OpExit:    {bpf.OpExit, ClassExit, 0, false, false, Supported, 1},

	bpf.OpLdImm:    {bpf.OpLdImm, ClassLdImm, 8, true, false, Supported, 1},
	bpf.OpLdAbs:    {bpf.OpLdAbs, ClassPacket, narrow, true, false, Supported, 1},
	bpf.OpLdInd:    {bpf.OpLdInd, ClassPacket, narrow, false, true, Supported, 1},
	bpf.OpLoad:     {bpf.OpLoad, ClassLoad, all, false, true, Supported, 1},
	bpf.OpLoadsx:   {bpf.OpLoadsx, ClassLoad, narrow, false, true, Supported, 4},
	bpf.OpStore:    {bpf.OpStore, ClassStore, all, true, true, Supported, 1},
	bpf.OpAtomAdd:  {bpf.OpAtomAdd, ClassAtomic, words, false, true, Supported, 1},
	bpf.OpAtomOr:   {bpf.OpAtomOr, ClassAtomic, words, false, true, Supported, 3},
	bpf.OpAtomAnd:  {bpf.OpAtomAnd, ClassAtomic, words, false, true, Supported, 3},
	bpf.OpAtomXor:  {bpf.OpAtomXor, ClassAtomic, words, false, true, Supported, 3},
	bpf.OpFetchAdd: {bpf.OpFetchAdd, ClassAtomic, words, false, true, Supported, 3},
	bpf.OpFetchOr:  {bpf.OpFetchOr, ClassAtomic, words, false, true, Supported, 3},
	bpf.OpFetchAnd: {bpf.OpFetchAnd, ClassAtomic, words, false, true, Supported, 3},
	bpf.OpFetchXor: {bpf.OpFetchXor, ClassAtomic, words, false, true, Supported, 3},
	bpf.OpXchg:     {bpf.OpXchg, ClassAtomic, words, false, true, Supported, 3},
	bpf.OpCmpxchg:  {bpf.OpCmpxchg, ClassAtomic, words, false, true, Supported, 3},
	bpf.OpLoadAcq:  {bpf.OpLoadAcq, ClassLoad, all, false, true, Supported, 0},
	bpf.OpStoreRel: {bpf.OpStoreRel, ClassStore, all, false, true, Supported, 0},
}

// OpOf returns the row of an operation. The row of a number that is no
// operation is empty and unsupported.
func OpOf(op bpf.Op) Op {
	if int(op) >= len(ops) {
		return Op{}
	}
	return ops[op]
}

// loadKinds is indexed by bpf.Kind: how far wide loads of a kind are done.
var loadKinds = [...]Status{
	bpf.KindConst:    Supported,
	bpf.KindHelper:   Unsupported, // a kind of calls
	bpf.KindLocal:    Unsupported,
	bpf.KindKfunc:    Unsupported,
	bpf.KindMapFD:    Unsupported,
	bpf.KindMap:      Supported,
	bpf.KindMapValue: Supported,
	bpf.KindMapFDVal: Unsupported,
	bpf.KindBTFID:    Unsupported,
	bpf.KindFunc:     Supported,
}

// LoadKind returns the status of wide loads (bpf.OpLdImm) of a kind.
func LoadKind(k bpf.Kind) Status {
	if int(k) >= len(loadKinds) {
		return Unsupported
	}
	return loadKinds[k]
}
