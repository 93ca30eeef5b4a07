package bpf

import (
	"crypto/sha256"
	"encoding/binary"
)

// CanonicalHash is the key of a program: SHA-256 over its instructions, little
// endian, after CO-RE relocation, with what differs between two loads of the
// same object taken out: file descriptors and indices of maps (and whether it
// was a descriptor or an index), function and variable numbers in wide loads
// are 0. The offset into a map value counts, it chooses the variable.
// An instruction that Encode refuses is an error.
func CanonicalHash(insns []Instruction) ([32]byte, error) {
	canonical := make([]Instruction, len(insns))
	for pc, i := range insns {
		if i.Op == OpLdImm && i.Kind != KindConst {
			i.Imm = 0
			switch i.Kind {
			case KindMapFD:
				i.Kind = KindMap
			case KindMapFDVal:
				i.Kind = KindMapValue
			}
		}
		canonical[pc] = i
	}
	raw, err := Encode(canonical, binary.LittleEndian)
	if err != nil {
		return [32]byte{}, err
	}
	return sha256.Sum256(raw), nil
}
