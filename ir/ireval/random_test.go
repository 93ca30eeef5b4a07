package ireval_test

import (
	"fmt"
	"math/rand"
	"testing"
	"time"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/internal/interp"
	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// generator makes random programs of the raw hook that the verifier accepts:
// arithmetic on r0 to r7, forward branches, a counted loop, the stack, the
// memory, an array and a hash map. r9 is the memory, r8 the loop's counter.
type generator struct {
	r     *rand.Rand
	insns []bpf.Instruction
	funcs []frontend.Func
	calls []int // slots of calls of the subprogram
}

const (
	genMemory = 64 // bytes that are there
	genStack  = 48 // bytes of stack in use, written before anything else
)

var aluChoice = []bpf.Op{bpf.OpAdd, bpf.OpSub, bpf.OpMul, bpf.OpDiv, bpf.OpSdiv, bpf.OpMod, bpf.OpSmod, bpf.OpOr, bpf.OpAnd,
	bpf.OpXor, bpf.OpLsh, bpf.OpRsh, bpf.OpArsh, bpf.OpMov}

var jumpChoice = []bpf.Op{bpf.OpJeq, bpf.OpJne, bpf.OpJgt, bpf.OpJge, bpf.OpJlt, bpf.OpJle, bpf.OpJsgt, bpf.OpJsge, bpf.OpJslt, bpf.OpJsle, bpf.OpJset}

var atomChoice = []bpf.Op{bpf.OpAtomAdd, bpf.OpAtomOr, bpf.OpAtomAnd, bpf.OpAtomXor, bpf.OpFetchAdd, bpf.OpFetchOr,
	bpf.OpFetchAnd, bpf.OpFetchXor, bpf.OpXchg, bpf.OpCmpxchg}

func choice[T any](r *rand.Rand, xs []T) T { return xs[r.Intn(len(xs))] }

func (g *generator) add(i bpf.Instruction) { g.insns = append(g.insns, i) }

func (g *generator) reg() bpf.Reg { return bpf.Reg(g.r.Intn(8)) }

func (g *generator) width() uint8 { return choice(g.r, []uint8{4, 8}) }

func (g *generator) imm() int64 {
	switch g.r.Intn(5) {
	case 0:
		return int64(int32(1) << g.r.Intn(32))
	case 1:
		return int64(g.r.Intn(12)) - 3
	case 2:
		return choice(g.r, []int64{0xff, 0xffff, 8, 16, 24, 32, 48, 56, 7, 10, 1000, 0x7fffffff, -1})
	}
	return int64(int32(g.r.Uint32()))
}

func (g *generator) operand(i *bpf.Instruction) {
	i.Src = g.reg()
	if g.r.Intn(2) == 0 {
		i.Src, i.Imm = bpf.RegImm, g.imm()
	}
}

// program makes n instructions and what has to stand around them.
func (g *generator) program(n int) []bpf.Instruction {
	g.add(bpf.Instruction{Op: bpf.OpJge, Width: 8, Dst: bpf.R2, Src: bpf.RegImm, Imm: genMemory, Off: 2})
	g.add(bpf.Instruction{Op: bpf.OpMov, Width: 8, Dst: bpf.R0, Src: bpf.RegImm})
	g.add(bpf.Instruction{Op: bpf.OpExit})
	g.add(bpf.Instruction{Op: bpf.OpMov, Width: 8, Dst: bpf.R9, Src: bpf.R1})
	for r := bpf.R0; r < bpf.R8; r++ {
		g.load(r)
	}
	for off := int32(-genStack); off < 0; off += 8 {
		g.add(bpf.Instruction{Op: bpf.OpStore, Width: 8, Dst: bpf.R10, Src: g.reg(), Off: off})
	}
	g.body(n / 3)
	if g.r.Intn(2) == 0 {
		g.loop(5 + g.r.Intn(10))
	}
	g.call()
	g.body(n / 3)
	g.maps()
	g.call()
	g.body(n / 3)
	g.end()
	g.funcs = []frontend.Func{{Name: "random", End: len(g.insns)}}
	if len(g.calls) > 0 {
		g.subprogram()
	}
	return g.insns
}

// call calls the subprogram, which may be inlined or not, with the memory, a
// number and a place on the stack that it writes.
func (g *generator) call() {
	if g.r.Intn(2) == 0 {
		return
	}
	g.add(bpf.Instruction{Op: bpf.OpMov, Width: 8, Dst: bpf.R2, Src: g.reg()})
	g.add(bpf.Instruction{Op: bpf.OpMov, Width: 8, Dst: bpf.R1, Src: bpf.R9})
	g.add(bpf.Instruction{Op: bpf.OpMov, Width: 8, Dst: bpf.R3, Src: bpf.R10})
	g.add(bpf.Instruction{Op: bpf.OpAdd, Width: 8, Dst: bpf.R3, Src: bpf.RegImm, Imm: -24})
	g.calls = append(g.calls, len(g.insns))
	g.add(bpf.Instruction{Op: bpf.OpCall, Kind: bpf.KindLocal, Src: bpf.RegImm})
	for r := bpf.R1; r <= bpf.R5; r++ {
		g.load(r)
	}
}

// subprogram appends a function behind the program and resolves its calls.
func (g *generator) subprogram() {
	start := len(g.insns)
	for _, pc := range g.calls {
		g.insns[pc].Imm = int64(start - pc - 1)
	}
	g.add(bpf.Instruction{Op: bpf.OpStore, Width: 8, Dst: bpf.R3, Src: bpf.R2, Off: 8})
	g.add(bpf.Instruction{Op: bpf.OpMov, Width: 8, Dst: bpf.R9, Src: bpf.R1})
	for _, r := range []bpf.Reg{bpf.R0, bpf.R1, bpf.R3, bpf.R4, bpf.R5, bpf.R6, bpf.R7} {
		g.load(r)
	}
	for off := int32(-genStack); off < 0; off += 8 {
		g.add(bpf.Instruction{Op: bpf.OpStore, Width: 8, Dst: bpf.R10, Src: g.reg(), Off: off})
	}
	g.body(10 + g.r.Intn(40))
	g.end()
	g.funcs = append(g.funcs, frontend.Func{Name: "sub", Start: start, End: len(g.insns)})
}

// end mixes all registers into r0 and returns.
func (g *generator) end() {
	for r := bpf.R1; r < bpf.R8; r++ {
		g.add(bpf.Instruction{Op: choice(g.r, []bpf.Op{bpf.OpAdd, bpf.OpXor}), Width: 8, Dst: bpf.R0, Src: r})
		g.add(bpf.Instruction{Op: bpf.OpMul, Width: 8, Dst: bpf.R0, Src: bpf.RegImm, Imm: 0x01000193})
	}
	g.add(bpf.Instruction{Op: bpf.OpExit})
}

// body makes n instructions; jumps in it stay in it.
func (g *generator) body(n int) {
	end := len(g.insns) + n
	for len(g.insns) < end {
		left := end - len(g.insns)
		switch g.r.Intn(16) {
		case 0, 1:
			i := bpf.Instruction{Op: choice(g.r, jumpChoice), Width: g.width(), Dst: g.reg()}
			g.operand(&i)
			i.Off = int32(g.r.Intn(min(left, 9)))
			g.add(i)
		case 2, 3:
			g.load(g.reg())
		case 4:
			g.access(bpf.OpStore, bpf.R9, genMemory)
		case 5:
			g.access(bpf.OpStore, bpf.R10, genStack)
		case 6, 7:
			g.access(bpf.OpLoad, bpf.R10, genStack)
		case 8:
			w := g.width()
			off := -int32(8 * (1 + g.r.Intn(genStack/8)))
			switch g.r.Intn(6) {
			case 0:
				g.add(bpf.Instruction{Op: bpf.OpLoadAcq, Width: w, Dst: g.reg(), Src: bpf.R10, Off: off})
			case 1:
				g.add(bpf.Instruction{Op: bpf.OpStoreRel, Width: w, Dst: bpf.R10, Src: g.reg(), Off: off})
			default:
				g.add(bpf.Instruction{Op: choice(g.r, atomChoice), Width: w, Dst: bpf.R10, Src: g.reg(), Off: off})
			}
		case 9:
			g.unary()
		case 10:
			g.idiom(left)
		default:
			i := bpf.Instruction{Op: choice(g.r, aluChoice), Width: g.width(), Dst: g.reg()}
			g.operand(&i)
			g.add(i)
		}
	}
}

func (g *generator) load(dst bpf.Reg) {
	w := choice(g.r, []uint8{1, 2, 4, 8})
	i := bpf.Instruction{Op: bpf.OpLoad, Width: w, Dst: dst, Src: bpf.R9, Off: int32(g.r.Intn(genMemory - 7))}
	if w < 8 && g.r.Intn(4) == 0 {
		i.Op = bpf.OpLoadsx
	}
	g.add(i)
}

// access is a load or store at a constant place below r10 or above r9.
func (g *generator) access(op bpf.Op, base bpf.Reg, size int) {
	w := int(choice(g.r, []uint8{1, 2, 4, 8}))
	off := g.r.Intn(size/w) * w
	if base == bpf.R10 {
		off -= size
	}
	i := bpf.Instruction{Op: op, Width: uint8(w), Dst: g.reg(), Src: base, Off: int32(off)}
	if op == bpf.OpStore {
		i.Dst = base
		g.operand(&i)
	}
	g.add(i)
}

func (g *generator) unary() {
	d := g.reg()
	switch g.r.Intn(4) {
	case 0:
		g.add(bpf.Instruction{Op: bpf.OpNeg, Width: g.width(), Dst: d})
	case 1:
		g.add(bpf.Instruction{Op: choice(g.r, []bpf.Op{bpf.OpToLE, bpf.OpToBE, bpf.OpBswap}), Width: choice(g.r, []uint8{2, 4, 8}), Dst: d})
	case 2:
		g.add(bpf.Instruction{Op: bpf.OpMovsx, Width: 8, From: choice(g.r, []uint8{1, 2, 4}), Dst: d, Src: g.reg()})
	default:
		g.add(bpf.Instruction{Op: bpf.OpMovsx, Width: 4, From: choice(g.r, []uint8{1, 2}), Dst: d, Src: g.reg()})
	}
}

// idiom makes what compilers emit: bytes put together, rotations, masks by
// shifts.
func (g *generator) idiom(left int) {
	if left < 9 {
		return
	}
	a, b := bpf.Reg(g.r.Intn(4)), bpf.Reg(4+g.r.Intn(4))
	alu := func(op bpf.Op, w uint8, dst, src bpf.Reg, imm int64) {
		g.add(bpf.Instruction{Op: op, Width: w, Dst: dst, Src: src, Imm: imm})
	}
	switch g.r.Intn(3) {
	case 0: // 2 to 3 bytes in either order
		off, step := int32(8+g.r.Intn(40)), int32(1-2*g.r.Intn(2))
		g.add(bpf.Instruction{Op: bpf.OpLoad, Width: 1, Dst: a, Src: bpf.R9, Off: off})
		for k := range 1 + g.r.Intn(2) {
			g.add(bpf.Instruction{Op: bpf.OpLoad, Width: 1, Dst: b, Src: bpf.R9, Off: off + step*int32(k+1)})
			alu(bpf.OpLsh, 8, b, bpf.RegImm, int64(8*(k+1)))
			alu(choice(g.r, []bpf.Op{bpf.OpOr, bpf.OpAdd, bpf.OpXor}), 8, a, b, 0)
		}
	case 1:
		w := g.width()
		n := int64(1 + g.r.Intn(int(w)*8-1))
		alu(bpf.OpMov, w, b, a, 0)
		alu(bpf.OpLsh, w, a, bpf.RegImm, n)
		alu(bpf.OpRsh, w, b, bpf.RegImm, int64(w)*8-n)
		alu(bpf.OpOr, w, a, b, 0)
	default:
		n := choice(g.r, []int64{32, 48, 56, 40})
		alu(bpf.OpLsh, 8, a, bpf.RegImm, n)
		alu(choice(g.r, []bpf.Op{bpf.OpRsh, bpf.OpArsh}), 8, a, bpf.RegImm, n)
	}
}

func (g *generator) loop(n int) {
	g.add(bpf.Instruction{Op: bpf.OpMov, Width: 8, Dst: bpf.R8, Src: bpf.RegImm, Imm: int64(1 + g.r.Intn(5))})
	start := len(g.insns)
	g.body(n)
	g.add(bpf.Instruction{Op: bpf.OpSub, Width: 8, Dst: bpf.R8, Src: bpf.RegImm, Imm: 1})
	g.add(bpf.Instruction{Op: bpf.OpJne, Width: 8, Dst: bpf.R8, Src: bpf.RegImm, Off: int32(start - len(g.insns) - 1)})
}

// maps looks an element of the array up, changes the hash map and reads it.
func (g *generator) maps() {
	mapArg := func(m int64, key int64) {
		g.add(bpf.Instruction{Op: bpf.OpLdImm, Width: 8, Kind: bpf.KindMap, Dst: bpf.R1, Src: bpf.RegImm, Imm: m})
		g.add(bpf.Instruction{})
		g.add(bpf.Instruction{Op: bpf.OpMov, Width: 8, Dst: bpf.R2, Src: bpf.R10})
		g.add(bpf.Instruction{Op: bpf.OpAdd, Width: 8, Dst: bpf.R2, Src: bpf.RegImm, Imm: key})
	}
	call := func(id int64) {
		g.add(bpf.Instruction{Op: bpf.OpCall, Kind: bpf.KindHelper, Src: bpf.RegImm, Imm: id})
	}
	if g.r.Intn(2) == 0 {
		g.add(bpf.Instruction{Op: bpf.OpStore, Width: 4, Dst: bpf.R10, Src: bpf.RegImm, Off: -8, Imm: int64(g.r.Intn(6))})
	} else {
		g.add(bpf.Instruction{Op: bpf.OpAnd, Width: 8, Dst: bpf.R6, Src: bpf.RegImm, Imm: 7})
		g.add(bpf.Instruction{Op: bpf.OpStore, Width: 4, Dst: bpf.R10, Src: bpf.R6, Off: -8})
	}
	mapArg(0, -8)
	call(1)
	g.add(bpf.Instruction{Op: bpf.OpJeq, Width: 8, Dst: bpf.R0, Src: bpf.RegImm, Off: 2})
	g.add(bpf.Instruction{Op: bpf.OpAtomAdd, Width: 8, Dst: bpf.R0, Src: bpf.R7})
	g.add(bpf.Instruction{Op: bpf.OpLoad, Width: 8, Dst: bpf.R7, Src: bpf.R0})
	mapArg(1, -16)
	g.add(bpf.Instruction{Op: bpf.OpMov, Width: 8, Dst: bpf.R3, Src: bpf.R10})
	g.add(bpf.Instruction{Op: bpf.OpAdd, Width: 8, Dst: bpf.R3, Src: bpf.RegImm, Imm: -32})
	g.add(bpf.Instruction{Op: bpf.OpMov, Width: 8, Dst: bpf.R4, Src: bpf.RegImm})
	call(2)
	mapArg(1, -16)
	call(1)
	g.add(bpf.Instruction{Op: bpf.OpJeq, Width: 8, Dst: bpf.R0, Src: bpf.RegImm, Off: 1})
	g.add(bpf.Instruction{Op: bpf.OpLoad, Width: 4, Dst: bpf.R6, Src: bpf.R0, Off: 4})
	for r := bpf.R0; r <= bpf.R5; r++ {
		g.load(r)
	}
}

func randomObject(seed int64, n int) *frontend.Object {
	g := &generator{r: rand.New(rand.NewSource(seed))}
	insns := g.program(n)
	return &frontend.Object{
		Name: "random", License: "GPL",
		Maps: []*frontend.Map{
			{Name: "array", Type: bpf.MapArray, KeySize: 4, ValueSize: 12, MaxEntries: 5},
			{Name: "hash", Type: bpf.MapHash, KeySize: 8, ValueSize: 16, MaxEntries: 4},
		},
		Programs: []*frontend.Program{{
			Name: "random", Section: "raw", Hook: table.HookByName(bpf.Linux, "raw"), Insns: insns,
			Funcs: g.funcs, Lines: make([]frontend.Line, len(insns)),
		}},
	}
}

// TestRandom compares every stage of random programs with the interpreter:
// result, memory and maps.
func TestRandom(t *testing.T) {
	count := 150
	if testing.Short() {
		count = 20
	}
	accepted := 0
	for seed := range int64(count) {
		obj := randomObject(seed, 20+int(seed%80))
		prog := obj.Programs[0]
		if _, err := verifier.Verify(obj, prog, verifier.Options{}); err != nil {
			t.Logf("seed %d: %v", seed, err)
			continue
		}
		accepted++
		t.Run(fmt.Sprint(seed), func(t *testing.T) { compareRandom(t, obj, seed) })
	}
	if accepted < count*9/10 {
		t.Errorf("only %d of %d programs were accepted", accepted, count)
	}
}

func compareRandom(t *testing.T, obj *frontend.Object, seed int64) {
	prog := obj.Programs[0]
	r := rand.New(rand.NewSource(seed))
	machine, err := interp.New(obj, interp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	type run struct {
		in, out []byte
		r0      uint64
	}
	var runs []run
	for range 12 {
		in := make([]byte, genMemory+r.Intn(8))
		r.Read(in)
		for k := range in {
			if r.Intn(3) == 0 {
				in[k] = choice(r, []byte{0, 1, 0xff, 0x80})
			}
		}
		out := append([]byte(nil), in...)
		res, err := machine.Run(prog, interp.Input{Data: out})
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, run{in, out, res.R0})
	}
	stages(t, obj, prog, func(stage string, p *ir.Program) {
		w := newWorld(obj)
		for _, x := range runs {
			data := append([]byte(nil), x.in...)
			got, err := w.run(p, data)
			if err != nil || got != x.r0 || string(data) != string(x.out) {
				t.Fatalf("behind %s: on %x: got %#x, %v, %x, want %#x, %x\n%s", stage, x.in, got, err, data, x.r0, x.out, ir.Print(p))
			}
		}
		if err := w.sameMaps(t, machine); err != nil {
			t.Fatalf("behind %s: %v\n%s", stage, err, ir.Print(p))
		}
	})
}

// TestSpeed optimises a program of ten thousand instructions.
func TestSpeed(t *testing.T) {
	obj := randomObject(4, 10000)
	prog := obj.Programs[0]
	facts := trusting(obj, prog)
	start := time.Now()
	p, err := ir.Build(obj, prog, facts)
	if err != nil {
		t.Fatal(err)
	}
	built := time.Since(start)
	last := time.Now()
	ir.Trace(p, func(f *ir.Func, pass string, _ bool) {
		t.Logf("%-10s %6.1f ms, %d ids", pass, float64(time.Since(last).Microseconds())/1000, f.NumIDs)
		last = time.Now()
	})
	took := time.Since(start)
	t.Logf("%d instructions: built in %v, optimised in %v", len(prog.Insns), built, took-built)
	if took > 10*time.Second {
		t.Errorf("took %v", took)
	}
	if err := ir.CheckProgram(p); err != nil {
		t.Error(err)
	}
}
