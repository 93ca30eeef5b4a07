package transfer

import (
	"encoding/binary"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
)

// Env is what does not change while a program is verified.
type Env struct {
	Insns    []bpf.Instruction
	Funcs    []frontend.Func
	Maps     []*frontend.Map
	Hook     *table.Hook
	Kfuncs   []string        // functions outside of the object: what KindKfunc calls
	Ksyms    []frontend.Ksym // symbols of the kernel whose address is taken: what KindBTFID loads
	Platform bpf.Platform
	// BigEndian programs run on big-endian machines.
	BigEndian bool
	// Fold reads frozen data with its values; each use is noted.
	Fold bool
	// Strict refuses reads of stack bytes that were never written and
	// pointers that are stored where others can read them.
	Strict bool
	// Metered: the run time ends runs that are too long, so loops need no
	// bound. Step then also keeps what a comparison proves of a constant index,
	// which unrolled loops do not need.
	Metered bool
	// GPL: the object's license is compatible with the GPL. Sleepable: the
	// program's section says that it may sleep.
	GPL, Sleepable bool
	// RetMin and RetMax bound the program's results, AnyRet when nothing does.
	RetMin, RetMax uint32
	AnyRet         bool

	// FuncAt is, by slot, 1 + the index of the function that starts there.
	FuncAt []int32
	// moves says, by function, that it or one below it may move the packet.
	moves []bool
}

// NewEnv prepares a program.
func NewEnv(obj *frontend.Object, p *frontend.Program) *Env {
	e := &Env{Insns: p.Insns, Funcs: p.Funcs, Maps: obj.Maps, Hook: p.Hook, Kfuncs: p.Kfuncs, Ksyms: p.Ksyms, Platform: obj.Platform, BigEndian: obj.BigEndian}
	e.GPL, e.Sleepable = compatible(obj.License), sleeps(p.Section)
	if e.Hook != nil {
		e.RetMin, e.RetMax, e.AnyRet = e.Hook.Returns(p.Section)
	}
	e.FuncAt = make([]int32, len(p.Insns))
	for i, f := range p.Funcs {
		if f.Start >= 0 && f.Start < len(p.Insns) {
			e.FuncAt[f.Start] = int32(i) + 1
		}
	}
	e.moves = make([]bool, len(p.Funcs))
	for changed := true; changed; {
		changed = false
		for i := range p.Funcs {
			if !e.moves[i] && e.moving(&p.Funcs[i]) {
				e.moves[i], changed = true, true
			}
		}
	}
	return e
}

// moving reports whether a function calls one that may move the packet.
func (e *Env) moving(fn *frontend.Func) bool {
	for pc := max(fn.Start, 0); pc < min(fn.End, len(e.Insns)); pc++ {
		in := &e.Insns[pc]
		switch {
		case in.Op == bpf.OpCall && in.Kind == bpf.KindHelper:
			if h := table.HelperFor(e.Platform, e.Hook, int32(in.Imm)); h != nil && (h.InvalidatesPacket || h.Ret == table.RetNeverOnSuccess) {
				return true
			}
		case in.Op == bpf.OpCall && in.Kind == bpf.KindKfunc:
			if h := e.kfunc(in); h != nil && h.InvalidatesPacket {
				return true
			}
		case in.Op == bpf.OpCall && in.Kind == bpf.KindLocal, in.Op == bpf.OpLdImm && in.Kind == bpf.KindFunc:
			if to := int64(pc) + 1 + in.Imm; to >= 0 && to < int64(len(e.FuncAt)) && e.FuncAt[to] != 0 && e.moves[e.FuncAt[to]-1] {
				return true
			}
		}
	}
	return false
}

// kfunc is the row of the function that a KindKfunc call names, nil when
// there is none.
func (e *Env) kfunc(in *bpf.Instruction) *table.Helper {
	if in.Imm < 0 || in.Imm >= int64(len(e.Kfuncs)) {
		return nil
	}
	return table.KfuncByName(e.Kfuncs[in.Imm])
}

// Callee is the row of the helper or other function that an instruction calls,
// nil when there is none.
func (e *Env) Callee(in *bpf.Instruction) *table.Helper {
	if in.Kind == bpf.KindKfunc {
		return e.kfunc(in)
	}
	return table.HelperFor(e.Platform, e.Hook, int32(in.Imm))
}

// movesPacket reports whether function fn or one below it may move the packet.
func (e *Env) movesPacket(fn int) bool { return e.moves[fn] }

// order is the byte order of numbers in memory.
func (e *Env) order() binary.ByteOrder {
	if e.BigEndian {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// mapOf is the map of a ConstMap or PtrMapValue: with Inner, what the map of
// maps says of the maps it holds.
func (e *Env) mapOf(v *state.Value) *frontend.Map {
	d := e.Maps[v.Map]
	if v.Flags&state.Inner == 0 {
		return d
	}
	if d.Inner == nil {
		return &frontend.Map{Name: d.Name} // no bytes, no type
	}
	return d.Inner
}

// readOnly reports whether programs may not write values of a map.
func readOnly(d *frontend.Map) bool {
	return d.Frozen || d.Flags&bpf.FlagRdonlyProg != 0
}

// compatible reports whether a license is one that the kernel lets call
// functions which are for GPL programs only (license_is_gpl_compatible).
func compatible(license string) bool {
	switch license {
	case "GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL":
		return true
	}
	return false
}

// sleeps reports whether a section is one of programs that may sleep:
// "uprobe.s/…".
func sleeps(section string) bool {
	kind, _, _ := strings.Cut(section, "/")
	return strings.HasSuffix(kind, ".s")
}
