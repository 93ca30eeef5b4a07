package soak

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
	"github.com/bpf2go-native/bpf2go-native/test/maps/model"
)

// users is the number of goroutines.
const users = 8

// duration is how long the test goes on.
func duration(t *testing.T) time.Duration {
	text := os.Getenv("SOAK")
	if text == "" {
		return 2 * time.Second
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("SOAK is no duration such as 10m: %v", err)
	}
	return d
}

// subject is a map of the soak.
type subject interface {
	host(u *user) error
	program(u *user) error
}

// user is a goroutine with a Frame.
type user struct {
	id    int
	s     *soak
	frame *rtlib.Frame
	rand  *rand.Rand
	seq   uint64
	body  func(fr *abi.Frame) error
	err   error
	mem   *[512]byte // of the program
}

// put copies b to the program's memory and returns its address.
func (u *user) put(at int, b []byte) uint64 {
	copy(u.mem[at:], b)
	return uint64(uintptr(unsafe.Pointer(&u.mem[at])))
}

// run runs body as the program.
func (u *user) run(body func(fr *abi.Frame) error) error {
	u.body, u.err = body, nil
	_, err := u.frame.RunRaw(u.s.prog, nil)
	return errors.Join(err, u.err)
}

// soak is all maps in one instance.
type soak struct {
	inst     *rtlib.Instance
	prog     *rtlib.Program
	subjects []subject
	bySlot   []*user
	stop     atomic.Bool
	ops      atomic.Int64
}

// specs are the maps with keys.
func specs() []model.Spec {
	list := []model.Spec{
		{Type: bpf.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 40},
	}
	for _, keySize := range []uint32{4, 8, 16, 40} {
		list = append(list, model.Spec{Type: bpf.MapHash, KeySize: keySize, ValueSize: 24, MaxEntries: 32})
	}
	for _, typ := range []bpf.MapType{bpf.MapPercpuHash, bpf.MapLRUHash, bpf.MapLRUPercpu, bpf.MapLPMTrie} {
		flags := uint32(0)
		if typ == bpf.MapLPMTrie {
			flags = bpf.FlagNoPrealloc
		}
		list = append(list, model.Spec{Type: typ, KeySize: 8, ValueSize: 16, MaxEntries: 32, Flags: flags})
	}
	list = append(list, model.Spec{Type: bpf.MapHash, KeySize: 8, ValueSize: 24, MaxEntries: 32, Lock: 1 + 8})
	list = append(list, model.Spec{Type: bpf.MapPercpuArray, KeySize: 4, ValueSize: 8, MaxEntries: 40})
	return list
}

func (s *soak) load(t *testing.T) {
	object := &rtlib.ObjectSpec{Name: "soak", ABI: abi.Version, Programs: []rtlib.ProgramSpec{{
		Name: "step", Hook: "raw", Engine: "go", Reclaims: true, Holds: true, Entry: s.step,
	}}}
	var attach []func(m *rtlib.Map, index int) subject
	add := func(spec rtlib.MapSpec, f func(m *rtlib.Map, index int) subject) {
		spec.Name = fmt.Sprintf("m%d_type%d", len(object.Maps), spec.Type)
		object.Programs[0].Maps = append(object.Programs[0].Maps, len(object.Maps))
		object.Maps, attach = append(object.Maps, spec), append(attach, f)
	}
	for _, k := range specs() {
		k.CPUs = rtlib.PossibleCPU()
		keys := 40
		add(rtlib.MapSpec{Type: k.Type, KeySize: k.KeySize, ValueSize: k.ValueSize, MaxEntries: k.MaxEntries, Flags: k.Flags, Lock: k.Lock},
			func(m *rtlib.Map, i int) subject { return &keyed{spec: k, index: i, m: m, keys: keys} })
	}
	for _, typ := range []bpf.MapType{bpf.MapQueue, bpf.MapStack} {
		add(rtlib.MapSpec{Type: typ, ValueSize: 16, MaxEntries: 20}, func(m *rtlib.Map, i int) subject { return &line{index: i, m: m} })
	}
	add(rtlib.MapSpec{Type: bpf.MapBloomFilter, ValueSize: 8, MaxEntries: 1000}, func(m *rtlib.Map, i int) subject { return &bloom{i, m} })
	add(rtlib.MapSpec{Type: bpf.MapRingbuf, MaxEntries: 4096}, func(m *rtlib.Map, i int) subject {
		reader, err := rtlib.NewRingReader(m)
		if err != nil {
			t.Fatal(err)
		}
		r := &ring{index: i, m: m, reader: reader, done: make(chan error, 1)}
		go r.read()
		return r
	})
	add(rtlib.MapSpec{Type: bpf.MapPerfEvent, KeySize: 4, ValueSize: 4, MaxEntries: uint32(rtlib.PossibleCPU())}, func(m *rtlib.Map, i int) subject {
		reader, err := rtlib.NewPerfReader(m, rtlib.PerfOptions{Bytes: 4096})
		if err != nil {
			t.Fatal(err)
		}
		p := &perf{index: i, m: m, reader: reader, done: make(chan error, 1)}
		go p.read()
		return p
	})
	inner := rtlib.MapSpec{Name: "inner", Type: bpf.MapArray, KeySize: 4, ValueSize: 8, MaxEntries: 1}
	for _, typ := range []bpf.MapType{bpf.MapArrayOfMaps, bpf.MapHashOfMaps} {
		add(rtlib.MapSpec{Type: typ, KeySize: 4, ValueSize: 4, MaxEntries: 8, Inner: &inner},
			func(m *rtlib.Map, i int) subject { return &nested{i, m, inner, 8} })
	}
	inst, err := rtlib.NewInstance(object, &rtlib.InstanceOptions{PoisonFreed: true})
	if err != nil {
		t.Fatal(err)
	}
	s.inst, s.prog, s.bySlot = inst, inst.Program("step"), make([]*user, rtlib.PossibleCPU())
	for i, f := range attach {
		s.subjects = append(s.subjects, f(inst.Map(object.Maps[i].Name), i))
	}
}

// step is the program.
func (s *soak) step(fr *abi.Frame) uint64 {
	u := s.bySlot[fr.Slot]
	u.err = u.body(fr)
	return 0
}

// use is what a goroutine does.
func (s *soak) use(u *user) error {
	for n := 0; !s.stop.Load(); n++ {
		sub := s.subjects[u.rand.IntN(len(s.subjects))]
		do := sub.host
		if u.rand.IntN(2) == 0 {
			do = sub.program
		}
		if err := do(u); err != nil {
			s.stop.Store(true)
			return fmt.Errorf("goroutine %d, step %d: %w", u.id, n, err)
		}
		s.ops.Add(1)
	}
	return nil
}

func TestSoak(t *testing.T) {
	before := settled()
	s := new(soak)
	s.load(t)
	var wg sync.WaitGroup
	errs := make([]error, users)
	for id := range users {
		f, err := rtlib.NewFrame(s.inst)
		if err != nil {
			t.Fatal(err)
		}
		u := &user{id: id, s: s, frame: f, rand: rand.New(rand.NewPCG(1, uint64(id))), mem: new([512]byte)}
		s.bySlot[f.Slot()] = u
		wg.Go(func() {
			errs[id] = errors.Join(s.use(u), f.Close())
		})
	}
	long := duration(t)
	time.AfterFunc(long, func() { s.stop.Store(true) })
	time.Sleep(long / 4)
	early := resident()
	wg.Wait()
	late := resident()
	err := errors.Join(errs...)
	t.Logf("%d operations in %v; resident %d MiB after a quarter, %d MiB in the end", s.ops.Load(), long, early>>20, late>>20)
	if late > early+early/4+32<<20 {
		t.Errorf("resident memory grew from %d to %d bytes", early, late)
	}
	for _, sub := range s.subjects {
		switch sub := sub.(type) {
		case *line:
			err = errors.Join(err, sub.balance())
		case *ring:
			err = errors.Join(err, sub.finish())
		case *perf:
			err = errors.Join(err, sub.finish())
		case *keyed:
			if !sub.spec.Array() {
				err = errors.Join(err, emptied(sub.m))
			}
		}
	}
	if err = errors.Join(err, s.inst.Close()); err != nil {
		t.Fatal(err)
	}
	s.subjects = nil
	after := settled()
	if after.goroutines > before.goroutines {
		t.Errorf("%d goroutines are left, there were %d", after.goroutines, before.goroutines)
	}
	if after.heap > before.heap+8<<20 {
		t.Errorf("%d bytes of heap are left, there were %d", after.heap, before.heap)
	}
}

// state is what a process has.
type state struct {
	goroutines int
	heap       uint64
}

// settled is the state when what has ended is gone.
func settled() state {
	var m runtime.MemStats
	for range 3 {
		runtime.GC()
		time.Sleep(10 * time.Millisecond)
	}
	runtime.ReadMemStats(&m)
	return state{runtime.NumGoroutine(), m.HeapAlloc}
}
