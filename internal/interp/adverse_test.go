package interp

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// TestAdverse: what a program must not rely on is different at times.
func TestAdverse(t *testing.T) {
	for _, c := range []struct {
		name, text string
		def        *frontend.Map
	}{
		{"a value changes between two reads", look + "ldxdw %r1, [%r6]\nldxdw %r2, [%r6]\nmov %r0, 0\njeq %r1, %r2, +1\nmov %r0, 1\nexit", arrayMap(8, 1)},
		{"a key appears", look + "mov %r0, 1\nexit", hashMap(4, 8, 1)},
		{"a key goes", "stw [%r10-4], 0\nstdw [%r10-16], 0\nlddw %r1, MAP+0\nmov %r2, %r10\nadd %r2, -4\nmov %r3, %r10\nadd %r3, -16\nmov %r4, 0\ncall 2\n" + look + "mov %r0, 1\nexit", hashMap(4, 8, 1)},
		{"two lookups differ", look + "mov %r7, %r0\n" + look + "sub %r0, %r7\njeq %r0, 0, +1\nmov %r0, 1\nexit", hashMap(4, 8, 4)},
		{"a constant is hit", "call 7\nmov %r6, %r0\nmov %r0, 0\njne32 %r6, 123456, +1\nmov %r0, 1\nexit", arrayMap(8, 1)},
	} {
		got := map[uint64]bool{}
		obj := object(t, "xdp", c.text, c.def)
		for seed := range uint64(200) {
			res, err := start(t, obj, Options{Seed: seed, Adverse: true}).Run(obj.Programs[0], Input{})
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			got[res.R0] = true
		}
		if !got[0] || !got[1] {
			t.Errorf("%s: results %v", c.name, got)
		}
	}
}

// TestReproducible: equal seeds give equal runs, others do not.
func TestReproducible(t *testing.T) {
	for k := range 2 {
		obj := object(t, "sched_cls", "mov %r6, %r1\nmov %r2, 0\ncall 39\nmov %r7, %r0\nmov %r1, %r6\ncall 34\nadd %r0, %r7\nexit")
		results := map[uint64]bool{}
		for seed := range uint64(20) {
			rng := func() *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }
			opt := Options{Seed: seed, Adverse: k == 1}
			a, errA := start(t, obj, opt).Run(obj.Programs[0], DrawFor(rng(), obj.Programs[0]))
			b, errB := start(t, obj, opt).Run(obj.Programs[0], DrawFor(rng(), obj.Programs[0]))
			if errA != nil || errB != nil || a != b {
				t.Fatalf("seed %d: %v, %v, %v, %v", seed, a, errA, b, errB)
			}
			results[a.R0] = true
		}
		if len(results) < 5 {
			t.Errorf("20 seeds give %d results", len(results))
		}
	}
}

// TestDrawFor: lengths near the constants of a program are frequent.
func TestDrawFor(t *testing.T) {
	p := object(t, "xdp", "ldxw %r2, [%r1]\nadd %r2, 777\nmov %r0, 0\nexit").Programs[0]
	rng := rand.New(rand.NewPCG(1, 1))
	hits := 0
	for range 500 {
		if in := DrawFor(rng, p); len(in.Data)+len(in.Tail) == 777 {
			hits++
		}
	}
	if hits < 5 {
		t.Errorf("%d of 500 packets have 777 bytes", hits)
	}
	a, b := DrawFor(rand.New(rand.NewPCG(5, 5)), p), DrawFor(rand.New(rand.NewPCG(5, 5)), p)
	if !reflect.DeepEqual(a, b) {
		t.Error("equal sources give different inputs")
	}
}

// TestInnerMaps: the host gives a map of maps its maps; the program sees what
// the template describes.
func TestInnerMaps(t *testing.T) {
	outer := typed(bpf.MapHashOfMaps, 4, 4, 3)
	outer.Inner = hashMap(4, 8, 3)
	const text = look + "mov %r1, %r0\nmov %r2, %r10\nadd %r2, -4\ncall 1\njne %r0, 0, +1\nexit\nldxdw %r0, [%r0]\nexit"
	runFeatures(t, []feature{
		{name: "found", maps: []*frontend.Map{outer}, text: text, want: []uint64{7}, prepare: func(t *testing.T, m *Machine) {
			inner, err := m.Map("typed").SetInner([]byte{0, 0, 0, 0})
			if err != nil {
				t.Fatal(err)
			}
			if err := inner.Update([]byte{0, 0, 0, 0}, []byte{7, 0, 0, 0, 0, 0, 0, 0}, 0); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "none", maps: []*frontend.Map{outer}, text: text, want: []uint64{0}},
		{name: "not tested", maps: []*frontend.Map{outer}, text: "stw [%r10-4], 0\nlddw %r1, MAP+0\nmov %r2, %r10\nadd %r2, -4\ncall 1\nmov %r1, %r0\nmov %r2, %r10\nadd %r2, -4\ncall 1\nexit", fault: "r1, argument 1 of map_lookup_elem, is a number, 0x0, not a map"},
	})
}

// TestPerCPU: the program sees the value of its CPU, 2, and asks for others.
func TestPerCPU(t *testing.T) {
	percpu := typed(bpf.MapPercpuArray, 4, 8, 2)
	fill := func(t *testing.T, m *Machine) {
		if err := m.Map("typed").Update([]byte{0, 0, 0, 0}, []byte{7, 0, 0, 0, 0, 0, 0, 0}, 0); err != nil {
			t.Fatal(err)
		}
	}
	cpu := func(n string) string {
		return "stw [%r10-4], 0\nlddw %r1, MAP+0\nmov %r2, %r10\nadd %r2, -4\nmov %r3, " + n + "\ncall 195\njne %r0, 0, +2\nmov %r0, 99\nexit\nldxdw %r0, [%r0]\nexit"
	}
	runFeatures(t, []feature{
		{name: "own", maps: []*frontend.Map{percpu}, prepare: fill, text: look + "stdw [%r0], 9\n" + cpu("2"), want: []uint64{9}},
		{name: "another", maps: []*frontend.Map{percpu}, prepare: fill, text: look + "stdw [%r0], 9\n" + cpu("1"), want: []uint64{7}},
		{name: "none", maps: []*frontend.Map{percpu}, prepare: fill, text: cpu("4"), want: []uint64{99}},
	})
}

// TestLeastRecentlyUsed: a full LRU map gives up what was used longest ago.
func TestLeastRecentlyUsed(t *testing.T) {
	obj := object(t, "xdp", "mov %r0, 0\nexit", typed(bpf.MapLRUHash, 4, 4, 2))
	m := start(t, obj, Options{}).Map("typed")
	key := func(k byte) []byte { return []byte{k, 0, 0, 0} }
	for _, k := range []byte{1, 2} {
		if err := m.Update(key(k), key(k), 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := m.Lookup(key(1)); err != nil {
		t.Fatal(err)
	}
	if err := m.Update(key(3), key(3), 0); err != nil {
		t.Fatal(err)
	}
	if got := m.Keys(); !reflect.DeepEqual(got, [][]byte{key(1), key(3)}) {
		t.Errorf("keys %v", got)
	}
}
