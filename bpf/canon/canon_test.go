package canon

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

func TestHash(t *testing.T) {
	load := func(kind bpf.Kind, imm int64, off int32) []bpf.Instruction {
		return []bpf.Instruction{
			{Op: bpf.OpLdImm, Width: 8, Kind: kind, Dst: bpf.R1, Src: bpf.RegImm, Imm: imm, Off: off},
			{}, {Op: bpf.OpExit, Src: bpf.RegImm},
		}
	}
	hash := func(insns []bpf.Instruction) [32]byte {
		h, err := Hash(insns)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	base := hash(load(bpf.KindMap, 0, 0))
	if hash(load(bpf.KindMap, 7, 0)) != base || hash(load(bpf.KindMapFD, 33, 0)) != base {
		t.Error("the hash depends on the number of a map")
	}
	if hash(load(bpf.KindMapValue, 0, 8)) == hash(load(bpf.KindMapValue, 0, 16)) {
		t.Error("the hash does not depend on the variable in a data section")
	}
	if hash(load(bpf.KindConst, 1, 0)) == hash(load(bpf.KindConst, 2, 0)) {
		t.Error("the hash does not depend on a constant")
	}
	if _, err := Hash([]bpf.Instruction{{Op: bpf.OpExit, Off: 3}}); err == nil {
		t.Error("an instruction with a reserved field has a hash")
	}
}
