// Package canon names programs by their instructions. It takes decoded
// instructions and gives a hash; it refuses what bpf.Encode refuses. It is not
// part of package bpf because SHA-256 would add half a megabyte to every binary
// that links rtlib.
package canon

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// Hash is the key of a program: SHA-256 over its instructions, little endian,
// after CO-RE relocation, with what differs between two loads of the same
// object taken out: file descriptors and indices of maps (and whether it was a
// descriptor or an index), function and variable numbers in wide loads are 0.
// The offset into a map value counts, it chooses the variable. An instruction
// that bpf.Encode refuses is an error.
func Hash(insns []bpf.Instruction) ([32]byte, error) {
	canonical := make([]bpf.Instruction, len(insns))
	for pc, i := range insns {
		if i.Op == bpf.OpLdImm && i.Kind != bpf.KindConst {
			i.Imm = 0
			switch i.Kind {
			case bpf.KindMapFD:
				i.Kind = bpf.KindMap
			case bpf.KindMapFDVal:
				i.Kind = bpf.KindMapValue
			}
		}
		canonical[pc] = i
	}
	raw, err := bpf.Encode(canonical, binary.LittleEndian)
	if err != nil {
		return [32]byte{}, err
	}
	return sha256.Sum256(raw), nil
}
