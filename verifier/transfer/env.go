package transfer

import (
	"encoding/binary"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// Env is what does not change while a program is verified.
type Env struct {
	Insns    []bpf.Instruction
	Funcs    []frontend.Func
	Maps     []*frontend.Map
	Hook     *table.Hook
	Platform bpf.Platform
	// BigEndian programs run on big-endian machines.
	BigEndian bool
	// Fold reads frozen data with its values; each use is noted.
	Fold bool
	// Strict refuses reads of stack bytes that were never written and
	// pointers that are stored where others can read them.
	Strict bool

	// FuncAt is, by slot, 1 + the index of the function that starts there.
	FuncAt []int32
}

// NewEnv prepares a program.
func NewEnv(obj *frontend.Object, p *frontend.Program) *Env {
	e := &Env{Insns: p.Insns, Funcs: p.Funcs, Maps: obj.Maps, Hook: p.Hook, Platform: obj.Platform, BigEndian: obj.BigEndian}
	e.FuncAt = make([]int32, len(p.Insns))
	for i, f := range p.Funcs {
		if f.Start >= 0 && f.Start < len(p.Insns) {
			e.FuncAt[f.Start] = int32(i) + 1
		}
	}
	return e
}

// order is the byte order of numbers in memory.
func (e *Env) order() binary.ByteOrder {
	if e.BigEndian {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// valueSize is the size of map m's values as a program sees them, in bytes.
func (e *Env) valueSize(m int32) int64 { return int64(e.Maps[m].ValueSize) }

// readOnly reports whether programs may not write values of map m.
func (e *Env) readOnly(m int32) bool {
	return e.Maps[m].Frozen || e.Maps[m].Flags&bpf.FlagRdonlyProg != 0
}
