package interp

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// world is a run in the middle of a program with something of everything.
type world struct {
	r      *run
	values []Value
	rng    *rand.Rand
}

// worldMaps is a map of each type.
func worldMaps() []*frontend.Map {
	var all []*frontend.Map
	for _, row := range table.MapTypes() {
		if row.Status < table.Verified {
			continue
		}
		m := &frontend.Map{Name: row.Name, Type: row.Type, KeySize: max(row.Key, row.KeyMin, 8), ValueSize: 64, MaxEntries: 4096, Flags: row.Needs}
		if row.Key != 0 {
			m.KeySize = row.Key
		}
		if row.Keyless {
			m.KeySize = 0
		}
		if row.Value != 0 {
			m.ValueSize = row.Value
		}
		if len(row.Values) > 0 {
			m.ValueSize = row.Values[0]
		}
		if row.NoValue {
			m.ValueSize = 0
		}
		if row.NoEntries {
			m.MaxEntries = 0
		}
		if row.Lookup == table.LookupInner {
			m.Inner = arrayMap(8, 1)
		}
		if row.Type == bpf.MapArray || row.Type == bpf.MapHash {
			m.Special = locked().Special
		}
		all = append(all, m)
	}
	return all
}

// newWorld starts a program of a hook whose only function returns 0.
func newWorld(t *testing.T, hook *table.Hook, seed uint64) *world {
	obj := object(t, "xdp", "mov %r0, 0\nexit\nmov %r0, 0\nexit", worldMaps()...)
	obj.Maps = append(obj.Maps, &frontend.Map{Name: ".rodata", Type: bpf.MapArray, KeySize: 4, ValueSize: 16, MaxEntries: 1, Frozen: true, Data: []byte("%d text\x00")})
	p := obj.Programs[0]
	p.Hook, p.Funcs = hook, nil
	m := start(t, obj, Options{Seed: seed})
	w := &world{rng: rand.New(rand.NewPCG(seed, 3))}
	w.r = m.newRun(p, Draw(w.rng, hook))
	w.r.arguments()
	w.r.enter(entryOf(p), 0, table.CallbackNone)
	w.r.pc = 1
	w.gather()
	return w
}

// gather collects values of every kind.
func (w *world) gather() {
	r := w.r
	stack := r.depth[0].Stack
	for k := range 256 {
		stack.init[k+128] = true
	}
	w.values = []Value{{}, number(0), number(1), number(8), number(1 << 40), number(^uint64(0)), r.regs[bpf.R1],
		stack.pointer(512), stack.pointer(256), stack.pointer(250), stack.pointer(8), stack.pointer(16), r.data.pointer(0), r.meta.pointer(0),
		funcPointer(2), funcPointer(77)}
	for _, m := range r.m.maps {
		w.values = append(w.values, m.self.pointer(0))
		if m.row.Lookup == table.LookupValue {
			v := m.cell(m.indexKey(0)+"\x00\x00\x00\x00"[:max(0, int(m.def.KeySize)-4)], 0)
			w.values = append(w.values, v.pointer(0), v.pointer(8), v.pointer(24), v.pointer(60))
		}
	}
	for kind := table.ObjSockCommon; int(kind) < table.NumObjectKinds; kind++ {
		free, counted := r.m.object(kind), r.m.object(kind)
		r.acquire("object", counted)
		w.values = append(w.values, free.pointer(0), counted.pointer(0), free.pointer(4))
	}
	gone := r.m.object(table.ObjSock)
	gone.end("it is gone")
	w.values = append(w.values, gone.pointer(0))
}

// fit picks a value that an argument of a kind is likely to take.
func (w *world) fit(h *table.Helper, k int) Value {
	r := w.r
	pick := func(ok func(Value) bool) Value {
		for range 200 {
			if v := w.values[w.rng.IntN(len(w.values))]; ok(v) {
				return v
			}
		}
		return number(0)
	}
	object := func(ok func(table.ObjectKind) bool) Value {
		return pick(func(v Value) bool {
			return v.Kind == KindObject && v.Off() == 0 && v.Region.Gone() == "" && ok(v.Region.Object)
		})
	}
	switch h.Args[k] {
	case table.ArgCtx, table.ArgCtxOrNull:
		return w.values[6]
	case table.ArgMap:
		return pick(func(v Value) bool {
			if v.Kind != KindMap {
				return false
			}
			for _, typ := range h.Maps {
				if v.Region.m.def.Type == typ {
					return true
				}
			}
			return false
		})
	case table.ArgKey, table.ArgValue, table.ArgValueOut, table.ArgValueOrNull, table.ArgMem, table.ArgMemOrNull, table.ArgMemOut,
		table.ArgMemOutOrNull, table.ArgMemInOut, table.ArgFixed, table.ArgFixedOut, table.ArgFixedInOut, table.ArgStackOrNull:
		return r.depth[0].Stack.pointer(256)
	case table.ArgSize, table.ArgSizeOrZero, table.ArgConstSize:
		return number(uint64(1 + w.rng.IntN(40)))
	case table.ArgStr:
		return pick(func(v Value) bool { return v.Kind == KindMapValue && v.Region.readOnly && v.Off() == 0 })
	case table.ArgSpinLock:
		return pick(func(v Value) bool { return v.Kind == KindMapValue && v.Region.special != nil && v.Off() == 0 })
	case table.ArgTimer:
		return pick(func(v Value) bool { return v.Kind == KindMapValue && v.Region.special != nil && v.Off() == 8 })
	case table.ArgDynptrOut, table.ArgIterNew:
		return r.depth[0].Stack.pointer(8)
	case table.ArgFunc:
		return funcPointer(2)
	case table.ArgSock, table.ArgSockOrNull, table.ArgSockFull:
		return object(func(o table.ObjectKind) bool { return o <= table.ObjTcpSock })
	case table.ArgTask, table.ArgTaskOrNull:
		return object(func(o table.ObjectKind) bool { return o == table.ObjTask })
	}
	return number(uint64(w.rng.IntN(3)))
}

// TestEveryRow calls every helper and kernel function in every hook with
// arguments that often fit and sometimes are anything: there are results or
// faults, never a panic, and those that may be had without luck do succeed.
func TestEveryRow(t *testing.T) {
	hooks := table.Hooks(bpf.Linux)
	rows := append(append([]table.Helper{}, table.Helpers(bpf.Linux)...), table.Kfuncs()...)
	for n := range rows {
		h := &rows[n]
		if h.Status < table.Verified {
			continue
		}
		var offering []*table.Hook
		for k := range hooks {
			if hooks[k].Status >= table.Verified && h.Offered(&hooks[k]) {
				offering = append(offering, &hooks[k])
			}
		}
		succeeded := 0
		for seed := range uint64(24) {
			if len(offering) == 0 {
				break
			}
			if err := newWorld(t, offering[int(seed)%len(offering)], seed).call(h); err == nil {
				succeeded++
			}
		}
		if len(offering) > 0 && succeeded == 0 && !needsMaking(h) {
			t.Errorf("%s never succeeded", h.Name)
		}
	}
}

// needsMaking reports whether an argument is something that another call has
// to make first.
func needsMaking(h *table.Helper) bool {
	for _, kind := range h.Args {
		switch kind {
		case table.ArgDynptr, table.ArgDynptrRingbuf, table.ArgRecord, table.ArgIter:
			return true
		}
	}
	return h.Closes != table.SectionNone || h.Dynptr == table.DynptrLocal
}

// call runs one helper on the world and checks the result against the row.
func (w *world) call(h *table.Helper) error {
	r := w.r
	if h.Ret == table.RetNeverOnSuccess {
		r.refs = nil
	}
	for k := range h.Args {
		v := w.fit(h, k)
		if w.rng.IntN(12) == 0 {
			v = w.values[w.rng.IntN(len(w.values))]
		}
		r.regs[1+k] = v
	}
	meaning := helpers[h.Name]
	if h.ID == 0 {
		meaning = kfuncs[h.Name]
	}
	err := r.callRow(h, meaning)
	if errors.Is(err, errTail) {
		return nil
	}
	if err != nil {
		return err
	}
	return legal(h, r.regs[bpf.R0])
}

// legal checks a result against a row.
func legal(h *table.Helper, v Value) error {
	kind, null := h.Ret.Object()
	bad := false
	switch {
	case h.Ret == table.RetVoid:
		bad = v.Kind != KindUninit
	case h.Ret == table.RetInt && (h.RetMin != 0 || h.RetMax != 0 || h.RetArg != 0):
		bad = v.Kind != KindScalar || int64(v.Bits) < h.RetMin
	case h.Ret == table.RetErr:
		bad = v.Kind != KindScalar || int64(v.Bits) > 1<<20 || int64(v.Bits) < -4095
	case kind != table.ObjNone:
		bad = !(null && v.null()) && (v.Kind != KindObject || v.Region.Object != kind)
	}
	if bad {
		panic("result of " + h.Name + " is " + v.String())
	}
	return nil
}
