package rtlib

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// boundRun is what generated code makes of a Bound, but that it calls the code
// of its program through a func value.
func boundRun(b *Bound, data []byte) (uint64, error) {
	b.Set(data)
	return boundAgain(b)
}

// boundAgain runs on the input that the Frame has.
func boundAgain(b *Bound) (r0 uint64, err error) {
	if b.prog.reclaims {
		if b.Enter() {
			r0 = b.prog.entry(b.Frame)
			b.Leave()
			return
		}
		return b.Run()
	}
	if err = b.Err(); err == nil {
		r0 = b.prog.entry(b.Frame)
	}
	return
}

// boundSpec has programs with and without epochs: the sum of the bounds, and
// a second one on the same Frame.
func boundSpec() *ObjectSpec {
	spec := fullSpec()
	for _, reclaims := range []bool{false, true} {
		suffix := map[bool]string{false: "", true: "_reclaims"}[reclaims]
		spec.Programs = append(spec.Programs,
			ProgramSpec{Name: "length" + suffix, Hook: "xdp", Engine: "go", Reclaims: reclaims, Entry: func(fr *abi.Frame) uint64 {
				return fr.Ctx[0]<<32 | fr.Ctx[1]<<24 | (fr.Data-fr.DataMeta)<<16 | (fr.DataEnd - fr.Data)
			}},
			ProgramSpec{Name: "size" + suffix, Hook: "raw", Engine: "go", Reclaims: reclaims, Entry: func(fr *abi.Frame) uint64 {
				return 1<<63 | (fr.DataEnd - fr.Data)
			}})
	}
	return spec
}

func TestBind(t *testing.T) {
	for _, suffix := range []string{"", "_reclaims"} {
		inst := mustLoad(t, boundSpec(), nil)
		f, err := NewFrame(inst)
		if err != nil {
			t.Fatal(err)
		}
		length, errLength := f.BindXDP(inst.Program("length"+suffix), nil)
		size, errSize := f.BindRaw(inst.Program("size"+suffix), nil)
		if errLength != nil || errSize != nil {
			t.Fatal(errLength, errSize)
		}
		if again, _ := f.BindXDP(inst.Program("length"+suffix), nil); again != length || len(f.bound) != 2 {
			t.Errorf("binding twice makes %d bindings, want 2", len(f.bound))
		}
		for _, n := range []int{0, 1, 60, 1500} {
			if got, err := boundRun(length, make([]byte, n)); got != uint64(n) || err != nil {
				t.Errorf("packet of %d: got %d, %v", n, got, err)
			}
			if got, err := boundRun(size, make([]byte, n)); got != 1<<63|uint64(n) || err != nil {
				t.Errorf("memory of %d: got %#x, %v", n, got, err)
			}
		}
		// Scalar fields stay, metadata does not.
		if _, err := f.RunXDP(inst.Program("length"+suffix), &XDP{Data: make([]byte, 9), MetaLen: 4, RxQueueIndex: 3}); err != nil {
			t.Error(err)
		}
		if got, err := boundRun(length, make([]byte, 7)); got != 3<<24|7 || err != nil {
			t.Errorf("after RunXDP: got %#x, %v, want %#x", got, err, 3<<24|7)
		}
		_ = f.Close()
	}
}

func TestBindErrors(t *testing.T) {
	inst := mustLoad(t, boundSpec(), nil)
	f, err := NewFrame(inst)
	if err != nil {
		t.Fatal(err)
	}
	other := mustLoad(t, boundSpec(), nil)
	for _, c := range []struct {
		name string
		bind func() error
		want error
	}{
		{"hook", func() error { _, err := f.BindRaw(inst.Program("length"), nil); return err }, os.ErrInvalid},
		{"nil program", func() error { _, err := f.BindXDP(nil, nil); return err }, os.ErrInvalid},
		{"nil frame", func() error { _, err := (*Frame)(nil).BindXDP(inst.Program("length"), nil); return err }, os.ErrInvalid},
		{"other code", func() error { _, err := f.BindXDP(inst.Program("length"), &other.spec.Programs[0]); return err }, os.ErrInvalid},
		{"other instance", func() error { _, err := f.BindXDP(other.Program("length"), nil); return err }, os.ErrInvalid},
		{"closed frame", func() error { _ = f.Close(); _, err := f.BindXDP(inst.Program("length"), nil); return err }, os.ErrClosed},
		{"closed instance", func() error { _ = inst.Close(); _, err := f.BindXDP(inst.Program("length"), nil); return err }, os.ErrClosed},
	} {
		if err := c.bind(); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

// TestBoundClosed: a bound run after Close of the Frame or the instance does
// not reach the program, even when it had its packet before.
func TestBoundClosed(t *testing.T) {
	for _, reclaims := range []bool{false, true} {
		for _, first := range []string{"frame", "instance"} {
			var runs int
			inst := mustLoad(t, &ObjectSpec{Name: "o", ABI: abi.Version, Programs: []ProgramSpec{
				{Name: "p", Hook: "raw", Reclaims: reclaims, Entry: func(*abi.Frame) uint64 { runs++; return 5 }},
			}}, nil)
			f, err := NewFrame(inst)
			if err != nil {
				t.Fatal(err)
			}
			bound, err := f.BindRaw(inst.Program("p"), nil)
			if err != nil {
				t.Fatal(err)
			}
			bound.Set(make([]byte, 8))
			if r0, err := boundAgain(bound); r0 != 5 || err != nil {
				t.Errorf("before: %d, %v", r0, err)
			}
			if first == "frame" {
				_ = f.Close()
			} else {
				_ = inst.Close()
			}
			for range 2 {
				if r0, err := boundAgain(bound); r0 != 0 || !errors.Is(err, os.ErrClosed) || runs != 1 {
					t.Errorf("reclaims %v, closed %s: %d, %v, %d runs", reclaims, first, r0, err, runs)
				}
			}
			if _, err := f.RunRaw(inst.Program("p"), nil); !errors.Is(err, os.ErrClosed) {
				t.Errorf("RunRaw: %v", err)
			}
			_, _ = inst.Close(), f.Close()
			if r0, err := boundRun(bound, nil); r0 != 0 || !errors.Is(err, os.ErrClosed) {
				t.Errorf("both closed: %d, %v", r0, err)
			}
		}
	}
}

// TestBoundClosing: Close waits for bound runs that take part in reclamation,
// and later ones fail.
func TestBoundClosing(t *testing.T) {
	for range 50 {
		var closed atomic.Bool
		inst := mustLoad(t, &ObjectSpec{Name: "o", ABI: abi.Version, Programs: []ProgramSpec{
			{Name: "p", Hook: "raw", Reclaims: true, Entry: func(*abi.Frame) uint64 {
				if closed.Load() {
					return 1
				}
				return 0
			}},
		}}, nil)
		var wg, ready sync.WaitGroup
		for range 3 {
			f, err := NewFrame(inst)
			if err != nil {
				t.Fatal(err)
			}
			bound, err := f.BindRaw(inst.Program("p"), nil)
			if err != nil {
				t.Fatal(err)
			}
			wg.Add(1)
			ready.Add(1)
			go func() {
				defer wg.Done()
				defer func() { _ = f.Close() }()
				for i := 0; ; i++ {
					r0, err := boundRun(bound, nil)
					if r0 != 0 {
						t.Error("the program ran when Close had returned")
					}
					if i == 10 {
						ready.Done()
					}
					if err != nil {
						break
					}
				}
			}()
		}
		ready.Wait()
		if err := inst.Close(); err != nil {
			t.Error(err)
		}
		closed.Store(true)
		wg.Wait()
	}
}

// TestBoundNested: a bound run on a nested Frame keeps the epoch of the outer
// run, and has one of its own when that has none.
func TestBoundNested(t *testing.T) {
	d := newDomain(2)
	inner := testInstance(t, d, 1, func(fr *abi.Frame) uint64 { return d.cells[fr.Slot].epoch })
	outer := testInstance(t, d, 1, func(fr *abi.Frame) uint64 {
		f, err := Nested(fr, inner)
		if err != nil {
			return 1
		}
		defer func() { _ = f.Close() }()
		bound, err := f.BindRaw(inner.Program("p"), nil)
		if err != nil {
			return 2
		}
		for _, epoch := range []uint64{d.cells[fr.Slot].epoch, 0} {
			d.cells[fr.Slot].epoch = epoch
			d.advance()
			want := epoch
			if epoch == 0 {
				want = d.epoch.Load()
			}
			if r0, err := boundRun(bound, nil); r0 != want || err != nil || d.cells[fr.Slot].epoch != epoch {
				return 3
			}
		}
		return 0
	})
	f, err := NewFrame(outer)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if r0, err := f.RunRaw(outer.Program("p"), nil); r0 != 0 || err != nil {
		t.Errorf("got %d, %v", r0, err)
	}
}
