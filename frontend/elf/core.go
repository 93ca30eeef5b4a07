package elf

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/cilium/ebpf/btf"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// adapt applies the CO-RE relocations of f to its instructions. Without BTF to
// relocate against there is nothing to do: compilers write the values of their
// own types into the instructions.
func (l *loader) adapt(f *function, insns []bpf.Instruction) error {
	if l.kernel == nil {
		return nil
	}
	_, _, all := l.ext.Section(f.section.Name)
	var relos []*btf.CORERelocation
	var slots []int
	first := f.off / slotSize
	for _, r := range all {
		if at := uint64(r.Offset); at >= first && at < first+uint64(len(insns)) {
			relos, slots = append(relos, r.Relo), append(slots, int(at-first))
		}
	}
	if len(relos) == 0 {
		return nil
	}
	fixups, err := l.fixups(relos)
	if err != nil {
		// One at a time tells which it is, and may do better: candidates
		// need not agree on relocations of other instructions.
		fixups = nil
		for i, r := range relos {
			one, err := l.fixups([]*btf.CORERelocation{r})
			if err != nil {
				return &bpf.InsnError{Slot: slots[i], Field: "CO-RE relocation", Reason: err.Error()}
			}
			fixups = append(fixups, one...)
		}
	}
	for i := range fixups {
		if err := apply(&fixups[i], insns, slots[i]); err != nil {
			return fmt.Errorf("instruction %d: %w", slots[i], err)
		}
	}
	return nil
}

// fixups computes what relocations change.
func (l *loader) fixups(relos []*btf.CORERelocation) ([]btf.COREFixup, error) {
	return btf.CORERelocate(relos, []*btf.Spec{l.kernel}, l.order, l.local.TypeID)
}

// apply writes the new value into an instruction, or makes it a poisoned one.
// The package's own Apply works on Linux only and on another type; what a
// fixup is can be read from its text, "byte_off=8->16" or "byte_off=poison".
func apply(fix *btf.COREFixup, insns []bpf.Instruction, slot int) error {
	ins := &insns[slot]
	_, text, _ := strings.Cut(fix.String(), "=")
	if text == "poison" {
		if ins.Wide() {
			insns[slot+1] = poison
		}
		*ins = poison
		return nil
	}
	_, text, _ = strings.Cut(text, "->")
	value, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return fmt.Errorf("CO-RE relocation %q is not understood", fix.String())
	}
	switch {
	case ins.Op == bpf.OpLdImm:
		ins.Imm = int64(value)
	case ins.Op == bpf.OpLoad || ins.Op == bpf.OpLoadsx || ins.Op == bpf.OpStore:
		if value > 1<<15-1 {
			return fmt.Errorf("the field is at byte %d, which no access can reach", value)
		}
		ins.Off = int32(value)
	case ins.Op < bpf.OpJa && ins.Op != bpf.OpInvalid && ins.Src == bpf.RegImm:
		if value > 1<<31-1 {
			return fmt.Errorf("the value %d is too large for an immediate", value)
		}
		ins.Imm = int64(value)
	default:
		return fmt.Errorf("malformed object: CO-RE relocation of %s", ins)
	}
	return nil
}

// poison is a call that no verifier accepts where a path leads to it.
var poison = bpf.Instruction{Op: bpf.OpCall, Kind: bpf.KindHelper, Src: bpf.RegImm, Imm: frontend.PoisonCall}
