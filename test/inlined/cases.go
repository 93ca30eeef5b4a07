// Package inlined has programs about what the compiler translates in place:
// legacy packet loads, numeric iterators and the functions of string.h. The IR
// at every stage and all engines are compared with the interpreter on them.
package inlined

import (
	"fmt"
	"math/rand/v2"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/internal/isatest"
)

// Case is a raw program about one thing, as assembly and as an object.
type Case struct {
	Name, Text string
	Object     *frontend.Object
}

// Cases assembles the programs. Every call gives new objects.
func Cases() ([]Case, error) {
	all := append(append(packetLoads(), iterators()...), stringFunctions()...)
	for i := range all {
		obj, err := Object(all[i].Text, array())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", all[i].Name, err)
		}
		all[i].Object = obj
	}
	return all, nil
}

// Object assembles a raw program; maps can be named in it.
func Object(text string, maps ...*frontend.Map) (*frontend.Object, error) {
	prog, err := isatest.AssembleProgram(text, maps)
	if err != nil {
		return nil, err
	}
	prog.Name, prog.Section, prog.Hook, prog.ErrSlot = "main", "raw", table.HookByName(bpf.Linux, "raw"), -1
	return &frontend.Object{Name: "test", License: "GPL", Maps: maps, Programs: []*frontend.Program{prog}}, nil
}

// array is the map of the programs.
func array() *frontend.Map {
	return &frontend.Map{Name: "array", Type: bpf.MapArray, KeySize: 4, ValueSize: 80, MaxEntries: 1,
		Data: []byte("The quick brown fox jumps over the lazy dog, again and again, until the dog gets up...")[:80]}
}

// Inputs are memories of many lengths.
func Inputs() [][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	all := [][]byte{nil}
	for n := range 40 {
		b := make([]byte, n+1)
		for i := range b {
			b[i] = byte(r.Uint32() >> r.UintN(32))
		}
		all = append(all, b)
	}
	return all
}

// packetLoads: inside, across the end, before the start; indices whose sum
// with the offset wraps; in a function, inlined or not.
func packetLoads() []Case {
	cases := []Case{
		{Name: "byte", Text: "mov %r6, %r1\nldabsb 7\nexit"},
		{Name: "half", Text: "mov %r6, %r1\nldabsh 7\nexit"},
		{Name: "word", Text: "mov %r6, %r1\nldabsw 7\nexit"},
		{Name: "first", Text: "mov %r6, %r1\nldabsw 0\nexit"},
		{Name: "negative", Text: "mov %r6, %r1\nldabsb -1\nmov %r0, 9\nexit"},
		{Name: "far", Text: "mov %r6, %r1\nldabsw 0x7fffffff\nexit"},
		{Name: "length as index", Text: "mov %r6, %r1\nmov %r7, %r2\nldindb %r7, -1\nexit"},
		{Name: "length as index, half", Text: "mov %r6, %r1\nmov %r7, %r2\nldindh %r7, -2\nexit"},
		{Name: "length as index, word", Text: "mov %r6, %r1\nmov %r7, %r2\nldindw %r7, -3\nexit"},
		{Name: "sum wraps to a positive one", Text: "mov %r6, %r1\nlddw %r7, 0x12345fffffffe\nldindw %r7, 5\nexit"},
		{Name: "sum wraps to a negative one", Text: "mov %r6, %r1\nmov %r7, 0x7fffffff\nldindb %r7, 1\nexit"},
		{Name: "largest sum", Text: "mov %r6, %r1\nmov %r7, 0x7ffffff0\nldindw %r7, 15\nexit"},
		{Name: "byte as index", Text: "mov %r6, %r1\nldabsb 0\nmov %r7, %r0\nldindw %r7, 1\nmov %r8, %r0\nldabsh 2\nlsh %r8, 16\nor %r0, %r8\nexit"},
		{Name: "behind a store", Text: "mov %r0, 0\nmov %r6, %r1\njlt %r2, 4, out\nstb [%r6+2], 0x55\nldabsw 0\nout:\nexit"},
		{Name: "inlined function", Text: "call local f\nadd %r0, 7\nexit\nf:\nmov %r6, %r1\nldabsw 3\nadd %r0, 1\nexit"},
		{Name: "function", Text: "mov %r6, %r1\ncall local f\nmov %r7, %r0\nmov %r1, %r6\ncall local f\nadd %r0, %r7\nexit\nf:\nmov %r6, %r1\nldabsw 3\n.rep 45 add %r0, 3\nexit"},
	}
	return named("packet load: ", cases)
}

// named puts a word in front of the names.
func named(group string, cases []Case) []Case {
	for i := range cases {
		cases[i].Name = group + cases[i].Name
	}
	return cases
}
