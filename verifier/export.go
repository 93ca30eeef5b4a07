package verifier

import (
	"fmt"
	"sort"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier/check"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

// facts turns what the checker saw into facts.
func (v *verification) facts(env *transfer.Env, seen *check.Seen, err error) (*Facts, error) {
	if err != nil {
		return nil, err
	}
	f := &Facts{Hash: HashProgram(v.p), Insns: make([]Fact, len(seen.Insns)), MaxInsns: seen.MaxInsns, Fuel: v.opt.Fuel, Endless: seen.Endless}
	entries := map[int]uint32{} // by map: the entries that constant keys need
	for pc := range seen.Insns {
		s := &seen.Insns[pc]
		if !s.Reached {
			continue
		}
		fact := Fact{Reachable: true, Falls: s.Falls, Takes: s.Takes, Dst: operand(&s.Dst), Src: operand(&s.Src)}
		if s.Access.Set {
			if s.Access.Mixed {
				return nil, v.refuse(mixed(pc), nil)
			}
			fact.Access = access(&s.Access)
		}
		if len(s.Funcs) > 0 {
			fact.Call = &CallFact{Map: -1, Funcs: s.Funcs}
		}
		if s.Call != nil {
			if s.Call.Mixed || len(s.Funcs) > 0 && s.Call.Helper.Callback == table.CallbackNone {
				return nil, v.refuse(severalCallees(pc, v.p.Insns[pc].Dst), nil)
			}
			fact.Call = call(s.Call)
			fact.Call.Funcs = s.Funcs
			for m, key := range s.Call.Keys {
				entries[m] = max(entries[m], key+1)
			}
		}
		f.Insns[pc] = fact
		f.Warnings = append(f.Warnings, v.warnings(pc, s)...)
	}
	for i, fn := range v.p.Funcs {
		s := &seen.Funcs[i]
		f.Funcs = append(f.Funcs, FuncFact{Start: fn.Start, End: fn.End, Name: fn.Name, Stack: int(-s.Lowest),
			ZeroLo: int(s.ZeroLo), ZeroHi: int(s.ZeroHi), MaxDepth: s.MaxDepth})
	}
	f.Relied = relied(entries, seen.Folded)
	return f, nil
}

// warnings are what a user should know of the instruction at a slot.
func (v *verification) warnings(pc int, s *check.Insn) (notes []string) {
	if s.Uninit {
		notes = append(notes, v.note(pc, "reads stack bytes that may not have been written; they are zeroed at entry"))
	}
	if s.PtrStore {
		notes = append(notes, v.note(pc, "stores a pointer where others can read it"))
	}
	if s.Call == nil || s.Call.Helper.Ret != table.RetNeverOnSuccess {
		return notes
	}
	for i, fn := range v.p.Funcs {
		if i > 0 && fn.Start <= pc && pc < fn.End {
			notes = append(notes, v.note(pc, "takes a tail call in function "+fn.Name+": it ends the whole program here, Linux returns to the caller of "+fn.Name))
		}
	}
	return notes
}

// mixed is the fault of an instruction that accesses the context or an object
// on one path and something else on another: fields are not where they seem.
func mixed(pc int) *transfer.Fault {
	return &transfer.Fault{Code: reason.CtxAccess, PC: pc, Reg: transfer.NoReg,
		What: "the same instruction accesses the context or an object and, on another path, something else",
		Need: "access them by instructions of their own"}
}

// severalCallees is the fault of a callx that calls a helper on one path and
// something else on another.
func severalCallees(pc int, r bpf.Reg) *transfer.Fault {
	return &transfer.Fault{Code: reason.BadArg, PC: pc, Reg: r, What: "the same callx calls a helper and, on another path, something else",
		Need: "call them by instructions of their own"}
}

// relied lists what instance creation has to enforce, in a fixed order.
func relied(entries map[int]uint32, folded []check.Span) []Reliance {
	var l []Reliance
	for m, n := range entries {
		l = append(l, Reliance{Map: m, MinEntries: n})
	}
	for _, s := range folded {
		l = append(l, Reliance{Map: s.Map, Frozen: true, Off: s.Off, Len: s.Len})
	}
	sort.Slice(l, func(i, j int) bool {
		a, b := l[i], l[j]
		if a.Map != b.Map {
			return a.Map < b.Map
		}
		if a.Off != b.Off {
			return a.Off < b.Off
		}
		return a.Len < b.Len
	})
	return l
}

// note is a warning with its place.
func (v *verification) note(pc int, text string) string {
	if pos := v.line(pc).Pos; pos.File != "" {
		return fmt.Sprintf("%s: slot %d %s", pos, pc, text)
	}
	return fmt.Sprintf("%s: slot %d %s", v.p.Section, pc, text)
}

func operand(o *check.Operand) Operand {
	if !o.Set {
		return Operand{Map: -1, Frame: -1}
	}
	s := o.Whole()
	r := Operand{Kind: kinds[o.V.Kind], Map: -1, Frame: -1}
	switch {
	case o.Mixed:
		r.Kind, s = KindMixed, value.Unknown()
	case o.V.Null && r.Kind == KindPtrMem:
		r.Kind = KindPtrMemOrNull
	case o.V.Null && r.Kind == KindPtrMapValue:
		r.Kind = KindPtrMapValueOrNull
	}
	r.UMin, r.UMax, r.SMin, r.SMax = s.R.Umin, s.R.Umax, s.R.Smin, s.R.Smax
	r.Value, r.Mask = s.T.Value, s.T.Mask
	if o.Mixed {
		return r
	}
	switch o.V.Kind {
	case state.PtrMapValue, state.ConstMap:
		if !o.Maps {
			r.Map = int(o.V.Map)
		}
	case state.PtrStack:
		if !o.Depth {
			r.Frame = int(o.V.Frame)
		}
	}
	return r
}

func access(a *check.Access) Access {
	r := Access{Region: a.Region, Own: a.Own, OffMin: a.Lo, OffMax: a.Hi, Size: a.Size, Map: -1, Field: -1}
	if a.Region&^(table.RegionMap|table.RegionConst) == 0 {
		r.Map = a.Map
	}
	if a.Region == table.RegionCtx {
		r.Field = a.Field
	}
	r.Invocation = a.Region == table.RegionCtx || a.Region == table.RegionStack || a.Region == table.RegionMap || a.Region == table.RegionConst
	return r
}

func call(c *check.Call) *CallFact {
	r := &CallFact{Helper: c.Helper, Map: c.Map, Outer: c.Outer, Key: c.Key, KeyConst: c.KeyConst, KeyBelow: c.KeyBelow}
	if !r.KeyConst {
		r.Key = 0
	}
	for i := range r.Args {
		r.Args[i] = Operand{Map: -1, Frame: -1}
		if i < len(c.Helper.Args) {
			r.Args[i] = operand(&c.Args[i])
		}
	}
	return r
}

// disassemble prints the instruction at a slot, "" when there is none.
func (v *verification) disassemble(pc int) string {
	if pc < 0 || pc >= len(v.p.Insns) {
		return ""
	}
	return v.p.Insns[pc].String()
}
