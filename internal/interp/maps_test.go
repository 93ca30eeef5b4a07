package interp

import (
	"errors"
	"fmt"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// TestMapRules is what the two platforms do, seen by the host.
func TestMapRules(t *testing.T) {
	key := func(k byte) []byte { return []byte{k, 0, 0, 0} }
	value := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	for _, c := range []struct {
		name           string
		def            *frontend.Map
		op             func(*Map) error
		linux, windows error
	}{
		{"hash any", hashMap(4, 8, 2), func(m *Map) error { return m.Update(key(1), value, bpf.UpdateAny) }, nil, nil},
		{"hash exist", hashMap(4, 8, 2), func(m *Map) error { return m.Update(key(3), value, bpf.UpdateExist) }, bpf.ENOENT, bpf.ENOENT},
		{"hash noexist", hashMap(4, 8, 2), func(m *Map) error { return m.Update(key(0), value, bpf.UpdateNoExist) }, bpf.EEXIST, bpf.EEXIST},
		{"hash flags", hashMap(4, 8, 2), func(m *Map) error { return m.Update(key(0), value, 3) }, bpf.EINVAL, bpf.EINVAL},
		{"hash full", hashMap(4, 8, 1), func(m *Map) error { return m.Update(key(1), value, 0) }, bpf.E2BIG, bpf.E2BIG},
		{"hash replaced when full", hashMap(4, 8, 1), func(m *Map) error { return m.Update(key(0), value, 0) }, nil, nil},
		{"hash delete", hashMap(4, 8, 2), func(m *Map) error { return m.Delete(key(0)) }, nil, nil},
		{"hash delete missing", hashMap(4, 8, 2), func(m *Map) error { return m.Delete(key(1)) }, bpf.ENOENT, bpf.ENOENT},
		{"hash key size", hashMap(8, 8, 2), func(m *Map) error { return m.Delete(key(1)) }, bpf.EINVAL, bpf.EINVAL},
		{"array any", arrayMap(8, 2), func(m *Map) error { return m.Update(key(1), value, 0) }, nil, nil},
		{"array noexist", arrayMap(8, 2), func(m *Map) error { return m.Update(key(1), value, 1) }, bpf.EEXIST, bpf.EINVAL},
		{"array bounds", arrayMap(8, 2), func(m *Map) error { return m.Update(key(2), value, 1) }, bpf.E2BIG, bpf.EINVAL},
		{"array flags", arrayMap(8, 2), func(m *Map) error { return m.Update(key(1), value, 4) }, bpf.EINVAL, bpf.EINVAL},
		{"array value size", arrayMap(4, 2), func(m *Map) error { return m.Update(key(1), value, 0) }, bpf.EINVAL, bpf.EINVAL},
		{"array delete", arrayMap(8, 2), func(m *Map) error { return m.Delete(key(0)) }, bpf.EINVAL, nil},
		{"array delete bounds", arrayMap(8, 2), func(m *Map) error { return m.Delete(key(2)) }, bpf.EINVAL, bpf.EINVAL},
		{"array lookup bounds", arrayMap(8, 2), func(m *Map) error { _, err := m.Lookup(key(2)); return err }, bpf.ENOENT, bpf.ENOENT},
	} {
		for _, p := range []bpf.Platform{bpf.Linux, bpf.Windows} {
			obj := object(t, "raw", "exit", c.def)
			obj.Platform = p
			m := start(t, obj, Options{}).Map(c.def.Name)
			if m.def.KeySize == 4 && m.def.ValueSize == 8 {
				if err := m.Update(key(0), make([]byte, 8), 0); err != nil {
					t.Fatal(err)
				}
			}
			want := c.linux
			if p == bpf.Windows {
				want = c.windows
			}
			if err := c.op(m); !errors.Is(err, want) {
				t.Errorf("%s, %v: got %v, want %v", c.name, p, err, want)
			}
		}
	}
}

// TestMapHelpers is what programs see: r0 of each helper.
func TestMapHelpers(t *testing.T) {
	const prologue = "lddw %r1, MAP+0\nmov %r2, %r10\nadd %r2, -4\nmov %r3, %r10\nadd %r3, -16\nstdw [%r10-16], 7\n"
	update := func(key, flags int) string {
		return prologue + fmt.Sprintf("stw [%%r10-4], %d\nmov %%r4, %d\ncall 2\nexit", key, flags)
	}
	remove := func(key int) string { return prologue + fmt.Sprintf("stw [%%r10-4], %d\ncall 3\nexit", key) }
	for _, c := range []struct {
		name, text     string
		def            *frontend.Map
		linux, windows int64
	}{
		{"insert", update(1, 0), hashMap(4, 8, 1), 0, 0},
		{"exist", update(1, 2), hashMap(4, 8, 1), -2, -19},
		{"flags", update(1, 7), hashMap(4, 8, 1), -22, -6},
		{"delete", remove(1), hashMap(4, 8, 1), -2, -19},
		{"array noexist", update(1, 1), arrayMap(8, 2), -17, -6},
		{"array bounds", update(2, 0), arrayMap(8, 2), -7, -6},
		{"array delete", remove(1), arrayMap(8, 2), -22, 0},
	} {
		for _, p := range []bpf.Platform{bpf.Linux, bpf.Windows} {
			obj := object(t, "raw", c.text, c.def)
			obj.Platform = p
			got, err := start(t, obj, Options{}).Run(obj.Programs[0], Input{})
			want := c.linux
			if p == bpf.Windows {
				want = c.windows
			}
			if err != nil || int64(got.R0) != want {
				t.Errorf("%s, %v: got %d, %v, want %d", c.name, p, int64(got.R0), err, want)
			}
		}
	}
}

func TestMapSharedWithHost(t *testing.T) {
	obj := object(t, "raw", `
		stw [%r10-4], 5
		lddw %r1, MAP+0
		mov %r2, %r10
		add %r2, -4
		call 1
		jne %r0, 0, found
		exit
	found:
		ldxdw %r1, [%r0]
		add %r1, 1
		stxdw [%r0], %r1
		mov %r0, %r1
		exit`, hashMap(4, 8, 4))
	m := start(t, obj, Options{})
	run := func(want uint64) {
		t.Helper()
		if got, err := m.Run(obj.Programs[0], Input{}); err != nil || got.R0 != want {
			t.Errorf("got %d, %v, want %d", got.R0, err, want)
		}
	}
	run(0)
	key := []byte{5, 0, 0, 0}
	if err := m.Map("hash").Update(key, []byte{41, 0, 0, 0, 0, 0, 0, 0}, 0); err != nil {
		t.Fatal(err)
	}
	run(42)
	run(43)
	if got, err := m.Map("hash").Lookup(key); err != nil || got[0] != 43 {
		t.Errorf("got %v, %v, want 43", got, err)
	}
	if keys := m.Map("hash").Keys(); len(keys) != 1 || keys[0][0] != 5 {
		t.Errorf("keys %v", keys)
	}
	if m.Map("nope") != nil {
		t.Error("a map that does not exist")
	}
}

// TestOldValue: a pointer to a value that is replaced or deleted keeps it.
func TestOldValue(t *testing.T) {
	for _, change := range []string{"mov %r3, %r10\nadd %r3, -16\nmov %r4, 0\ncall 2", "call 3"} {
		const find = "lddw %r1, MAP+0\nmov %r2, %r10\nadd %r2, -4\n"
		text := "stdw [%r10-16], 7\nstw [%r10-4], 0\n" +
			find + "mov %r3, %r10\nadd %r3, -16\nmov %r4, 0\ncall 2\n" + // map[0] = 7
			find + "call 1\nmov %r6, %r0\n" + // r6 = &map[0]
			"stdw [%r10-16], 9\n" + find + change + "\n" + // map[0] = 9, or delete
			"ldxdw %r0, [%r6]\nexit"
		if got, err := runText(t, "raw", text, Input{}, hashMap(4, 8, 1)); err != nil || got != 7 {
			t.Errorf("%s: got %d, %v, want 7", change, got, err)
		}
	}
}

func TestGlobals(t *testing.T) {
	data := &frontend.Map{Name: ".data", Type: bpf.MapArray, KeySize: 4, ValueSize: 12, MaxEntries: 1, Data: []byte{1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0}}
	obj := object(t, "raw", "lddw %r1, VAL+0\nldxw %r0, [%r1]\nldxw %r2, [%r1+8]\nadd %r0, %r2\nstxw [%r1], %r0\nexit", data)
	obj.Programs[0].Insns[0].Off = 0
	m := start(t, obj, Options{})
	for _, want := range []uint64{4, 7, 10} {
		if got, err := m.Run(obj.Programs[0], Input{}); err != nil || got.R0 != want {
			t.Errorf("got %d, %v, want %d", got.R0, err, want)
		}
	}
	if data.Data[0] != 1 {
		t.Error("the program wrote to the object")
	}
	obj.Programs[0].Insns[0].Off = 4
	_, err := m.Run(obj.Programs[0], Input{})
	wantFault(t, "behind the data", err, "4 bytes at offset 12 of 12 bytes of a map value")
	obj.Programs[0].Insns[0].Off = 12
	_, err = m.Run(obj.Programs[0], Input{})
	wantFault(t, "offset", err, "offset 12 is outside of the value of map 0")
}

func TestHostAccess(t *testing.T) {
	key := make([]byte, 4)
	for _, c := range []struct {
		flags                  uint32
		frozen                 bool
		lookup, update, remove error
	}{
		{0, true, nil, bpf.EPERM, bpf.EPERM},
		{bpf.FlagRdonly, false, nil, bpf.EPERM, bpf.EPERM},
		{bpf.FlagWronly, false, bpf.EPERM, nil, bpf.EINVAL},
	} {
		def := arrayMap(8, 1)
		def.Flags, def.Frozen = c.flags, c.frozen
		m := start(t, object(t, "raw", "exit", def), Options{}).Map("array")
		if _, err := m.Lookup(key); !errors.Is(err, c.lookup) {
			t.Errorf("%+v: lookup: %v", c, err)
		}
		if err := m.Update(key, make([]byte, 8), 0); !errors.Is(err, c.update) {
			t.Errorf("%+v: update: %v", c, err)
		}
		if err := m.Delete(key); !errors.Is(err, c.remove) {
			t.Errorf("%+v: delete: %v", c, err)
		}
	}
}
