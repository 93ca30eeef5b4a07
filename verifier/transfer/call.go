package transfer

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

func (m *Machine) call() *Fault {
	in := m.in
	switch {
	case in.Op == bpf.OpCall && in.Kind == bpf.KindHelper:
		return m.helper()
	case in.Op == bpf.OpCall && in.Kind == bpf.KindLocal:
		return m.local()
	case in.Op == bpf.OpCall:
		return m.unsupported("call of a kernel function")
	}
	return m.unsupported("call through a function pointer")
}

// local enters a function of the program in the caller's context.
func (m *Machine) local() *Fault {
	target := int64(m.PC) + 1 + m.in.Imm
	if target < 0 || target >= int64(len(m.Env.FuncAt)) || m.Env.FuncAt[target] == 0 {
		return m.fault(reason.BadJump, NoReg, "call of slot %d, where no function starts", target)
	}
	fn := int(m.Env.FuncAt[target]) - 1
	if m.S.Depth()+1 >= state.MaxFrames {
		return m.fault(reason.TooDeep, NoReg, "call of %s is nested %d deep", m.Env.Funcs[fn].Name, state.MaxFrames+1)
	}
	for i := range m.S.Depth() + 1 {
		if m.S.Frame(i).Func == fn {
			return m.fault(reason.Recursion, NoReg, "%s calls itself", m.Env.Funcs[fn].Name)
		}
	}
	m.S.Push(fn, m.PC+1)
	m.Next = int(target)
	return nil
}

// helper checks the arguments of a helper call by its row.
func (m *Machine) helper() *Fault {
	e := m.Env
	h := table.HelperByID(e.Platform, int32(m.in.Imm))
	switch {
	case h == nil:
		return m.fault(reason.BadHelper, NoReg, "helper %d does not exist", m.in.Imm).
			does("calls helper %d", m.in.Imm).need("call a helper of bpf_helper_defs.h")
	case !h.Offered(e.Hook):
		return m.fault(reason.BadHelper, NoReg, "%s programs cannot call bpf_%s", e.Hook.Name, h.Name).
			does("calls bpf_%s", h.Name).need("use a helper that %s programs have", e.Hook.Name)
	case h.Status < table.Verified:
		return m.unsupported("helper bpf_%s", h.Name)
	}
	m.Note.Helper = h
	for i, kind := range h.Args {
		m.Note.Args[i] = *m.S.Reg(bpf.R1 + bpf.Reg(i))
		if kind == table.ArgMap && m.Note.Args[i].Kind == state.ConstMap {
			m.Note.Map = m.Note.Args[i].Map
		}
	}
	for i, kind := range h.Args {
		if f := m.arg(bpf.R1+bpf.Reg(i), kind); f != nil {
			if f.Does == "" || f.Reg == bpf.R1+bpf.Reg(i) {
				f = f.does("argument %d of bpf_%s", i+1, h.Name)
			}
			return f
		}
	}
	return m.result(h)
}

// result clobbers r1 to r5 and sets r0.
func (m *Machine) result(h *table.Helper) *Fault {
	for r := bpf.R1; r <= bpf.R5; r++ {
		m.S.Set(r, state.Value{})
	}
	if h.InvalidatesPacket && m.Env.Hook.Memory {
		return m.unsupported("helper bpf_%s on memory", h.Name) // its length is known as a class
	}
	if h.InvalidatesPacket {
		m.S.Visit(func(v *state.Value) bool {
			return v.Kind == state.PtrPacket || v.Kind == state.PtrMeta || v.Kind == state.PtrPacketEnd || v.Room > 0
		}, func(_ state.Place, v *state.Value) {
			if v.IsPtr() {
				*v = state.Unknown()
			}
			v.Room = 0
		})
	}
	switch h.Ret {
	case table.RetInt, table.RetErr:
		m.S.Set(bpf.R0, state.Unknown())
	case table.RetVoid, table.RetNeverOnSuccess:
		m.S.Set(bpf.R0, state.Value{})
	case table.RetMapValueOrNull:
		if m.Note.Map < 0 {
			return m.fault(reason.BadArg, bpf.R1, "bpf_%s needs a map", h.Name)
		}
		m.S.Set(bpf.R0, state.Value{Kind: state.PtrMapValue, Null: true, Map: m.Note.Map, Ref: m.S.NewID()})
	default:
		return m.unsupported("result of helper bpf_%s", h.Name)
	}
	return nil
}

// args is indexed by argument kind; a test checks that no entry is nil.
var args = [table.NumArgKinds]func(m *Machine, r bpf.Reg, v *state.Value) *Fault{
	table.ArgNone: func(m *Machine, r bpf.Reg, v *state.Value) *Fault { return nil },
	table.ArgAny:  func(m *Machine, r bpf.Reg, v *state.Value) *Fault { return nil },
	table.ArgOpt:  func(m *Machine, r bpf.Reg, v *state.Value) *Fault { return nil },
	table.ArgCtx:  (*Machine).argCtx,
	table.ArgMap:  (*Machine).argMap,
	table.ArgKey:  (*Machine).argKey,
	table.ArgValue: func(m *Machine, r bpf.Reg, v *state.Value) *Fault {
		return m.argOfMap(r, v, func(e *Env, i int32) int64 { return e.valueSize(i) }, false)
	},
	table.ArgValueOut: func(m *Machine, r bpf.Reg, v *state.Value) *Fault {
		return m.argOfMap(r, v, func(e *Env, i int32) int64 { return e.valueSize(i) }, true)
	},
	table.ArgMem:           func(m *Machine, r bpf.Reg, v *state.Value) *Fault { return nil }, // with its size
	table.ArgMemOrNull:     func(m *Machine, r bpf.Reg, v *state.Value) *Fault { return nil },
	table.ArgMemOut:        func(m *Machine, r bpf.Reg, v *state.Value) *Fault { return nil },
	table.ArgSize:          func(m *Machine, r bpf.Reg, v *state.Value) *Fault { return m.argSize(r, v, 1) },
	table.ArgSizeOrZero:    func(m *Machine, r bpf.Reg, v *state.Value) *Fault { return m.argSize(r, v, 0) },
	table.ArgFunc:          argOther,
	table.ArgRecord:        argOther,
	table.ArgConstSize:     argOther,
	table.ArgValueOrNull:   argOther,
	table.ArgMemOutOrNull:  argOther,
	table.ArgMemInOut:      argOther,
	table.ArgFixed:         argOther,
	table.ArgFixedOut:      argOther,
	table.ArgFixedInOut:    argOther,
	table.ArgStr:           argOther,
	table.ArgSpinLock:      argOther,
	table.ArgTimer:         argOther,
	table.ArgKptr:          argOther,
	table.ArgDynptr:        argOther,
	table.ArgDynptrOut:     argOther,
	table.ArgDynptrRingbuf: argOther,
	table.ArgStackOrNull:   argOther,
	table.ArgSock:          argOther,
	table.ArgSockOrNull:    argOther,
	table.ArgSockFull:      argOther,
	table.ArgTask:          argOther,
	table.ArgTaskOrNull:    argOther,
	table.ArgIterNew:       argOther,
	table.ArgIter:          argOther,
	table.ArgObject:        argOther,
}

func argOther(m *Machine, r bpf.Reg, v *state.Value) *Fault {
	return m.unsupported("argument %s of helper bpf_%s", r, m.Note.Helper.Name)
}

func (m *Machine) arg(r bpf.Reg, kind table.ArgKind) *Fault {
	v := m.S.Reg(r)
	if v.Kind == state.Uninit && kind != table.ArgOpt && kind != table.ArgNone {
		return m.uninit(r)
	}
	return args[kind](m, r, v)
}

func (m *Machine) badArg(r bpf.Reg, v *state.Value, want string) *Fault {
	return m.fault(reason.BadArg, r, "%s is %s, bpf_%s wants %s", r, Words(m.Env, v), m.Note.Helper.Name, want).
		need("pass %s", want)
}

func (m *Machine) argCtx(r bpf.Reg, v *state.Value) *Fault {
	if v.Kind != state.PtrCtx || v.Off != 0 || v.S != value.Const(0) {
		return m.badArg(r, v, "the context")
	}
	return nil
}

func (m *Machine) argMap(r bpf.Reg, v *state.Value) *Fault {
	if v.Kind != state.ConstMap {
		return m.badArg(r, v, "the address of a map")
	}
	d := m.Env.Maps[v.Map]
	if row := table.MapTypeOf(d.Type); row == nil || row.Status < table.Verified {
		name := "unknown"
		if row != nil {
			name = row.Name
		}
		return m.unsupported("map %s of type %s", d.Name, name)
	}
	h := m.Note.Helper
	if m.Env.readOnly(v.Map) && h.Writes&table.RegionMap != 0 {
		return m.fault(reason.ReadOnly, r, "map %s is read-only for programs", d.Name)
	}
	if d.Flags&bpf.FlagWronlyProg != 0 && h.Ret == table.RetMapValueOrNull {
		return m.fault(reason.ReadOnly, r, "map %s cannot be read by programs", d.Name)
	}
	return nil
}

// argKey also notes a constant key of 4 bytes.
func (m *Machine) argKey(r bpf.Reg, v *state.Value) *Fault {
	f := m.argOfMap(r, v, func(e *Env, i int32) int64 { return int64(e.Maps[i].KeySize) }, false)
	if f != nil || m.Env.Maps[m.Note.Map].KeySize != 4 || v.Kind != state.PtrStack {
		return f
	}
	lo, hi, _ := v.SpanOf()
	if lo != hi {
		return nil
	}
	key, invalid := m.S.Frame(int(v.Frame)).Stack.Load(lo, 4, m.Env.BigEndian)
	if invalid != 0 || key.Kind != state.Scalar {
		return nil
	}
	low := value.Low(key.S, 4)
	k, isConst := low.IsConst()
	if isConst {
		d := m.Env.Maps[m.Note.Map]
		m.Note.Key, m.Note.KeyConst = uint32(k), true
		m.Note.KeyBelow = d.Type == bpf.MapArray && k < uint64(d.MaxEntries)
		m.Note.Reads[len(m.Note.Reads)-1].Exact = m.Note.KeyBelow
	}
	return nil
}

// argOfMap checks memory whose size the map of the call has.
func (m *Machine) argOfMap(r bpf.Reg, v *state.Value, size func(*Env, int32) int64, write bool) *Fault {
	if m.Note.Map < 0 {
		return m.fault(reason.BadArg, r, "bpf_%s has no map before its key", m.Note.Helper.Name)
	}
	return m.memory(r, v, size(m.Env, m.Note.Map), write)
}

// argSize checks a size and the memory in the register before it.
func (m *Machine) argSize(r bpf.Reg, v *state.Value, least int64) *Fault {
	const most = 1 << 29
	m.Note.Exact |= bit(r)
	mem := r - 1
	p := m.S.Reg(mem)
	kind := m.Note.Helper.Args[mem-bpf.R1]
	if v.Kind != state.Scalar {
		return m.badArg(r, v, "a size")
	}
	if v.S.R.Smin < least || v.S.R.Umax > most {
		f := m.fault(reason.BadSize, r, "size of bpf_%s is %s", m.Note.Helper.Name, Words(m.Env, v))
		return f.need("test the size for being at least %d and at most the size of the buffer", least)
	}
	if v.S.R.Umax == 0 && kind == table.ArgMemOrNull && isZero(p) {
		return nil
	}
	return m.memory(mem, p, int64(v.S.R.Umax), kind == table.ArgMemOut)
}

// memory checks n bytes that a helper reads or writes.
func (m *Machine) memory(r bpf.Reg, p *state.Value, n int64, write bool) *Fault {
	verb := "reads"
	if write {
		verb = "writes"
	}
	if p.Kind == state.PtrCtx {
		return m.badArg(r, p, "memory")
	}
	if regions[p.Kind] == nil {
		return m.badArg(r, p, "the address of memory")
	}
	if n == 0 && !p.Null {
		return nil
	}
	if f := m.check(p, access{reg: r, size: n, write: write, verb: verb}); f != nil {
		return f
	}
	a := m.Note.Access
	m.Note.Accessed = false
	if a.Region != table.RegionStack {
		return nil
	}
	lo, hi := a.OffMin, a.OffMax+n
	if write {
		if a.OffMin == a.OffMax && m.fixedSize(r) {
			m.S.Own(a.Frame).Stack.Fill(lo, hi, state.Misc)
			m.Note.Write = Span{Frame: a.Frame, Lo: lo, Hi: hi}
		} else {
			m.S.Own(a.Frame).Stack.Disturb(lo, hi)
			m.Note.Reads = append(m.Note.Reads, Span{Frame: a.Frame, Lo: lo, Hi: hi})
		}
		return nil
	}
	span, f := m.readSpan(a.Frame, lo, hi)
	if f != nil {
		return f
	}
	m.Note.Reads = append(m.Note.Reads, span)
	return nil
}

// fixedSize reports whether the size of the memory in r is one number: only
// then is all of it surely written.
func (m *Machine) fixedSize(r bpf.Reg) bool {
	i := int(r-bpf.R1) + 1
	if a := m.Note.Helper.Args; i >= len(a) || a[i] != table.ArgSize && a[i] != table.ArgSizeOrZero {
		return true
	}
	_, ok := m.S.Reg(r + 1).IsConst()
	return ok
}
