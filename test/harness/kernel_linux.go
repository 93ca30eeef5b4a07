package harness

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"github.com/cilium/ebpf/ringbuf"
	"golang.org/x/sys/unix"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// KernelMissing says why cases cannot run in the kernel, "" when they can.
func KernelMissing() string {
	if os.Geteuid() != 0 {
		return "needs root to load programs"
	}
	m, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 4, MaxEntries: 1})
	if err != nil {
		return "needs bpf(2): " + err.Error()
	}
	return errorText(m.Close())
}

func errorText(err error) string {
	if err != nil {
		return err.Error()
	}
	return ""
}

// Kernel runs a case in the kernel of this machine, by test runs of XDP
// programs, on one CPU. R0 is the 32 bits of a verdict; a program that does not
// load is the Refused of the result. The case's programs call no functions
// outside of themselves.
func Kernel(c *Case) (r Result, err error) {
	k := &kernelRun{c: c, maps: make([]*ebpf.Map, len(c.Object.Maps))}
	defer func() {
		for _, m := range k.maps {
			err = errors.Join(err, m.Close()) // of nil it does nothing
		}
		for _, p := range k.progs {
			err = errors.Join(err, p.Close())
		}
	}()
	if err := k.load(); err != nil {
		return Result{Refused: err}, nil
	}
	unpin, err := onOneCPU()
	if err != nil {
		return r, err
	}
	defer unpin()
	for _, in := range c.Inputs {
		opts := ebpf.RunOptions{Data: in.Data, DataOut: make([]byte, len(in.Data)+256)}
		r0, err := k.progs[c.Program].Run(&opts)
		if err != nil {
			return r, fmt.Errorf("%s: %w", c.Name, err)
		}
		r.Outputs = append(r.Outputs, Output{R0: uint64(r0), Data: opts.DataOut})
	}
	for i, def := range c.Object.Maps {
		if !dumped(def) || def.Inner != nil {
			continue
		}
		entries, err := k.contents(i)
		if err != nil {
			return r, fmt.Errorf("map %s: %w", def.Name, err)
		}
		r.Maps = append(r.Maps, MapDump{def.Name, entries})
	}
	return r, nil
}

// onOneCPU keeps the goroutine on the processor that it is on.
func onOneCPU() (undo func(), err error) {
	runtime.LockOSThread()
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return nil, err
	}
	for cpu := range 1024 {
		if before.IsSet(cpu) {
			one.Set(cpu)
			break
		}
	}
	undo = func() {
		_ = unix.SchedSetaffinity(0, &before)
		runtime.UnlockOSThread()
	}
	return undo, unix.SchedSetaffinity(0, &one)
}

type kernelRun struct {
	c     *Case
	maps  []*ebpf.Map
	progs []*ebpf.Program
}

func (k *kernelRun) load() error {
	for i, def := range k.c.Object.Maps {
		var err error
		if k.maps[i], err = ebpf.NewMap(kernelSpec(def)); err != nil {
			return fmt.Errorf("map %s: %w", def.Name, err)
		}
		if def.Data != nil {
			if err := k.maps[i].Put(uint32(0), def.Data); err != nil {
				return err
			}
		}
		if def.Frozen {
			if err := k.maps[i].Freeze(); err != nil {
				return err
			}
		}
	}
	for _, s := range k.c.Samples {
		at := slices.IndexFunc(k.c.Object.Maps, func(m *frontend.Map) bool { return m.Name == s.Map })
		if err := produce(k.maps[at], &s); err != nil {
			return fmt.Errorf("map %s: %w", s.Map, err)
		}
	}
	for _, p := range k.c.Object.Programs {
		loaded, err := k.loadProgram(p)
		if err != nil {
			return err
		}
		k.progs = append(k.progs, loaded)
	}
	for i, def := range k.c.Object.Maps {
		for _, slot := range def.Slots {
			var value any
			if slot.Map >= 0 {
				value = k.maps[slot.Map]
			} else {
				value = k.progs[slices.IndexFunc(k.c.Object.Programs, func(p *frontend.Program) bool { return p.Name == slot.Program })]
			}
			if err := k.maps[i].Put(uint32(slot.Index), value); err != nil {
				return err
			}
		}
	}
	return nil
}

// kernelSpec is a map as the kernel is asked for it; one with a lock has BTF.
func kernelSpec(def *frontend.Map) *ebpf.MapSpec {
	s := &ebpf.MapSpec{
		Type: ebpf.MapType(def.Type), KeySize: def.KeySize, ValueSize: def.ValueSize, MaxEntries: def.MaxEntries, Flags: def.Flags, MapExtra: def.Extra,
	}
	if def.Inner != nil {
		s.InnerMap = kernelSpec(def.Inner)
	}
	if len(def.Special) == 1 && def.Special[0].Kind == frontend.SpecialSpinLock {
		word := &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed}
		lock := &btf.Struct{Name: "bpf_spin_lock", Size: 4, Members: []btf.Member{{Name: "val", Type: word}}}
		char := &btf.Int{Name: "char", Size: 1, Encoding: btf.Char}
		bytesOf := func(n uint32) btf.Type { return &btf.Array{Index: word, Type: char, Nelems: n} }
		off := uint32(def.Special[0].Off)
		s.Key = bytesOf(def.KeySize)
		if def.KeySize == word.Size {
			s.Key = word
		}
		s.Value = &btf.Struct{Name: "value", Size: def.ValueSize, Members: []btf.Member{
			{Name: "before", Type: bytesOf(off)}, {Name: "lock", Type: lock, Offset: btf.Bits(8 * off)},
			{Name: "behind", Type: bytesOf(def.ValueSize - off - lock.Size), Offset: btf.Bits(8 * (off + lock.Size))},
		}}
	}
	return s
}

// contents reads a map.
func (k *kernelRun) contents(i int) (entries [][2][]byte, err error) {
	m, def := k.maps[i], k.c.Object.Maps[i]
	switch def.Type {
	case bpf.MapRingbuf:
		return kernelRecords(m)
	case bpf.MapQueue, bpf.MapStack:
		value := make([]byte, def.ValueSize)
		for m.LookupAndDelete(nil, value) == nil {
			entries = append(entries, [2][]byte{nil, slices.Clone(value)})
		}
		return entries, nil
	}
	perCPU := table.MapTypeOf(def.Type).PerCPU
	key := make([]byte, def.KeySize)
	for err := m.NextKey(nil, key); err == nil; err = m.NextKey(slices.Clone(key), key) {
		value := make([]byte, def.ValueSize)
		if perCPU {
			var all [][]byte
			if err := m.Lookup(key, &all); err != nil {
				return nil, err
			}
			value = joined(all)
		} else if err := m.Lookup(key, &value); err != nil {
			return nil, err
		}
		entries = append(entries, [2][]byte{slices.Clone(key), value})
	}
	slices.SortFunc(entries, func(a, b [2][]byte) int { return bytes.Compare(a[0], b[0]) })
	return entries, nil
}

// joined are the values of CPUs without those at the end that are zeros.
func joined(all [][]byte) []byte {
	last := len(all) - 1
	for last > 0 && !slices.ContainsFunc(all[last], func(b byte) bool { return b != 0 }) {
		last--
	}
	return slices.Concat(all[:last+1]...)
}

func kernelRecords(m *ebpf.Map) (entries [][2][]byte, err error) {
	rd, err := ringbuf.NewReader(m)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rd.Close()) }()
	if err := rd.Flush(); err != nil {
		return nil, err
	}
	for {
		r, err := rd.Read()
		if errors.Is(err, ringbuf.ErrFlushed) {
			return entries, nil
		}
		if err != nil {
			return entries, err
		}
		entries = append(entries, [2][]byte{nil, r.RawSample})
	}
}

// produce puts a sample into a user ring buffer, as its memory is laid out: a
// page with the consumer's position, one with the producer's, the data twice.
func produce(m *ebpf.Map, s *Sample) error {
	page := os.Getpagesize()
	ring, err := unix.Mmap(m.FD(), int64(page), page+2*int(m.MaxEntries()), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return err
	}
	const (
		header  = 8
		discard = 1 << 30
	)
	prod, size := binary.LittleEndian.Uint64(ring), uint32(len(s.Data))
	if s.Discard {
		size |= discard
	}
	record := ring[page+int(prod)&int(m.MaxEntries()-1):]
	binary.LittleEndian.PutUint32(record, size)
	copy(record[header:], s.Data)
	binary.LittleEndian.PutUint64(ring, prod+uint64(len(s.Data)+header+7)&^7)
	return unix.Munmap(ring)
}
