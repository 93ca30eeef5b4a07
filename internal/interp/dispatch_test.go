package interp

import (
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

func TestNothingIsMissing(t *testing.T) {
	for op := bpf.OpInvalid; int(op) < bpf.NumOps; op++ {
		if dispatch[op] == nil {
			t.Errorf("%v: dispatch is nil", op)
		}
		row := table.OpOf(op)
		switch {
		case row.Class == table.ClassALU && row.Imm && op != bpf.OpMov && (alu64[op] == nil || alu32[op] == nil):
			t.Errorf("%v: alu64 or alu32 is nil", op)
		case row.Class == table.ClassJump && row.Imm && conditions[op] == nil:
			t.Errorf("%v: conditions is nil", op)
		case row.Class == table.ClassAtomic && atomics[op] == nil:
			t.Errorf("%v: atomics is nil", op)
		}
	}
	testRows(t)
	for k, name := range kindNames {
		if name == "" {
			t.Errorf("kind %d has no name", k)
		}
	}
}

// testRows: arguments and results of every kind have a check and a model;
// what cannot be modelled from its row has a meaning; no meaning is for nothing.
func testRows(t *testing.T) {
	for k, check := range arguments {
		if check == nil {
			t.Errorf("argument kind %d has no check", k)
		}
	}
	for k, result := range results {
		if result == nil {
			t.Errorf("result kind %d has no model", k)
		}
	}
	known := map[string]bool{}
	for _, p := range []bpf.Platform{bpf.Linux, bpf.Windows} {
		for _, h := range table.Helpers(p) {
			known[h.Name] = true
			testMeaning(t, &h, helpers[h.Name] != nil)
		}
	}
	for name := range helpers {
		if !known[name] {
			t.Errorf("%s is the meaning of no helper", name)
		}
	}
	known = map[string]bool{}
	for _, h := range table.Kfuncs() {
		known[h.Name] = true
		testMeaning(t, &h, kfuncs[h.Name] != nil)
	}
	for name := range kfuncs {
		if !known[name] {
			t.Errorf("%s is the meaning of no kernel function", name)
		}
	}
}

// testMeaning wants a meaning where the model would be wrong: what only a
// meaning gives, and what was measured.
func testMeaning(t *testing.T, h *table.Helper, has bool) {
	t.Helper()
	if h.Status < table.Verified || has {
		return
	}
	switch h.Ret {
	case table.RetNeverOnSuccess, table.RetMemOrNull, table.RetDynptrData, table.RetDynptrSlice, table.RetIter, table.RetArg1, table.RetObject:
		t.Errorf("%s: its result has no model", h.Name)
	}
	if h.Status == table.Supported || h.Callback != table.CallbackNone || h.Dynptr != table.DynptrNone || h.Iter != table.IterNone {
		t.Errorf("%s has no meaning", h.Name)
	}
	for _, kind := range h.Args {
		switch kind {
		case table.ArgSpinLock, table.ArgTimer, table.ArgKptr, table.ArgDynptr, table.ArgDynptrOut, table.ArgDynptrRingbuf, table.ArgRecord,
			table.ArgFunc, table.ArgIterNew, table.ArgIter:
			t.Errorf("%s has no meaning", h.Name)
		}
	}
}
