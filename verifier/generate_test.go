package verifier_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// operandKind is what a generated operand is when its instruction runs.
type operandKind uint8

const (
	ofNumber operandKind = iota
	ofUninit
	ofContext
	ofStack
	ofPacket
	ofEnd
	ofValue    // of a map, found
	ofMaybe    // of a map, may be NULL
	ofMap      // the map itself
	ofConstant // the immediate
	numOperandKinds
)

var operandNames = [numOperandKinds]string{
	"number", "uninit", "context", "stack", "packet", "end", "value", "value or NULL", "map", "immediate",
}

// feature is an operation on operands of some kinds: what a generated program
// is about. src is not used by operations with one operand.
type feature struct {
	op       bpf.Op
	width    uint8
	from     uint8 // Movsx
	dst, src operandKind
}

func (f feature) String() string {
	return fmt.Sprintf("%v%d %s, %s", f.op, f.width, operandNames[f.dst], operandNames[f.src])
}

// features are all operations with operands of all kinds.
func features() (l []feature) {
	each := func(op bpf.Op, widths []uint8, dsts, srcs []operandKind) {
		for _, w := range widths {
			for _, d := range dsts {
				for _, s := range srcs {
					l = append(l, feature{op: op, width: w, dst: d, src: s})
				}
			}
		}
	}
	regs := []operandKind{ofNumber, ofUninit, ofContext, ofStack, ofPacket, ofEnd, ofValue, ofMaybe, ofMap}
	both := append(regs[:len(regs):len(regs)], ofConstant)
	one := []operandKind{ofConstant}
	for op := bpf.OpAdd; op <= bpf.OpArsh; op++ {
		each(op, []uint8{4, 8}, regs, both)
	}
	for op := bpf.OpJeq; op <= bpf.OpJset; op++ {
		each(op, []uint8{4, 8}, regs, both)
	}
	each(bpf.OpNeg, []uint8{4, 8}, regs, one)
	each(bpf.OpMov, []uint8{4, 8}, []operandKind{ofNumber}, both)
	for _, from := range []uint8{1, 2, 4} {
		for _, s := range regs {
			l = append(l, feature{bpf.OpMovsx, 8, from, ofNumber, s})
			if from < 4 {
				l = append(l, feature{bpf.OpMovsx, 4, from, ofNumber, s})
			}
		}
	}
	for _, op := range []bpf.Op{bpf.OpToLE, bpf.OpToBE, bpf.OpBswap} {
		each(op, []uint8{2, 4, 8}, regs, one)
	}
	each(bpf.OpLoad, []uint8{1, 2, 4, 8}, []operandKind{ofNumber}, regs)
	each(bpf.OpLoadsx, []uint8{1, 2, 4}, []operandKind{ofNumber}, regs)
	each(bpf.OpLoadAcq, []uint8{1, 2, 4, 8}, []operandKind{ofNumber}, regs)
	each(bpf.OpStore, []uint8{1, 2, 4, 8}, regs, both)
	each(bpf.OpStoreRel, []uint8{1, 2, 4, 8}, regs, regs)
	for op := bpf.OpAtomAdd; op <= bpf.OpCmpxchg; op++ {
		each(op, []uint8{4, 8}, regs, regs)
	}
	return l
}

// builder writes a program.
type builder struct {
	r     *rand.Rand
	insns []bpf.Instruction
	seen  map[feature]int
	all   []feature
	next  int // feature that comes next
}

func newBuilder(seed uint64) *builder {
	b := &builder{r: rand.New(rand.NewPCG(seed, 31)), seen: map[feature]int{}, all: features()}
	b.r.Shuffle(len(b.all), func(i, j int) { b.all[i], b.all[j] = b.all[j], b.all[i] })
	return b
}

func (b *builder) emit(i bpf.Instruction) { b.insns = append(b.insns, i) }

func (b *builder) set(dst bpf.Reg, imm int64) {
	b.emit(bpf.Instruction{Op: bpf.OpMov, Width: 8, Dst: dst, Src: bpf.RegImm, Imm: imm})
}

func (b *builder) alu(op bpf.Op, dst, src bpf.Reg, imm int64) {
	b.emit(bpf.Instruction{Op: op, Width: 8, Dst: dst, Src: src, Imm: imm})
}

func (b *builder) load(w uint8, dst, src bpf.Reg, off int32) {
	b.emit(bpf.Instruction{Op: bpf.OpLoad, Width: w, Dst: dst, Src: src, Off: off})
}

func (b *builder) store(w uint8, dst bpf.Reg, off int32, src bpf.Reg, imm int64) {
	if src != bpf.RegImm {
		imm = 0
	}
	b.emit(bpf.Instruction{Op: bpf.OpStore, Width: w, Dst: dst, Src: src, Off: off, Imm: imm})
}

func (b *builder) mapOf(dst bpf.Reg, m int64) {
	b.emit(bpf.Instruction{Op: bpf.OpLdImm, Width: 8, Kind: bpf.KindMap, Dst: dst, Src: bpf.RegImm, Imm: m})
	b.emit(bpf.Instruction{})
}

func (b *builder) call(name string) {
	id := table.HelperByName(bpf.Linux, name).ID
	b.emit(bpf.Instruction{Op: bpf.OpCall, Src: bpf.RegImm, Kind: bpf.KindHelper, Imm: int64(id)})
}

// array is the index of the map "array" of testMaps: values of 48 bytes.
const array = 1

func (b *builder) lookup() {
	b.store(4, bpf.R10, -4, bpf.RegImm, int64(b.r.IntN(6)))
	b.alu(bpf.OpMov, bpf.R2, bpf.R10, 0)
	b.alu(bpf.OpAdd, bpf.R2, bpf.RegImm, -4)
	b.mapOf(bpf.R1, array)
	b.call("map_lookup_elem")
}

// Places of the generated programs: r6 context, r7 packet with 20 bytes
// proven, r8 a value, r9 a number, r10-64 the packet's end, r10-72 a value or
// NULL, r10-32 to r10-8 numbers.
func (b *builder) begin() (exits []int) {
	b.insns = b.insns[:0]
	b.set(bpf.R0, 0)
	b.alu(bpf.OpMov, bpf.R6, bpf.R1, 0)
	b.load(4, bpf.R7, bpf.R1, 0)
	b.load(4, bpf.R3, bpf.R1, 4)
	b.store(8, bpf.R10, -64, bpf.R3, 0)
	b.alu(bpf.OpMov, bpf.R2, bpf.R7, 0)
	b.alu(bpf.OpAdd, bpf.R2, bpf.RegImm, 20)
	exits = append(exits, b.jump(bpf.OpJgt, bpf.R2, bpf.R3, 0))
	b.lookup()
	exits = append(exits, b.jump(bpf.OpJeq, bpf.R0, bpf.RegImm, 0))
	b.alu(bpf.OpMov, bpf.R8, bpf.R0, 0)
	b.lookup()
	b.store(8, bpf.R10, -72, bpf.R0, 0)
	b.load(8, bpf.R9, bpf.R8, 0)
	for off := int32(-32); off < 0; off += 8 {
		b.store(8, bpf.R10, off, []bpf.Reg{bpf.R9, bpf.RegImm}[b.r.IntN(2)], int64(b.r.IntN(3)))
	}
	return exits
}

// jump emits a jump whose target is filled in later.
func (b *builder) jump(op bpf.Op, dst, src bpf.Reg, imm int64) int {
	b.emit(bpf.Instruction{Op: op, Width: 8, Dst: dst, Src: src, Imm: imm})
	return len(b.insns) - 1
}

func (b *builder) land(at int) { b.insns[at].Off = int32(len(b.insns) - at - 1) }

// small are immediates that matter.
func (b *builder) small() int64 {
	switch b.r.IntN(5) {
	case 0:
		return []int64{0, 1, -1, 7, 8, 15, 31, 32, 47, 48, 63, 64, 255, 1<<31 - 1, -1 << 31, 0xffff}[b.r.IntN(16)]
	case 1:
		return int64(int32(b.r.Uint32()))
	}
	return int64(b.r.IntN(64))
}

// operand puts a value of a kind into a register.
func (b *builder) operand(k operandKind, r bpf.Reg) {
	switch k {
	case ofNumber:
		b.number(r)
	case ofUninit: // r1 to r5 are not written after a call
		if b.r.IntN(8) == 0 {
			b.call("ktime_get_ns")
		}
	case ofContext:
		b.alu(bpf.OpMov, r, bpf.R6, 0)
	case ofStack:
		b.alu(bpf.OpMov, r, bpf.R10, 0)
		b.alu(bpf.OpAdd, r, bpf.RegImm, -8*int64(1+b.r.IntN(4)))
	case ofPacket:
		b.alu(bpf.OpMov, r, bpf.R7, 0)
	case ofEnd:
		b.load(8, r, bpf.R10, -64)
	case ofValue:
		b.alu(bpf.OpMov, r, bpf.R8, 0)
	case ofMaybe:
		b.load(8, r, bpf.R10, -72)
	case ofMap:
		b.mapOf(r, array)
	}
}

// number puts a number into a register: constant, bounded or unknown.
func (b *builder) number(r bpf.Reg) {
	switch b.r.IntN(6) {
	case 0:
		b.set(r, b.small())
	case 1:
		b.emit(bpf.Instruction{Op: bpf.OpLdImm, Width: 8, Dst: r, Src: bpf.RegImm, Imm: int64(b.r.Uint64()) >> b.r.UintN(64)})
		b.emit(bpf.Instruction{})
	case 2:
		b.load(1, r, bpf.R7, int32(b.r.IntN(20)))
	case 3:
		b.alu(bpf.OpMov, r, bpf.R9, 0)
	default:
		b.alu(bpf.OpMov, r, bpf.R9, 0)
		op := []bpf.Op{bpf.OpAnd, bpf.OpMod, bpf.OpRsh, bpf.OpArsh}[b.r.IntN(4)]
		b.emit(bpf.Instruction{Op: op, Width: []uint8{4, 8}[b.r.IntN(2)], Dst: r, Src: bpf.RegImm, Imm: int64(1 + b.r.IntN(31))})
	}
}

// use does something with the result in r1 that depends on what it is.
func (b *builder) use() {
	switch b.r.IntN(7) {
	case 0:
		b.store(8, bpf.R10, -40, bpf.R1, 0)
		b.load(8, bpf.R4, bpf.R10, -40)
	case 1:
		b.load([]uint8{1, 2, 4, 8}[b.r.IntN(4)], bpf.R4, bpf.R1, int32(b.r.IntN(24)))
	case 2: // an index of the value, tested
		at := b.jump([]bpf.Op{bpf.OpJgt, bpf.OpJge, bpf.OpJsgt}[b.r.IntN(3)], bpf.R1, bpf.RegImm, int64(40+b.r.IntN(9)))
		b.alu(bpf.OpMov, bpf.R4, bpf.R8, 0)
		b.alu(bpf.OpAdd, bpf.R4, bpf.R1, 0)
		b.load(1, bpf.R4, bpf.R4, int32(b.r.IntN(4)))
		b.land(at)
	case 3: // an index, not tested
		b.alu(bpf.OpMov, bpf.R4, bpf.R8, 0)
		b.alu(bpf.OpAdd, bpf.R4, bpf.R1, 0)
		b.load(1, bpf.R4, bpf.R4, 0)
	case 4:
		b.alu(bpf.OpMov, bpf.R4, bpf.R7, 0)
		b.alu(bpf.OpAdd, bpf.R4, bpf.R1, 0)
		b.load(8, bpf.R3, bpf.R10, -64)
		b.alu(bpf.OpMov, bpf.R5, bpf.R4, 0)
		b.alu(bpf.OpAdd, bpf.R5, bpf.RegImm, 4)
		at := b.jump([]bpf.Op{bpf.OpJgt, bpf.OpJge}[b.r.IntN(2)], bpf.R5, bpf.R3, 0)
		b.load(4, bpf.R4, bpf.R4, 0)
		b.land(at)
	}
}

// about emits the instruction of a feature.
func (b *builder) about(f feature) {
	dst, src := bpf.R1, bpf.R2
	if b.r.IntN(16) == 0 {
		src = bpf.R1
	}
	switch f.op {
	case bpf.OpLoad, bpf.OpLoadsx, bpf.OpLoadAcq, bpf.OpMovsx, bpf.OpMov:
	default:
		b.operand(f.dst, dst)
	}
	i := bpf.Instruction{Op: f.op, Width: f.width, From: f.from, Dst: dst, Src: src}
	switch {
	case f.src == ofConstant && f.op >= bpf.OpNeg && f.op != bpf.OpMov && f.op < bpf.OpJa:
		i.Src = bpf.RegImm
	case f.src == ofConstant:
		i.Src, i.Imm = bpf.RegImm, b.small()
	default:
		b.operand(f.src, src)
	}
	if f.op == bpf.OpCmpxchg {
		b.number(bpf.R0)
	}
	if f.op >= bpf.OpLoad {
		i.Off = int32(b.r.IntN(5)) * int32(f.width)
		if b.r.IntN(4) == 0 {
			i.Off = int32(b.r.IntN(60)) - 12
		}
		if f.dst == ofStack && f.op != bpf.OpLoad || f.src == ofStack && i.Off > 0 {
			i.Off = -i.Off
		}
	}
	b.emit(i)
	b.seen[f]++
	if !i.Conditional() {
		b.use()
		return
	}
	at := len(b.insns) - 1
	b.use()
	b.land(at)
	if b.r.IntN(2) == 0 { // both edges matter
		b.use()
	}
}

// program makes the next program: one feature that was not there for longest
// and a few others.
func (b *builder) program() (*frontend.Object, *frontend.Program) {
	exits := b.begin()
	for range 1 + b.r.IntN(3) {
		if b.r.IntN(2) == 0 {
			b.about(b.tame())
		}
	}
	b.about(b.all[b.next%len(b.all)])
	b.next++
	if b.r.IntN(3) == 0 {
		b.about(b.tame())
	}
	for _, at := range exits {
		b.land(at)
	}
	b.set(bpf.R0, int64(b.r.IntN(5)))
	b.emit(bpf.Instruction{Op: bpf.OpExit, Src: bpf.RegImm})
	p := &frontend.Program{Name: "main", Section: "xdp", Hook: table.HookByName(bpf.Linux, "xdp"), Insns: append([]bpf.Instruction(nil), b.insns...)}
	p.Funcs = []frontend.Func{{Name: "main", End: len(p.Insns)}}
	p.Lines = make([]frontend.Line, len(p.Insns))
	obj := &frontend.Object{Name: "generated.o", License: "GPL", Programs: []*frontend.Program{p}, Maps: testMaps}
	return obj, p
}

// tame is a feature on numbers.
func (b *builder) tame() feature {
	for {
		f := b.all[b.r.IntN(len(b.all))]
		if f.dst == ofNumber && (f.src == ofNumber || f.src == ofConstant) && f.op < bpf.OpLoad {
			return f
		}
	}
}
