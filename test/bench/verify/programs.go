package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/frontend/elf"
)

// program is one row: generated, or an object of testdata.
type program struct {
	name   string
	family string // rows of which the growth is printed, "" for none
	make   func() *frontend.Object
	file   string // below testdata
}

// programs are the rows in their order.
func programs() []program {
	var l []program
	for _, n := range []int{1_400, 14_000, 140_000} {
		l = append(l, program{name: fmt.Sprintf("map walk, %d turns", n), family: "map walk", make: func() *frontend.Object { return mapWalk(n) }})
	}
	for _, n := range []int{1_600, 16_000, 160_000} {
		l = append(l, program{name: fmt.Sprintf("stack table, %d turns", n), family: "stack table", make: func() *frontend.Object { return stackTable(n) }})
	}
	for _, n := range []int{450, 4_500, 45_000} {
		l = append(l, program{name: fmt.Sprintf("%d straight-line instructions", n), family: "straight line", make: func() *frontend.Object { return straight(n) }})
	}
	for _, n := range []int{30, 100, 300} {
		l = append(l, program{name: fmt.Sprintf("%d correlated branches", n), family: "correlated", make: func() *frontend.Object { return correlated(n) }})
	}
	l = append(l,
		program{name: "300 branches", make: func() *frontend.Object { return branches(300) }},
		program{name: "100 calls of one function", make: func() *frontend.Object { return calls(100) }},
	)
	for _, f := range []string{"styles/big_balancer.o", "styles/balancer.o", "styles/filter.o", "styles/parser.o", "styles/container.o", "styles/tracer.o", "styles/features.o"} {
		l = append(l, program{name: f, file: f})
	}
	return l
}

// object reads or makes the row's object; root is the folder of the
// repository.
func (p program) object(root string) (*frontend.Object, error) {
	if p.make != nil {
		return p.make(), nil
	}
	b, err := os.ReadFile(filepath.Join(root, "testdata", p.file))
	if err != nil {
		return nil, err
	}
	return elf.Load(b, filepath.Base(p.file), elf.Options{Assume: true})
}

// mapWalk sums bytes of a map value at an index that the sum gives: seven
// instructions a turn.
func mapWalk(turns int) *frontend.Object {
	b := newBuilder()
	head := b.label()
	b.lookup()
	b.opReg(bpf.OpMov, bpf.R2, bpf.R0)
	b.set(bpf.R0, 0)
	b.set(bpf.R5, 0)
	b.at(head)
	b.opReg(bpf.OpMov, bpf.R4, bpf.R0)
	b.op(bpf.OpAnd, bpf.R4, 63)
	b.opReg(bpf.OpAdd, bpf.R4, bpf.R2)
	b.load(1, bpf.R6, bpf.R4, 0)
	b.opReg(bpf.OpAdd, bpf.R0, bpf.R6)
	b.op(bpf.OpAdd, bpf.R5, 1)
	b.jump(bpf.OpJlt, bpf.R5, int64(turns), head)
	b.set(bpf.R0, 2)
	b.exit()
	return b.object()
}

// stackTable counts what it reads in 16 cells of the stack by a masked index:
// six instructions a turn, and much that the states know.
func stackTable(turns int) *frontend.Object {
	b := newBuilder()
	head := b.label()
	b.set(bpf.R5, 0)
	for i := range 16 {
		b.store(8, bpf.R10, int32(-8*(i+1)), bpf.R5)
	}
	b.load(4, bpf.R6, bpf.R1, 16)
	b.set(bpf.R0, 0)
	b.at(head)
	b.load(8, bpf.R2, bpf.R10, -64)
	b.opReg(bpf.OpXor, bpf.R6, bpf.R2)
	b.opReg(bpf.OpAdd, bpf.R6, bpf.R5)
	b.store(8, bpf.R10, -64, bpf.R6)
	b.op(bpf.OpAdd, bpf.R5, 1)
	b.jump(bpf.OpJlt, bpf.R5, int64(turns), head)
	b.set(bpf.R0, 2)
	b.exit()
	return b.object()
}

// straight has no branch but spills.
func straight(insns int) *frontend.Object {
	b := newBuilder()
	b.set(bpf.R0, 0)
	b.load(4, bpf.R2, bpf.R1, 16)
	for i := range insns / 3 {
		b.opReg(bpf.OpAdd, bpf.R0, bpf.R2)
		b.op(bpf.OpXor, bpf.R0, int64(i))
		b.store(8, bpf.R10, int32(-8-i%20*8), bpf.R0)
	}
	b.set(bpf.R0, 2)
	b.exit()
	return b.object()
}

// branches add numbers or do not, by fields of a map value.
func branches(n int) *frontend.Object {
	b := newBuilder()
	b.lookup()
	b.opReg(bpf.OpMov, bpf.R6, bpf.R0)
	b.set(bpf.R0, 0)
	for i := range n {
		skip := b.label()
		b.load(8, bpf.R1, bpf.R6, int32(i%8*8))
		b.jump(bpf.OpJgt, bpf.R1, int64(i*7), skip)
		b.op(bpf.OpAdd, bpf.R0, int64(i))
		b.at(skip)
	}
	b.exit()
	return b.object()
}

// correlated asks each condition twice: whether a pointer is set, and later
// whether it may be used.
func correlated(n int) *frontend.Object {
	b := newBuilder()
	b.lookup()
	b.opReg(bpf.OpMov, bpf.R6, bpf.R0)
	b.set(bpf.R7, 0)
	for i := range n {
		unset, unused := b.label(), b.label()
		b.load(8, bpf.R1, bpf.R6, int32(i%8*8))
		b.set(bpf.R8, 0)
		b.jump(bpf.OpJgt, bpf.R1, int64(i), unset)
		b.opReg(bpf.OpMov, bpf.R8, bpf.R6)
		b.at(unset)
		b.opReg(bpf.OpAdd, bpf.R7, bpf.R1)
		b.jump(bpf.OpJgt, bpf.R1, int64(i), unused)
		b.load(8, bpf.R2, bpf.R8, 8)
		b.opReg(bpf.OpXor, bpf.R7, bpf.R2)
		b.at(unused)
	}
	b.set(bpf.R0, 2)
	b.exit()
	return b.object()
}

// calls calls a function with a loop of ten turns.
func calls(n int) *frontend.Object {
	b := newBuilder()
	f := b.label()
	b.opReg(bpf.OpMov, bpf.R6, bpf.R1)
	for i := range n {
		b.opReg(bpf.OpMov, bpf.R1, bpf.R6)
		b.set(bpf.R2, int64(i))
		b.call(f)
	}
	b.exit()
	b.function("f", f)
	head := b.label()
	b.load(4, bpf.R1, bpf.R1, 16)
	b.set(bpf.R0, 0)
	b.set(bpf.R3, 0)
	b.at(head)
	b.opReg(bpf.OpAdd, bpf.R0, bpf.R1)
	b.opReg(bpf.OpXor, bpf.R0, bpf.R2)
	b.op(bpf.OpAdd, bpf.R3, 1)
	b.jump(bpf.OpJlt, bpf.R3, 10, head)
	b.exit()
	return b.object()
}
