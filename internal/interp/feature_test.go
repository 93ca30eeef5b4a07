package interp

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// feature is a program that is run with many seeds.
type feature struct {
	name, hook, text string
	maps             []*frontend.Map
	kfuncs           []string
	in               Input
	// want are all results that occur; fault, when not "", occurs as well,
	// and no other.
	want  []uint64
	fault string
	// prepare is called before each run.
	prepare func(t *testing.T, m *Machine)
}

const seeds = 60

// runFeatures runs each with all seeds and compares what occurs.
func runFeatures(t *testing.T, features []feature) {
	t.Helper()
	for _, c := range features {
		t.Run(c.name, func(t *testing.T) {
			hook := c.hook
			if hook == "" {
				hook = "xdp"
			}
			obj := object(t, hook, c.text, c.maps...)
			obj.Programs[0].Kfuncs = c.kfuncs
			got, faults := map[uint64]bool{}, 0
			for seed := range uint64(seeds) {
				m := start(t, obj, Options{Seed: seed, CPU: func() uint32 { return 2 }})
				if c.prepare != nil {
					c.prepare(t, m)
				}
				in := c.in
				in.Data, in.Tail = slices.Clone(in.Data), slices.Clone(in.Tail)
				res, err := m.Run(obj.Programs[0], in)
				var f *Fault
				switch {
				case err == nil:
					got[res.R0] = true
				case c.fault == "" || !errors.As(err, &f) || !strings.Contains(err.Error(), c.fault):
					t.Fatalf("seed %d: %v, want %q", seed, err, c.fault)
				default:
					faults++
				}
			}
			if want := c.want; !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(slices.Values(want))) {
				t.Errorf("results %#x, want %#x", slices.Sorted(maps.Keys(got)), want)
			}
			if c.fault != "" && faults == 0 {
				t.Errorf("no seed has the fault %q", c.fault)
			}
		})
	}
}

// errnoOf is r0 after a helper failed.
func errnoOf(e bpf.Errno) uint64 { return uint64(-int64(e)) }

func typed(typ bpf.MapType, key, value, entries uint32) *frontend.Map {
	return &frontend.Map{Name: "typed", Type: typ, KeySize: key, ValueSize: value, MaxEntries: entries}
}

func ringMap() *frontend.Map { return typed(bpf.MapRingbuf, 0, 0, 4096) }

// locked is an array whose values have a spin lock at 0 and a timer at 8.
func locked() *frontend.Map {
	m := typed(bpf.MapArray, 4, 32, 2)
	m.Special = []frontend.Special{
		{Kind: frontend.SpecialSpinLock, Name: "bpf_spin_lock", Off: 0, Size: 4},
		{Kind: frontend.SpecialTimer, Name: "bpf_timer", Off: 8, Size: 16},
	}
	return m
}

// look is a lookup of key 0 (4 bytes at r10-4) in map 0, ending with 0 when
// there is nothing; the value is in r0 and r6.
const look = "stw [%r10-4], 0\nlddw %r1, MAP+0\nmov %r2, %r10\nadd %r2, -4\ncall 1\nmov %r6, %r0\njne %r0, 0, +1\nexit\n"

const (
	reserve8 = "lddw %r1, MAP+0\nmov %r2, 8\nmov %r3, 0\ncall 131\njne %r0, 0, +1\nexit\nmov %r6, %r0\n"
	submit   = "mov %r1, %r6\nmov %r2, 0\ncall 132\n"
	discard  = "mov %r1, %r6\nmov %r2, 0\ncall 133\n"
	end      = "mov %r0, 1\nexit\n"
)

func TestReferences(t *testing.T) {
	ring := []*frontend.Map{ringMap()}
	runFeatures(t, []feature{
		{name: "submitted", maps: ring, text: reserve8 + "stdw [%r6], 7\n" + submit + end, want: []uint64{0, 1}},
		{name: "discarded", maps: ring, text: reserve8 + discard + end, want: []uint64{0, 1}},
		{name: "leaked", maps: ring, text: reserve8 + end, want: []uint64{0}, fault: "the program ends and holds a ring buffer record of instruction 4"},
		{name: "not null", maps: ring, text: "lddw %r1, MAP+0\nmov %r2, 8\nmov %r3, 0\ncall 131\nmov %r6, %r0\nldxb %r0, [%r6]\n" + submit + end, want: []uint64{1}, fault: "does not point to memory"},
		{name: "twice", maps: ring, text: reserve8 + submit + discard + end, want: []uint64{0}, fault: "not the start of a ring buffer record that is held"},
		{name: "used after", maps: ring, text: reserve8 + submit + "ldxb %r0, [%r6]\nexit", want: []uint64{0}, fault: "the ring buffer record has been released by ringbuf_submit"},
		{name: "copy used after", maps: ring, text: reserve8 + "mov %r7, %r6\nadd %r7, 3\nstxdw [%r10-8], %r7\n" + discard + "ldxdw %r7, [%r10-8]\nldxb %r0, [%r7]\nexit", want: []uint64{0}, fault: "has been released by ringbuf_discard"},
		{name: "with offset", maps: ring, text: reserve8 + "add %r6, 4\n" + submit + end, want: []uint64{0}, fault: "not the start of a ring buffer record"},
		{name: "outside", maps: ring, text: reserve8 + "ldxw %r0, [%r6+5]\n" + submit + end, want: []uint64{0}, fault: "4 bytes at offset 5 of 8 bytes of memory"},
		{name: "too large", maps: ring, text: "lddw %r1, MAP+0\nmov %r2, 8192\nmov %r3, 0\ncall 131\nexit", want: []uint64{0}},
		{name: "flags", maps: ring, text: "lddw %r1, MAP+0\nmov %r2, 8\nmov %r3, 1\ncall 131\nexit", want: []uint64{0}},
		{name: "not a ring", maps: []*frontend.Map{hashMap(4, 4, 4)}, text: reserve8 + end, fault: "map hash of type hash cannot be used by ringbuf_reserve"},
		{name: "record as output", maps: ring, text: reserve8 + "lddw %r1, MAP+0\nmov %r2, %r6\nmov %r3, 8\nmov %r4, 0\ncall 130\n" + discard + end, want: []uint64{0, 1}},
		{name: "in a callee", maps: ring, text: reserve8 + "call local f\nmov %r1, %r0\nmov %r0, 1\nexit\nf:\nmov %r1, %r6\nexit", want: []uint64{0}, fault: "r6 is not initialised"},
		{name: "released by a callee", maps: ring, text: reserve8 + "mov %r1, %r6\ncall local f\nmov %r0, 1\nexit\nf:\nmov %r2, 0\ncall 132\nmov %r0, 0\nexit", want: []uint64{0, 1}},
	})
}

func TestEvents(t *testing.T) {
	obj := object(t, "xdp", reserve8+"stdw [%r6], 7\n"+submit+end, ringMap())
	var out Output
	for seed := range uint64(20) {
		out = Output{}
		if _, err := start(t, obj, Options{Seed: seed}).Run(obj.Programs[0], Input{Output: &out}); err != nil {
			t.Fatal(err)
		}
		if len(out.Events) > 0 {
			break
		}
	}
	if len(out.Events) != 1 || out.Events[0].Map != 0 || !slices.Equal(out.Events[0].Data, []byte{7, 0, 0, 0, 0, 0, 0, 0}) {
		t.Errorf("events %v", out.Events)
	}
}

func TestSpinLocks(t *testing.T) {
	lock, unlock := "mov %r1, %r6\ncall 93\n", "mov %r1, %r6\ncall 94\n"
	maps := []*frontend.Map{locked()}
	other := "stw [%r10-4], 1\nlddw %r1, MAP+0\nmov %r2, %r10\nadd %r2, -4\ncall 1\njne %r0, 0, +1\nexit\nmov %r7, %r0\n"
	runFeatures(t, []feature{
		{name: "held", maps: maps, text: look + lock + "stw [%r6+4], 1\n" + unlock + end, want: []uint64{1}},
		{name: "not released", maps: maps, text: look + lock + end, fault: "the program ends and holds the spin lock of instruction 10"},
		{name: "not held", maps: maps, text: look + unlock + end, fault: "and no lock is held"},
		{name: "twice", maps: maps, text: look + lock + lock + end, fault: "call of spin_lock with the spin lock of instruction 10 held"},
		{name: "helper", maps: maps, text: look + lock + "call 5\n" + unlock + end, fault: "call of ktime_get_ns with the spin lock"},
		{name: "another one", maps: maps, text: look + other + lock + "mov %r1, %r7\ncall 94\n" + end, fault: "not the lock that is held"},
		{name: "not at the lock", maps: maps, text: look + "mov %r1, %r6\nadd %r1, 4\ncall 93\n" + end, fault: "not at such a part of a map value"},
		{name: "read", maps: maps, text: look + "ldxw %r0, [%r6]\nexit", fault: "bytes 0 to 3 of the value of map 0 are a bpf_spin_lock"},
		{name: "overlapped", maps: maps, text: look + "stdw [%r6+20], 1\nexit", fault: "bytes 8 to 23 of the value of map 0 are a bpf_timer"},
		{name: "local call", maps: maps, text: look + lock + "call local f\n" + unlock + end + "f:\nmov %r0, 0\nexit", want: []uint64{1}},
		{name: "as a buffer", maps: maps, text: look + "mov %r1, %r6\nmov %r2, 8\ncall 16\n" + end, hook: "kprobe", fault: "which only helpers may touch"},
	})
}

func TestTimers(t *testing.T) {
	// r6 is the value, its timer is at 8. The callback adds 1 to the word at 24.
	text := look + `mov %r1, %r6
add %r1, 8
lddw %r2, MAP+0
mov %r3, 0
call 169
mov %r7, %r0
mov %r1, %r6
add %r1, 8
lddw %r2, FUNC:f
call 170
or %r7, %r0
mov %r1, %r6
add %r1, 8
mov %r2, 5
mov %r3, 0
call 171
or %r7, %r0
mov %r0, %r7
exit
f:
ldxdw %r4, [%r3+24]
add %r4, 1
stxdw [%r3+24], %r4
ldxw %r4, [%r2]
mov %r0, 0
exit
`
	obj := object(t, "xdp", text, locked())
	m := start(t, obj, Options{})
	if n, err := m.Fire(Input{}); n != 0 || err != nil {
		t.Errorf("%d timers, %v", n, err)
	}
	for k, want := range []uint64{0, errnoOf(bpf.EBUSY)} {
		got, err := m.Run(obj.Programs[0], Input{})
		if err != nil || got.R0 != want {
			t.Fatalf("run %d: %#x, %v", k, got.R0, err)
		}
		if n, err := m.Fire(Input{}); n != 1 || err != nil {
			t.Errorf("%d timers, %v", n, err)
		}
	}
	value, err := m.Map("typed").Lookup([]byte{0, 0, 0, 0})
	if err != nil || value[24] != 2 {
		t.Errorf("value %v, %v", value, err)
	}
}
