package transfer

import (
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

// args is indexed by argument kind: what is asserted of an argument, and what
// the call does to it. A test checks that no entry is nil.
var args = [table.NumArgKinds]func(m *Machine, r bpf.Reg, v *state.Value) *Fault{
	table.ArgNone:          argAny,
	table.ArgAny:           argAny,
	table.ArgOpt:           argAny,
	table.ArgCtx:           (*Machine).argCtx,
	table.ArgCtxOrNull:     (*Machine).argCtxOrNull,
	table.ArgMap:           (*Machine).argMap,
	table.ArgKey:           (*Machine).argKey,
	table.ArgValue:         (*Machine).argValue,
	table.ArgValueOrNull:   (*Machine).argValueOrNull,
	table.ArgValueOut:      (*Machine).argValueOut,
	table.ArgMem:           argAny, // with its size
	table.ArgMemOrNull:     argAny,
	table.ArgMemOut:        argAny,
	table.ArgMemOutOrNull:  argAny,
	table.ArgMemInOut:      argAny,
	table.ArgSize:          func(m *Machine, r bpf.Reg, v *state.Value) *Fault { return m.argSize(r, v, 1) },
	table.ArgSizeOrZero:    func(m *Machine, r bpf.Reg, v *state.Value) *Fault { return m.argSize(r, v, 0) },
	table.ArgConstSize:     (*Machine).argConstSize,
	table.ArgFixed:         func(m *Machine, r bpf.Reg, v *state.Value) *Fault { return m.argFixed(r, v, true, false) },
	table.ArgFixedOut:      func(m *Machine, r bpf.Reg, v *state.Value) *Fault { return m.argFixed(r, v, false, true) },
	table.ArgFixedInOut:    func(m *Machine, r bpf.Reg, v *state.Value) *Fault { return m.argFixed(r, v, true, true) },
	table.ArgStr:           (*Machine).argStr,
	table.ArgSpinLock:      (*Machine).argSpinLock,
	table.ArgTimer:         (*Machine).argTimer,
	table.ArgKptr:          (*Machine).argKptr,
	table.ArgDynptr:        (*Machine).argDynptr,
	table.ArgDynptrOut:     (*Machine).argDynptrOut,
	table.ArgDynptrRingbuf: (*Machine).argDynptrRingbuf,
	table.ArgRecord:        (*Machine).argRecord,
	table.ArgFunc:          (*Machine).argFunc,
	table.ArgStackOrNull:   (*Machine).argStackOrNull,
	table.ArgSock:          (*Machine).argSock,
	table.ArgSockOrNull:    (*Machine).argSockOrNull,
	table.ArgSockFull:      (*Machine).argSockFull,
	table.ArgTask:          (*Machine).argTask,
	table.ArgTaskOrNull:    (*Machine).argTaskOrNull,
	table.ArgIterNew:       (*Machine).argIterNew,
	table.ArgIter:          (*Machine).argIter,
	table.ArgObject:        argOther,
}

func argAny(*Machine, bpf.Reg, *state.Value) *Fault { return nil }

func argOther(m *Machine, r bpf.Reg, v *state.Value) *Fault {
	return m.unsupported("argument %s of %s", r, m.callee())
}

func (m *Machine) arg(r bpf.Reg, kind table.ArgKind) *Fault {
	v := m.S.Reg(r)
	if v.Kind == state.Uninit && kind != table.ArgOpt && kind != table.ArgNone {
		return m.uninit(r)
	}
	return args[kind](m, r, v)
}

func (m *Machine) badArg(r bpf.Reg, v *state.Value, want string) *Fault {
	return m.fault(reason.BadArg, r, "%s is %s, %s wants %s", r, Words(m.Env, v), m.callee(), want).
		need("pass %s", want)
}

func (m *Machine) argCtx(r bpf.Reg, v *state.Value) *Fault {
	if v.Kind != state.PtrCtx || v.Off != 0 || v.S != value.Const(0) {
		return m.badArg(r, v, "the context as the program got it")
	}
	return nil
}

func (m *Machine) argCtxOrNull(r bpf.Reg, v *state.Value) *Fault {
	if isZero(v) {
		m.Note.Exact |= bit(r)
		return nil
	}
	return m.argCtx(r, v)
}

func (m *Machine) argMap(r bpf.Reg, v *state.Value) *Fault {
	switch {
	case v.Kind != state.ConstMap || v.Off != 0:
		return m.badArg(r, v, "the address of a map")
	case v.Null:
		return m.fault(reason.MayBeNull, r, "inner map from map lookup may be NULL").need("test it for NULL first")
	}
	d, h := m.Env.mapOf(v), m.Note.Helper
	row := table.MapTypeOf(d.Type)
	switch {
	case row == nil || row.Status < table.Verified:
		name := "unknown"
		if row != nil {
			name = row.Name
		}
		return m.unsupported("map %s of type %s", d.Name, name)
	case h.Maps != nil && !slices.Contains(h.Maps, d.Type):
		return m.fault(reason.BadArg, r, "map %s is of type %s, which %s does not take", d.Name, row.Name, m.callee()).
			need("use a map of another type")
	case readOnly(d) && h.Writes&table.RegionMap != 0:
		return m.fault(reason.ReadOnly, r, "map %s is read-only for programs", d.Name)
	}
	return nil
}

// argKey also notes a constant key of 4 bytes.
func (m *Machine) argKey(r bpf.Reg, v *state.Value) *Fault {
	if m.mapArg.Kind != state.ConstMap {
		return m.noMap(r)
	}
	d := m.Env.mapOf(&m.mapArg)
	m.found = false
	place := *v
	if f := m.memory(r, v, int64(d.KeySize), false); f != nil {
		return f
	}
	if d.KeySize != 4 || place.Kind != state.PtrStack {
		return nil
	}
	lo, hi, _ := place.SpanOf()
	if lo != hi {
		return nil
	}
	key, invalid := m.S.Frame(int(place.Frame)).Stack.Load(lo, 4, m.Env.BigEndian)
	if invalid != 0 || key.Kind != state.Scalar {
		return nil
	}
	low := value.Low(key.S, 4)
	if k, isConst := low.IsConst(); isConst && m.Note.Map >= 0 {
		array := d.Type == bpf.MapArray || d.Type == bpf.MapPercpuArray
		m.Note.Key, m.Note.KeyConst = uint32(k), true
		m.Note.KeyBelow = array && k < uint64(d.MaxEntries)
		m.Note.Reads[len(m.Note.Reads)-1].Exact = m.Note.KeyBelow
		m.found = m.Note.KeyBelow && wholeKey(&m.S.Frame(int(place.Frame)).Stack, lo)
		if m.Note.KeyBelow && lo%8 == 0 { // wholeKey looks at the bytes behind the key
			m.Note.Reads = append(m.Note.Reads, Span{Frame: int(place.Frame), Lo: lo + 4, Hi: lo + 8, Exact: true})
		}
	}
	return nil
}

// wholeKey reports whether a constant key of 4 bytes was stored in one piece
// where registers are spilled, or is zero but not half of 8 zero bytes: as in
// Linux, only lookups by such keys need no test for NULL.
func wholeKey(k *state.Stack, off int64) bool {
	key, _ := k.Load(off, 4, false)
	switch {
	case off%4 != 0:
		return false
	case off%8 != 0:
		return isZero(&key)
	case k.Holds(off, 4):
		return true
	}
	next, invalid := k.Load(off+4, 4, false)
	return isZero(&key) && (invalid != 0 || !isZero(&next))
}

// argValue: the value of a map of sockets is a socket.
func (m *Machine) argValue(r bpf.Reg, v *state.Value) *Fault {
	if m.mapArg.Kind == state.ConstMap && socketMap(m.Env.mapOf(&m.mapArg)) {
		return m.argSock(r, v)
	}
	return m.ofMap(r, v, false)
}

// argValueOut: a Bloom filter is asked for a value in place of giving one.
func (m *Machine) argValueOut(r bpf.Reg, v *state.Value) *Fault {
	bloom := m.mapArg.Kind == state.ConstMap && m.Env.mapOf(&m.mapArg).Type == bpf.MapBloomFilter
	return m.ofMap(r, v, !bloom)
}

func socketMap(d *frontend.Map) bool { return d.Type == bpf.MapSockmap || d.Type == bpf.MapSockhash }

func (m *Machine) argValueOrNull(r bpf.Reg, v *state.Value) *Fault {
	if isZero(v) {
		m.Note.Exact |= bit(r)
		return nil
	}
	return m.ofMap(r, v, false)
}

// ofMap checks memory of the size of the map's values.
func (m *Machine) ofMap(r bpf.Reg, v *state.Value, write bool) *Fault {
	if m.mapArg.Kind != state.ConstMap {
		return m.noMap(r)
	}
	return m.memory(r, v, int64(m.Env.mapOf(&m.mapArg).ValueSize), write)
}

// argStr: a string in read-only data that ends within it. Its bytes are noted:
// the run time keeps them.
func (m *Machine) argStr(r bpf.Reg, v *state.Value) *Fault {
	wants := "a constant string in read-only data"
	if v.Kind != state.PtrMapValue || v.Null || v.Flags&state.Inner != 0 {
		return m.badArg(r, v, wants)
	}
	d := m.Env.Maps[v.Map]
	lo, hi, ok := v.SpanOf()
	switch {
	case !d.Frozen || d.Data == nil || d.Flags&bpf.FlagWronlyProg != 0:
		return m.badArg(r, v, wants)
	case !ok || lo != hi:
		return m.badArg(r, v, "a string at a constant offset")
	case lo < 0 || lo >= int64(len(d.Data)):
		return m.fault(reason.MapBounds, r, "the string lies outside of %s", d.Name)
	}
	end := slices.Index(d.Data[lo:], 0)
	if end < 0 {
		return m.fault(reason.BadArg, r, "the string has no end in %s", d.Name).need("end the string with a zero byte")
	}
	m.Note.String = StringNote{Map: v.Map, Off: lo, Len: int64(end) + 1}
	return nil
}
