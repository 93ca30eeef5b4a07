package codegen

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/backend"
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/ir"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

// The hand-made input of most tests: one program "length" of a memory hook,
// which returns add2(length of its memory).
//
//	20  length:  r0 = data_end - data
//	21           r0 = add2(r0)
//	30  add2:    r0 = r1 + 2

func insns(list ...bpf.Instruction) []bpf.Instruction { return list }

// lengthSource is the program as the frontend gives it.
func lengthSource() *frontend.Program {
	line := func(n int, text string) frontend.Line {
		return frontend.Line{Pos: bpf.Pos{File: "/home/user/length.bpf.c", Line: n, Col: 2}, Text: text}
	}
	l20, l21, l30 := line(20, "long n = data_end - data;"), line(21, "return add2(n);"), line(30, "return n + 2; /* \"RET\" */")
	return &frontend.Program{
		Name: "length", Section: "raw",
		Hook: &table.Hook{Name: "raw", Memory: true, AnyRet: true, Go: "Raw", Fields: []table.Field{
			{Name: "data", Size: 8, Kind: table.FieldData}, {Name: "data_end", Off: 8, Size: 8, Kind: table.FieldDataEnd}}},
		Insns: insns(
			bpf.Instruction{Op: bpf.OpMov, Width: 8, Dst: bpf.R1, Src: bpf.R2},
			bpf.Instruction{Op: bpf.OpCall, Kind: bpf.KindLocal, Imm: 1},
			bpf.Instruction{Op: bpf.OpExit},
			bpf.Instruction{Op: bpf.OpMov, Width: 8, Dst: bpf.R0, Src: bpf.R1},
			bpf.Instruction{Op: bpf.OpAdd, Width: 8, Dst: bpf.R0, Src: bpf.RegImm, Imm: 2},
			bpf.Instruction{Op: bpf.OpExit}),
		Funcs: []frontend.Func{{Name: "length", End: 3}, {Name: "add2", Start: 3, End: 6}},
		Lines: []frontend.Line{l20, l21, l21, l30, l30, l30},
	}
}

// lengthIR is its IR.
func lengthIR(source *frontend.Program, object *frontend.Object) *ir.Program {
	add2 := &ir.Func{Name: "add2", NumArgs: 1, NumIDs: 4}
	b := &ir.Block{PC: 3, Kind: ir.BlockRet}
	arg := &ir.Value{ID: 1, Op: ir.OpArg, PC: 3, Block: b}
	two := &ir.Value{ID: 2, Op: ir.OpConst, Imm: 2, PC: 4, Block: b}
	sum := &ir.Value{ID: 3, Op: ir.OpAdd64, Args: []*ir.Value{arg, two}, PC: 4, Block: b}
	b.Values, b.Ctl, add2.Blocks = []*ir.Value{arg, two, sum}, sum, []*ir.Block{b}

	entry := &ir.Func{Name: "length", Entry: true, NumIDs: 5}
	e := &ir.Block{Kind: ir.BlockRet}
	data := &ir.Value{ID: 1, Op: ir.OpCtxLoad, Imm: 0, Block: e}
	end := &ir.Value{ID: 2, Op: ir.OpCtxLoad, Imm: 1, Block: e}
	n := &ir.Value{ID: 3, Op: ir.OpSub64, Args: []*ir.Value{end, data}, Block: e}
	call := &ir.Value{ID: 4, Op: ir.OpCallFunc, Fn: add2, Imm: 512, Args: []*ir.Value{n}, PC: 1, Block: e}
	e.Values, e.Ctl, entry.Blocks = []*ir.Value{data, end, n, call}, call, []*ir.Block{e}
	return &ir.Program{Name: "length", Funcs: []*ir.Func{entry, add2}, Source: source, Object: object, Hook: source.Hook}
}

// machine lays out instructions of words or bytes as a target would.
func machine(fn *backend.FuncCode, insts ...backend.Inst) backend.FuncCode {
	for i := range insts {
		insts[i].Off = len(fn.Bytes)
		if insts[i].Text == "call add2" {
			fn.Calls = append(fn.Calls, backend.Call{Off: insts[i].Off, Size: insts[i].Len, Sym: "add2", Local: true})
			fn.Bytes = append(fn.Bytes, make([]byte, insts[i].Len)...)
			continue
		}
		var word [8]byte
		var n, value int
		if _, err := fmt.Sscanf(insts[i].Text, "%d:%x", &n, &value); err != nil {
			panic(err)
		}
		binary.LittleEndian.PutUint64(word[:], uint64(value))
		insts[i].Len = n
		fn.Bytes = append(fn.Bytes, word[:n]...)
	}
	fn.Insts = insts
	return *fn
}

// lengthCode is its machine code; an instruction's text is its length and its
// bytes as a little-endian number.
func lengthCode() map[string]*backend.Code {
	amd64 := &backend.Target{Name: "amd64", Load: "MOVQ", Store: "MOVQ", FrameReg: "R12", BaseReg: "R13",
		ArgRegs: [5]string{"BX", "CX", "DX", "SI", "DI"}, Result: "AX", CallSize: 5, Word: 1}
	arm64 := &backend.Target{Name: "arm64", Load: "MOVD", Store: "MOVD", FrameReg: "R19", BaseReg: "R20",
		ArgRegs: [5]string{"R1", "R2", "R3", "R4", "R5"}, Result: "R0", CallSize: 4, Word: 4}
	return map[string]*backend.Code{
		"amd64": {Target: amd64, Funcs: []backend.FuncCode{
			machine(&backend.FuncCode{Name: "length", FrameSize: 32, Entry: true},
				backend.Inst{Text: "5:2024448b49", PC: 0},
				backend.Inst{Text: "5:1824442b49", PC: 0},
				backend.Inst{Text: "4:2424894c", PC: 1},
				backend.Inst{Text: "8:00000580248c8d49", PC: 1},
				backend.Inst{Text: "5:08244c8948", PC: -1},
				backend.Inst{Text: "5:1024448948", PC: 1},
				backend.Inst{Text: "call add2", Len: 5, PC: 1},
				backend.Inst{Text: "5:1824448b48", PC: 2}),
			machine(&backend.FuncCode{Name: "add2", NumArgs: 1}, backend.Inst{Text: "4:02438d48", PC: 4})}},
		"arm64": {Target: arm64, Funcs: []backend.FuncCode{
			machine(&backend.FuncCode{Name: "length", FrameSize: 48, Entry: true},
				backend.Inst{Text: "4:f9401260", PC: 0},
				backend.Inst{Text: "4:f9400e61", PC: 0},
				backend.Inst{Text: "4:cb010000", PC: 0},
				backend.Inst{Text: "4:f90007f3", PC: 1},
				backend.Inst{Text: "4:91160261", PC: 1},
				backend.Inst{Text: "4:f9000be1", PC: -1},
				backend.Inst{Text: "4:f9000fe0", PC: 1},
				backend.Inst{Text: "call add2", Len: 4, PC: 1},
				backend.Inst{Text: "4:f94013e0", PC: 2}),
			machine(&backend.FuncCode{Name: "add2", NumArgs: 1}, backend.Inst{Text: "4:91000820", PC: 4})}},
	}
}

// lengthInput is the whole Input, with one of every kind of thing in it.
func lengthInput(t *testing.T) Input {
	t.Helper()
	u32 := &frontend.Type{Kind: frontend.KindInt, Name: "__u32", Size: 4}
	u64 := &frontend.Type{Kind: frontend.KindInt, Name: "__u64", Size: 8}
	char := &frontend.Type{Kind: frontend.KindInt, Name: "char", Size: 1, Signed: true}
	state := &frontend.Type{Kind: frontend.KindEnum, Name: "state", Size: 4, Enums: []frontend.Enum{{Name: "STATE_NEW"}, {Name: "STATE_OLD", Value: 7}}}
	rule := &frontend.Type{Kind: frontend.KindStruct, Name: "rule", Size: 40, Members: []frontend.Member{
		{Name: "id", Type: u32},
		{Name: "hits", Off: 8, Type: u64},
		{Name: "name", Off: 16, Type: &frontend.Type{Kind: frontend.KindArray, Size: 7, Len: 7, Elem: char}},
		{Name: "low", Off: 23, Type: char, BitSize: 3},
		{Off: 24, Type: &frontend.Type{Kind: frontend.KindUnion, Size: 8, Members: []frontend.Member{{Name: "port", Type: u32}, {Name: "cookie", Type: u64}}}},
		{Name: "state", Off: 32, Type: state},
	}}
	packed := &frontend.Type{Kind: frontend.KindStruct, Name: "packed_key", Size: 5, Members: []frontend.Member{
		{Name: "proto", Type: char}, {Name: "addr", Off: 1, Type: u32}}}
	object := &frontend.Object{
		Name: "length.o", License: "Apache-2.0",
		Maps: []*frontend.Map{
			{Name: "rules", Type: bpf.MapHash, KeySize: 4, ValueSize: 40, MaxEntries: 100, Key: u32, Value: rule},
			{Name: "seen_keys", Type: bpf.MapHash, KeySize: 5, ValueSize: 8, MaxEntries: 8, Key: packed, Value: u64},
			{Name: ".rodata", Type: bpf.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 1, Data: []byte{1, 2, 3, 4, 0, 0, 0, 0xff}, Frozen: true},
		},
		Globals: []*frontend.Global{{Name: "limit", Map: 2, Size: 4, Const: true, Type: u32}, {Name: "mode", Map: 2, Off: 4, Size: 4, Const: true, Type: state}},
		Types:   []*frontend.Type{rule, state, packed},
	}
	source := lengthSource()
	object.Programs = []*frontend.Program{source}
	facts := &verifier.Facts{Relied: []verifier.Reliance{{Map: 0, MinEntries: 10}, {Map: 2, Frozen: true, Off: 0, Len: 4}}}
	return Input{
		Package: "length", Ident: "length", Stem: "length_bpfel", Version: "v0.1", Object: object,
		Programs: []Program{{Source: source, IR: lengthIR(source, object), Facts: facts, Code: lengthCode()}},
	}
}
