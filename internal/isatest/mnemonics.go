package isatest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// mnemonic is how a line is assembled: a template and what the operands set.
type mnemonic struct {
	insn     bpf.Instruction
	operands int
	fill     func(a *assembler, i *bpf.Instruction, operands []string) error
}

// mnemonics are all instructions of the suite's assembler by name; "lock" and
// "lock fetch" are part of it.
var mnemonics = allMnemonics()

// binary and conditional operations have a 32-bit form with "32" at the end.
var (
	binaryOps = map[string]bpf.Op{
		"add": bpf.OpAdd, "sub": bpf.OpSub, "mul": bpf.OpMul, "div": bpf.OpDiv, "sdiv": bpf.OpSdiv, "mod": bpf.OpMod,
		"smod": bpf.OpSmod, "or": bpf.OpOr, "and": bpf.OpAnd, "xor": bpf.OpXor, "lsh": bpf.OpLsh, "rsh": bpf.OpRsh,
		"arsh": bpf.OpArsh, "mov": bpf.OpMov,
	}
	conditions = map[string]bpf.Op{
		"jeq": bpf.OpJeq, "jne": bpf.OpJne, "jgt": bpf.OpJgt, "jge": bpf.OpJge, "jlt": bpf.OpJlt, "jle": bpf.OpJle,
		"jsgt": bpf.OpJsgt, "jsge": bpf.OpJsge, "jslt": bpf.OpJslt, "jsle": bpf.OpJsle, "jset": bpf.OpJset,
	}
	atomics = map[string]bpf.Op{
		"lock add": bpf.OpAtomAdd, "lock or": bpf.OpAtomOr, "lock and": bpf.OpAtomAnd, "lock xor": bpf.OpAtomXor,
		"lock fetch add": bpf.OpFetchAdd, "lock fetch or": bpf.OpFetchOr, "lock fetch and": bpf.OpFetchAnd,
		"lock fetch xor": bpf.OpFetchXor, "lock xchg": bpf.OpXchg, "lock cmpxchg": bpf.OpCmpxchg,
	}
	swaps = map[string]bpf.Op{"le": bpf.OpToLE, "be": bpf.OpToBE, "swap": bpf.OpBswap, "bswap": bpf.OpBswap}
	sizes = map[string]uint8{"b": 1, "h": 2, "w": 4, "dw": 8}
)

func allMnemonics() map[string]mnemonic {
	all := map[string]mnemonic{
		"exit":  {bpf.Instruction{Op: bpf.OpExit, Src: bpf.RegImm}, 0, fillNothing},
		"call":  {bpf.Instruction{Op: bpf.OpCall, Src: bpf.RegImm}, 1, fillCall},
		"lddw":  {bpf.Instruction{Op: bpf.OpLdImm, Width: 8, Src: bpf.RegImm}, 2, fillWide},
		"ja":    {bpf.Instruction{Op: bpf.OpJa, Width: 8, Src: bpf.RegImm}, 1, fillJa},
		"ja32":  {bpf.Instruction{Op: bpf.OpJa, Width: 4, Src: bpf.RegImm}, 1, fillJa},
		"neg":   {bpf.Instruction{Op: bpf.OpNeg, Width: 8, Src: bpf.RegImm}, 1, fillUnary},
		"neg32": {bpf.Instruction{Op: bpf.OpNeg, Width: 4, Src: bpf.RegImm}, 1, fillUnary},

		"gotol":    {bpf.Instruction{Op: bpf.OpJa, Width: 4, Src: bpf.RegImm}, 1, fillJa},
		"may_goto": {bpf.Instruction{Op: bpf.OpMayGoto, Src: bpf.RegImm}, 1, fillJa},
		"callx":    {bpf.Instruction{Op: bpf.OpCallx, Src: bpf.RegImm}, 1, fillUnary},
	}
	pair := func(name string, op bpf.Op, operands int, fill func(*assembler, *bpf.Instruction, []string) error) {
		all[name] = mnemonic{bpf.Instruction{Op: op, Width: 8}, operands, fill}
		all[name+"32"] = mnemonic{bpf.Instruction{Op: op, Width: 4}, operands, fill}
	}
	for name, op := range binaryOps {
		pair(name, op, 2, fillBinary)
	}
	for name, op := range conditions {
		pair(name, op, 3, fillCondition)
	}
	for name, op := range atomics {
		pair(name, op, 2, fillStore)
	}
	for name, op := range swaps {
		for _, width := range []uint8{2, 4, 8} {
			all[fmt.Sprintf("%s%d", name, 8*width)] = mnemonic{bpf.Instruction{Op: op, Width: width, Src: bpf.RegImm}, 1, fillUnary}
		}
	}
	for _, from := range []uint8{1, 2, 4} {
		for _, to := range []uint8{4, 8} {
			if from < to {
				all[fmt.Sprintf("movsx%d%d", 8*from, 8*to)] = mnemonic{bpf.Instruction{Op: bpf.OpMovsx, Width: to, From: from}, 2, fillBinary}
			}
		}
	}
	for suffix, width := range sizes {
		all["ldx"+suffix] = mnemonic{bpf.Instruction{Op: bpf.OpLoad, Width: width}, 2, fillLoad}
		all["stx"+suffix] = mnemonic{bpf.Instruction{Op: bpf.OpStore, Width: width}, 2, fillStore}
		all["st"+suffix] = mnemonic{bpf.Instruction{Op: bpf.OpStore, Width: width}, 2, fillStore}
		all["ldacq"+suffix] = mnemonic{bpf.Instruction{Op: bpf.OpLoadAcq, Width: width}, 2, fillLoad}
		all["strel"+suffix] = mnemonic{bpf.Instruction{Op: bpf.OpStoreRel, Width: width}, 2, fillStore}
		if width < 8 {
			all["ldabs"+suffix] = mnemonic{bpf.Instruction{Op: bpf.OpLdAbs, Width: width, Src: bpf.RegImm}, 1, fillAbs}
			all["ldind"+suffix] = mnemonic{bpf.Instruction{Op: bpf.OpLdInd, Width: width}, 2, fillInd}
			all["ldxs"+suffix] = mnemonic{bpf.Instruction{Op: bpf.OpLoadsx, Width: width}, 2, fillLoad}
		}
	}
	return all
}

func fillNothing(*assembler, *bpf.Instruction, []string) error { return nil }

func fillUnary(_ *assembler, i *bpf.Instruction, o []string) (err error) {
	i.Dst, err = register(o[0])
	return err
}

func fillBinary(_ *assembler, i *bpf.Instruction, o []string) (err error) {
	if i.Dst, err = register(o[0]); err != nil {
		return err
	}
	return operand(i, o[1])
}

func fillCondition(a *assembler, i *bpf.Instruction, o []string) error {
	if err := fillBinary(a, i, o); err != nil {
		return err
	}
	return a.target(i, o[2])
}

func fillJa(a *assembler, i *bpf.Instruction, o []string) error { return a.target(i, o[0]) }

// fillWide is a number, "map name", "value name+8" or "func label".
func fillWide(a *assembler, i *bpf.Instruction, o []string) (err error) {
	if i.Dst, err = register(o[0]); err != nil {
		return err
	}
	kind, name, named := strings.Cut(o[1], " ")
	switch name = strings.TrimSpace(name); {
	case named && kind == "map":
		i.Kind = bpf.KindMap
		i.Imm, err = a.mapIndex(name)
	case named && kind == "value":
		i.Kind = bpf.KindMapValue
		name, off, _ := strings.Cut(name, "+")
		if off != "" {
			var n int64
			if n, err = integer(off); err != nil {
				return err
			}
			i.Off = int32(n)
		}
		i.Imm, err = a.mapIndex(name)
	case named && kind == "func":
		i.Kind = bpf.KindFunc
		a.jumps = append(a.jumps, jump{len(a.insns), name})
	default:
		i.Imm, err = integer(o[1])
	}
	return err
}

func (a *assembler) mapIndex(name string) (int64, error) {
	for k, m := range a.maps {
		if m.Name == name {
			return int64(k), nil
		}
	}
	return 0, fmt.Errorf("there is no map %q", name)
}

func fillAbs(_ *assembler, i *bpf.Instruction, o []string) (err error) {
	i.Imm, err = immediate(o[0])
	return err
}

func fillInd(_ *assembler, i *bpf.Instruction, o []string) (err error) {
	if i.Src, err = register(o[0]); err != nil {
		return err
	}
	i.Imm, err = immediate(o[1])
	return err
}

func fillLoad(_ *assembler, i *bpf.Instruction, o []string) (err error) {
	if i.Dst, err = register(o[0]); err != nil {
		return err
	}
	i.Src, i.Off, err = memory(o[1])
	return err
}

func fillStore(_ *assembler, i *bpf.Instruction, o []string) (err error) {
	if i.Dst, i.Off, err = memory(o[0]); err != nil {
		return err
	}
	return operand(i, o[1])
}

// fillCall is "call 5", "call map_lookup_elem", "call memset" (a kernel
// function), "call %r2" or "call local label".
func fillCall(a *assembler, i *bpf.Instruction, o []string) (err error) {
	label, local := strings.CutPrefix(o[0], "local ")
	switch {
	case local:
		i.Kind = bpf.KindLocal
		a.jumps = append(a.jumps, jump{len(a.insns), strings.TrimSpace(label)})
	case strings.HasPrefix(o[0], "%"):
		i.Op = bpf.OpCallx
		i.Dst, err = register(o[0])
	case table.HelperByName(a.platform, o[0]) != nil:
		i.Kind, i.Imm = bpf.KindHelper, int64(table.HelperByName(a.platform, o[0]).ID)
	case table.KfuncByName(o[0]) != nil:
		i.Kind, i.Imm = bpf.KindKfunc, int64(slices.Index(a.kfuncs, o[0]))
		if i.Imm < 0 {
			i.Imm = int64(len(a.kfuncs))
			a.kfuncs = append(a.kfuncs, o[0])
		}
	default:
		i.Kind = bpf.KindHelper
		i.Imm, err = immediate(o[0])
	}
	return err
}
