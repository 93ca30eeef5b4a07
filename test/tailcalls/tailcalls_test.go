package tailcalls

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/rtlib/ebpf"
	"github.com/bpf2go-native/bpf2go-native/test/tailcalls/first"
	"github.com/bpf2go-native/bpf2go-native/test/tailcalls/second"
)

func loadFirst(t testing.TB) *first.FirstObjects {
	t.Helper()
	var o first.FirstObjects
	if err := first.LoadFirstObjects(&o, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.Close() })
	return &o
}

func loadSecond(t testing.TB) *second.SecondObjects {
	t.Helper()
	var o second.SecondObjects
	if err := second.LoadSecondObjects(&o, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.Close() })
	return &o
}

// way is a kind of call of an XDP program.
type way struct {
	name string
	run  func(packet []byte) (uint32, error)
}

// ways are all kinds of calls of a program: run is its bound call.
func ways(t testing.TB, p *ebpf.Program, bind func(*rtlib.Frame) (func([]byte) (uint32, error), error)) []way {
	t.Helper()
	f, err := p.NewFrame()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	bound, err := bind(f)
	if err != nil {
		t.Fatal(err)
	}
	return []way{
		{"bound", bound},
		{"owned", func(b []byte) (uint32, error) { return f.RunXDP(p.Runtime(), &rtlib.XDP{Data: b}) }},
		{"pooled", func(b []byte) (uint32, error) { return rtlib.RunXDP(p.Runtime(), &rtlib.XDP{Data: b}) }},
		{"batch", func(b []byte) (uint32, error) {
			verdicts := make([]uint32, 3)
			_, err := f.RunXDPBatch(p.Runtime(), []rtlib.XDP{{Data: b}, {Data: b}, {Data: b}}, verdicts)
			return verdicts[2], err
		}},
		{"handle", func(b []byte) (uint32, error) { return p.Run(&ebpf.RunOptions{Data: b}) }},
	}
}

func forwardWays(t testing.TB, o *first.FirstObjects) []way {
	return ways(t, o.Forward, func(f *rtlib.Frame) (func([]byte) (uint32, error), error) {
		r, err := o.BindForward(f)
		return func(b []byte) (uint32, error) { return r.Packet(b).Run() }, err
	})
}

func put(t testing.TB, m *ebpf.Map, slot uint32, p *ebpf.Program) {
	t.Helper()
	if err := m.Put(slot, p); err != nil {
		t.Fatal(err)
	}
}

// TestAcross: machine code to Go bodies and back, by slots of both packages'
// arrays, with the data of each.
func TestAcross(t *testing.T) {
	a, b, c := loadFirst(t), loadSecond(t), loadFirst(t)
	if a.Forward.Runtime().Engine() == "native" {
		enginetest.RequireText(t, a.Forward.Runtime().Entry(), "first.bpf.c", ".first_forward")
	} else if runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64" {
		t.Errorf("package first has engine %q", a.Forward.Runtime().Engine())
	}
	if engine := b.Relay.Runtime().Engine(); engine != "go" {
		t.Fatalf("package second has engine %q", engine)
	}
	if err := c.Mark.Set(uint64(33)); err != nil {
		t.Fatal(err)
	}
	one := make([]byte, 8)
	one[0] = 77
	if err := a.Values.Put(uint32(1), one); err != nil {
		t.Fatal(err)
	}
	for slot, p := range map[uint32]*ebpf.Program{0: b.Land, 3: b.Relay, 4: c.Land, 5: a.Land, 6: b.Below} {
		put(t, a.Jumps, slot, p)
	}
	for slot, p := range map[uint32]*ebpf.Program{0: a.Land, 1: c.Land, 2: b.Land, 3: a.Hold, 4: b.Relay, 5: a.Forward} {
		put(t, b.Back, slot, p)
	}
	for _, w := range forwardWays(t, a) {
		for _, c := range []struct {
			packet string
			want   uint32
		}{
			{"", 1255},         // refused: no such slot
			{"\x09", 1009},     // the same
			{"\x00", 22},       // to the other package
			{"\x04", 33},       // to another instance of this one
			{"\x05", 11},       // to a program of this instance
			{"\x03\x00", 11},   // there and back
			{"\x03\x01", 33},   // there and to a third instance
			{"\x03\x02", 22},   // there and on
			{"\x03\x03", 77},   // to a program with a hash map, in an epoch of its own
			{"\x03\x06", 3006}, // there; the slot is empty
			{"\x03", 3255},     // there; no such slot
			{"\x03\x04", 3004}, // there 33 times
			{"\x06\x00", 11},   // from a function of a Go body
			{"\x06\x09", 4018}, // the same; refused
		} {
			got, err := w.run([]byte(c.packet))
			if got != c.want || err != nil {
				t.Errorf("%s, packet %x: %d, %v; want %d", w.name, c.packet, got, err, c.want)
			}
		}
	}
}

// TestInTurn: a program of each package in turn, 34 of them. The last is relay,
// whose call is refused.
func TestInTurn(t *testing.T) {
	a, b := loadFirst(t), loadSecond(t)
	put(t, a.Jumps, 3, b.Relay)
	put(t, b.Back, 5, a.Forward)
	for _, w := range forwardWays(t, a) {
		if got, err := w.run([]byte{3, 5}); got != 3005 || err != nil {
			t.Errorf("%s: %d, %v; want 3005", w.name, got, err)
		}
	}
	n := make([]byte, 8)
	if err := b.Seen.Lookup(uint32(5), n); err != nil {
		t.Fatal(err)
	}
	// handle runs once, batch three times: 7 runs with relay 17 times each.
	if got := binary.LittleEndian.Uint64(n); got != 7*17 {
		t.Errorf("relay ran %d times, want %d", got, 7*17)
	}
}

// TestLimit: a program runs 34 times, 33 when another has called it; each run
// begins to count anew.
func TestLimit(t *testing.T) {
	a := loadFirst(t)
	check := func(w way, want uint64) {
		t.Helper()
		if err := a.Runs.Set(uint64(0)); err != nil {
			t.Fatal(err)
		}
		if got, err := w.run([]byte{1}); uint64(got) != want || err != nil {
			t.Errorf("%s: %d, %v; want %d", w.name, got, err, want)
		}
	}
	again := ways(t, a.Again, func(f *rtlib.Frame) (func([]byte) (uint32, error), error) {
		r, err := a.BindAgain(f)
		return func(b []byte) (uint32, error) { return r.Packet(b).Run() }, err
	})
	for range 2 {
		for _, w := range again {
			if w.name == "batch" {
				check(w, 3*34)
			} else {
				check(w, 34)
			}
		}
	}
	for _, w := range forwardWays(t, a) {
		if w.name != "batch" {
			check(w, 33)
		}
	}
}

// TestFunctions: a call that is taken two functions deep ends all of them.
func TestFunctions(t *testing.T) {
	a := loadFirst(t)
	put(t, a.Jumps, 3, a.Land)
	for _, w := range ways(t, a.Below, func(f *rtlib.Frame) (func([]byte) (uint32, error), error) {
		r, err := a.BindBelow(f)
		return func(b []byte) (uint32, error) { return r.Packet(b).Run() }, err
	}) {
		if err := a.Runs.Set(uint64(0)); err != nil {
			t.Fatal(err)
		}
		if got, err := w.run([]byte{3}); got != 11 || err != nil {
			t.Errorf("%s: taken: %d, %v; want 11", w.name, got, err)
		}
		var runs uint64
		if err := a.Runs.Get(&runs); err != nil || runs != 0 {
			t.Errorf("%s: something ran behind the call: %d, %v", w.name, runs, err)
		}
		// total is 6 + 5, got is total + 3.
		if got, err := w.run([]byte{6}); got != 2000+2*14+11 || err != nil {
			t.Errorf("%s: refused: %d, %v; want %d", w.name, got, err, 2000+2*14+11)
		}
	}
}

// TestSwap: one goroutine changes a slot while others run and a third closes
// what was there.
func TestSwap(t *testing.T) {
	a, b := loadFirst(t), loadSecond(t)
	var stop atomic.Bool
	var wg sync.WaitGroup
	var seen [5]atomic.Int64
	kinds := map[uint32]int{1000: 0, 11: 1, 22: 2, 77: 3, 1: 4}
	for kind := range 3 {
		w := forwardWays(t, a)[kind] // each with a Frame of its own
		wg.Add(1)
		go func() {
			defer wg.Done()
			for !stop.Load() {
				got, err := w.run([]byte{0})
				k, known := kinds[got]
				if !known || err != nil {
					t.Errorf("%s: %d, %v", w.name, got, err)
					return
				}
				seen[k].Add(1)
			}
		}()
	}
	value := make([]byte, 8)
	value[0] = 77
	done := func() bool { return seen[0].Load()*seen[1].Load()*seen[2].Load()*seen[3].Load() > 0 }
	for i := 0; i < 300 || i < 30_000 && !done(); i++ {
		var c first.FirstObjects
		if err := first.LoadFirstObjects(&c, nil); err != nil {
			t.Fatal(err)
		}
		if err := c.Values.Put(uint32(1), value); err != nil {
			t.Fatal(err)
		}
		put(t, a.Jumps, 0, b.Land)
		put(t, a.Jumps, 0, c.Hold)
		if err := c.Values.Put(uint32(1), value); err != nil { // the old value is retired
			t.Fatal(err)
		}
		if i%2 == 0 {
			put(t, a.Jumps, 0, c.Land)
		}
		if i%3 == 0 {
			if err := a.Jumps.Delete(uint32(0)); err != nil {
				t.Fatal(err)
			}
		}
		// Closed while the slot may have it, which keeps it open.
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	stop.Store(true)
	wg.Wait()
	if !done() {
		t.Errorf("results: %d refused, %d first, %d second, %d hold", seen[0].Load(), seen[1].Load(), seen[2].Load(), seen[3].Load())
	}
}

// TestClose: Close of the callee's instance empties the slot.
func TestClose(t *testing.T) {
	a := loadFirst(t)
	var c first.FirstObjects
	if err := first.LoadFirstObjects(&c, nil); err != nil {
		t.Fatal(err)
	}
	// By rtlib: a slot that ebpf fills keeps the collection open.
	key, land := make([]byte, 4), c.Land.Runtime()
	if err := a.Jumps.Runtime().UpdateProgram(key, land, 0, nil); err != nil {
		t.Fatal(err)
	}
	for _, w := range forwardWays(t, a) {
		if got, err := w.run([]byte{0}); got != 11 || err != nil {
			t.Errorf("%s: %d, %v; want 11", w.name, got, err)
		}
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for _, w := range forwardWays(t, a) {
		if got, err := w.run([]byte{0}); got != 1000 || err != nil {
			t.Errorf("%s: after Close: %d, %v; want 1000", w.name, got, err)
		}
	}
	if err := a.Jumps.Runtime().UpdateProgram(key, land, 0, nil); !errors.Is(err, os.ErrClosed) {
		t.Errorf("stored after Close: %v", err)
	}
}

// writer is a writer of trace_printk.
type writer func()

// Write implements io.Writer.
func (w writer) Write(p []byte) (int, error) {
	w()
	return len(p), nil
}

// TestPanic: a panic in a helper of a callee, of this instance or of another,
// passes through the machine code of both; afterwards the Frame runs programs
// with the maps of its instance, and may take 33 tail calls.
func TestPanic(t *testing.T) {
	fail := false
	opts := &ebpf.CollectionOptions{Trace: writer(func() {
		if fail {
			panic("from the writer")
		}
	})}
	var a, b first.FirstObjects
	for _, o := range []*first.FirstObjects{&a, &b} {
		if err := first.LoadFirstObjects(o, opts); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = o.Close() })
	}
	s := loadSecond(t)
	if err := b.Mark.Set(uint64(50)); err != nil {
		t.Fatal(err)
	}
	put(t, a.Jumps, 3, a.Speak)
	put(t, a.Jumps, 4, b.Speak)
	put(t, a.Jumps, 5, s.Relay)
	put(t, s.Back, 7, b.Speak)
	f, err := a.Land.NewFrame()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	forward, errForward := a.BindForward(f)
	land, errLand := a.BindLand(f)
	forever, errForever := a.BindForever(f)
	if err := errors.Join(errForward, errLand, errForever); err != nil {
		t.Fatal(err)
	}
	for range 40 { // more often than there are tail calls
		for packet, want := range map[string]uint32{"\x03\x07": 18, "\x04\x07": 57, "\x05\x07": 57} {
			fail = true
			if got := recovered(func() { _, _ = forward.Packet([]byte(packet)).Run() }); got != "from the writer" {
				t.Fatalf("recovered %v", got)
			}
			fail = false
			if got, err := land.Packet(nil).Run(); got != 11 || err != nil {
				t.Fatalf("packet %x: after a panic land gives %d, %v; want 11", packet, got, err)
			}
			if got, err := forward.Packet([]byte(packet)).Run(); got != want || err != nil {
				t.Errorf("packet %x: %d, %v; want %d", packet, got, err, want)
			}
			if got, err := forever.Packet(nil).Run(); got != 7 || err != nil {
				t.Errorf("forever: %d, %v", got, err)
			}
		}
	}
}

// recovered calls f and returns what it panics with.
func recovered(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

// TestStackGrowth: 33 nested calls on goroutines with the smallest stack.
func TestStackGrowth(t *testing.T) {
	a, b := loadFirst(t), loadSecond(t)
	put(t, a.Jumps, 3, b.Relay)
	put(t, b.Back, 5, a.Forward)
	var wg sync.WaitGroup
	for range 200 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			got, err := rtlib.RunXDP(a.Forward.Runtime(), &rtlib.XDP{Data: []byte{3, 5}})
			if got != 3005 || err != nil {
				t.Errorf("%d, %v; want 3005", got, err)
			}
		}()
		runtime.Gosched()
	}
	wg.Wait()
}

// TestMinLen: every way to run a program of section raw/8 refuses 7 bytes.
func TestMinLen(t *testing.T) {
	a := loadFirst(t)
	f, err := a.Least.NewFrame()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	run, err := a.BindLeast(f)
	if err != nil {
		t.Fatal(err)
	}
	for name, call := range map[string]func([]byte) (uint64, error){
		"bound":  func(b []byte) (uint64, error) { return run.Memory(b).Run() },
		"owned":  func(b []byte) (uint64, error) { return a.RunLeastOn(f, b) },
		"pooled": a.RunLeast,
		"handle": func(b []byte) (uint64, error) {
			r0, err := a.Least.Run(&ebpf.RunOptions{Data: b})
			return uint64(r0), err
		},
	} {
		mem := []byte{1, 0, 0, 0, 0, 0, 0, 0, 0}
		for n := range mem {
			_, err := call(mem[:n])
			if n >= 8 {
				continue
			}
			want := fmt.Sprintf(`program "least": memory of %d bytes, section raw/8 was made for at least 8: invalid argument`, n)
			if !errors.Is(err, os.ErrInvalid) || err.Error() != want {
				t.Errorf("%s: %v, want %q", name, err, want)
			}
		}
		for n := 8; n <= 9; n++ {
			if got, err := call(mem[:n]); got != 1+uint64(n) || err != nil {
				t.Errorf("%s: %d, %v; want %d", name, got, err, 1+n)
			}
		}
	}
}

func TestAllocatesNothing(t *testing.T) {
	a, b := loadFirst(t), loadSecond(t)
	put(t, a.Jumps, 3, b.Relay)
	put(t, b.Back, 5, a.Forward)
	packet := []byte{3, 5}
	for _, w := range forwardWays(t, a)[:3] {
		if n := testing.AllocsPerRun(100, func() { _, _ = w.run(packet) }); n != 0 {
			t.Errorf("%s: %v allocations", w.name, n)
		}
	}
}
