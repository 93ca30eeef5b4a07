package rtlib

import (
	"runtime"
	"testing"
	"time"

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// recovered calls f and returns what it panicked with.
func recovered(f func()) (r any) {
	defer func() { r = recover() }()
	f()
	return nil
}

// set counts the cells with an epoch.
func (d *domain) set() (n int) {
	for i := range d.cells {
		if d.cells[i].epoch != 0 {
			n++
		}
	}
	return n
}

// TestPanic: a panic in a helper reaches the caller. An own Frame keeps the
// epoch until its next run, and no slot is lost.
func TestPanic(t *testing.T) {
	d := newDomain(3)
	fail := true
	inst := testInstance(t, d, 1, func(fr *abi.Frame) uint64 {
		if e := d.cells[fr.Slot].epoch; e != d.epoch.Load() {
			return e
		}
		if fail {
			panic("helper")
		}
		return 0
	})
	p := inst.Program("p")
	f, err := NewFrame(inst)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	bound, err := f.BindRaw(p, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		run  func() (uint64, error)
		set  int // cells with an epoch after a panic
	}{
		{"own", func() (uint64, error) { return f.RunRaw(p, nil) }, 1},
		{"bound", func() (uint64, error) { return boundRun(bound, nil) }, 1},
		{"again", func() (uint64, error) { return p.Run(f) }, 1},
		{"pooled", func() (uint64, error) { return RunRaw(p, nil) }, 0},
	} {
		for range 5 { // more often than there are slots
			fail = true
			d.advance() // a new epoch, which the next run has to publish
			if r := recovered(func() { _, _ = c.run() }); r != "helper" {
				t.Fatalf("%s: recovered %v, want the helper's panic", c.name, r)
			}
			if n := d.set(); n != c.set {
				t.Errorf("%s: after a panic %d cells have an epoch, want %d", c.name, n, c.set)
			}
			d.advance()
		}
		fail = false
		if r0, err := c.run(); r0 != 0 || err != nil {
			t.Errorf("%s: after panics: %d, %v; want 0", c.name, r0, err)
		}
		if n := d.set(); n != 0 {
			t.Errorf("%s: after a run %d cells have an epoch", c.name, n)
		}
	}
}

// TestPanicDelays: what a run held that panicked is not used again before the
// next run on its Frame, its Close, or its collection.
func TestPanicDelays(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(f *Frame, p *Program) *Frame
	}{
		{"run", func(f *Frame, p *Program) *Frame { _, _ = f.RunRaw(p, nil); return f }},
		{"batch", func(f *Frame, p *Program) *Frame {
			p.kind = hookXDP
			_, _ = f.RunXDPBatch(p, make([]XDP, 1), make([]uint32, 1))
			return f
		}},
		{"close", func(f *Frame, _ *Program) *Frame { _ = f.Close(); return f }},
		{"lost", func(*Frame, *Program) *Frame { return nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDomain(3)
			fail := true
			inst := testInstance(t, d, 1, func(fr *abi.Frame) uint64 {
				if lookup4(fr, 1); fail {
					panic("helper")
				}
				return 0
			})
			m, key, value := inst.Map("m"), []byte{1, 0, 0, 0}, make([]byte, 32)
			f, err := NewFrame(inst)
			if err != nil {
				t.Fatal(err)
			}
			update := func() {
				for range 2 * retryAfter {
					if err := m.Update(key, value, 0); err != nil {
						t.Fatal(err)
					}
				}
			}
			p := inst.Program("p")
			_ = recovered(func() { _, _ = f.RunRaw(p, nil) })
			fail = false
			update()
			if n := reusedOf(m); n != 0 {
				t.Errorf("elements became free %d times while a cell had their epoch", n)
			}
			if d.synchronize(time.Millisecond) {
				t.Error("synchronize did not see the cell")
			}
			f = c.end(f, p)
			for i := 0; d.set() != 0 && i < 1000; i++ {
				runtime.GC()
				time.Sleep(time.Millisecond)
			}
			if update(); reusedOf(m) == 0 {
				t.Error("no element became free")
			}
			if !d.synchronize(time.Second) {
				t.Error("synchronize still sees an epoch")
			}
			if f != nil {
				_ = f.Close()
			}
		})
	}
}

// TestPanicNested: a helper recovers from a nested run's panic. The outer run
// keeps its epoch; one that has none gets rid of the nested run's.
func TestPanicNested(t *testing.T) {
	d := newDomain(4)
	inner := testInstance(t, d, 1, func(*abi.Frame) uint64 { panic("inner") })
	for _, reclaims := range []bool{true, false} {
		outer := testInstance(t, d, 1, func(fr *abi.Frame) uint64 {
			before := d.cells[fr.Slot].epoch
			d.advance()
			f, err := Nested(fr, inner)
			if err != nil {
				return 1
			}
			for range 2 {
				if recovered(func() { _, _ = f.RunRaw(inner.Program("p"), nil) }) != "inner" {
					return 2
				}
			}
			_ = f.Close()
			if d.cells[fr.Slot].epoch != before {
				return 3
			}
			return 0
		})
		if p := &outer.programs[0]; !reclaims {
			p.run = p.entry
		}
		f, err := NewFrame(outer)
		if err != nil {
			t.Fatal(err)
		}
		if r0, err := f.RunRaw(outer.Program("p"), nil); r0 != 0 || err != nil {
			t.Errorf("reclaims %v: got %d, %v", reclaims, r0, err)
		}
		if n := d.set(); n != 0 {
			t.Errorf("reclaims %v: %d cells have an epoch", reclaims, n)
		}
		_ = f.Close()
	}
}
