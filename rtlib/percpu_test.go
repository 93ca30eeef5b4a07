package rtlib

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// onCPU calls f as programs are called, in a run on a slot.
func onCPU(d *domain, slot uint64, f func(fr *abi.Frame)) {
	fr := &abi.Frame{Slot: slot}
	d.enter(&d.cells[slot])
	f(fr)
	leave(&d.cells[slot])
}

// perCPUMap makes a per-CPU map in a domain of 5 CPUs of which 3 are in use.
func perCPUMap(t *testing.T, typ bpf.MapType, platform bpf.Platform, valueSize uint32) *Map {
	t.Helper()
	d := newDomain(5)
	d.high.Store(3)
	m, err := newMap(d, bpf.RulesOf(platform), MapSpec{Name: "m", Type: typ, KeySize: 4, ValueSize: valueSize, MaxEntries: 40, poison: true})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var perCPUTypes = []bpf.MapType{bpf.MapPercpuHash, bpf.MapPercpuArray}

// hostValue is a host's value of m with n on all CPUs but those in other.
func hostValue(m *Map, n byte, other map[int]byte) []byte {
	stride := int(round8(m.valueSize))
	value := make([]byte, m.hostSize)
	for cpu := range len(value) / stride {
		fill, set := other[cpu]
		if !set {
			fill = n
		}
		for i := range int(m.valueSize) {
			value[cpu*stride+i] = fill
		}
	}
	return value
}

func wantHost(t *testing.T, m *Map, key uint32, want []byte) {
	t.Helper()
	got := make([]byte, m.hostSize)
	if err := m.Lookup(binary.LittleEndian.AppendUint32(nil, key), got); err != nil {
		t.Fatalf("key %d: %v", key, err)
	}
	if string(got) != string(want) {
		t.Errorf("key %d: host reads %v, want %v", key, got, want)
	}
}

// TestPerCPU: a program changes its own CPU's value only, a host all.
func TestPerCPU(t *testing.T) {
	for _, typ := range perCPUTypes {
		for _, size := range []uint32{1, 4, 8, 12, 64} {
			t.Run(fmt.Sprintf("%d-%d", typ, size), func(t *testing.T) { testPerCPU(t, perCPUMap(t, typ, bpf.Linux, size)) })
		}
	}
}

func testPerCPU(t *testing.T, m *Map) {
	key := binary.LittleEndian.AppendUint32(nil, 7)
	update := func(slot uint64, n byte, flags uint64) (errno bpf.Errno) {
		value := hostValue(m, n, nil)
		onCPU(m.domain, slot, func(fr *abi.Frame) { errno = m.ops.update(fr, hide(key), hide(value), flags) })
		return errno
	}
	if errno := update(2, 9, 0); errno != 0 {
		t.Fatal(errno)
	}
	wantHost(t, m, 7, hostValue(m, 0, map[int]byte{2: 9}))
	if err := m.Update(key, hostValue(m, 5, map[int]byte{4: 6}), bpf.UpdateExist); err != nil {
		t.Fatal(err)
	}
	if errno := update(1, 3, bpf.UpdateExist); errno != 0 {
		t.Fatal(errno)
	}
	wantHost(t, m, 7, hostValue(m, 5, map[int]byte{1: 3, 4: 6}))
	if errno := update(1, 3, bpf.UpdateNoExist); errno != bpf.EEXIST {
		t.Errorf("NOEXIST of a key that exists: %v", errno)
	}
	if errno := update(1, 3, bpf.UpdateLock); errno != bpf.EINVAL {
		t.Errorf("F_LOCK without a lock: %v", errno)
	}
	onCPU(m.domain, 1, func(fr *abi.Frame) {
		own := m.ops.lookup(fr, hide(key))
		if *(*byte)(ptr(own)) != 3 {
			t.Errorf("CPU 1 reads %d, want 3", *(*byte)(ptr(own)))
		}
		for cpu, want := range []byte{5, 3, 5, 5, 6} {
			at := m.ops.lookupAt(fr, hide(key), uint64(cpu))
			if *(*byte)(ptr(at)) != want {
				t.Errorf("CPU %d has %d, want %d", cpu, *(*byte)(ptr(at)), want)
			}
			if n := m.ops.memory(at); n < uint64(m.valueSize) {
				t.Errorf("CPU %d: %d bytes of memory at the value", cpu, n)
			}
		}
		if at := m.ops.lookupAt(fr, hide(key), 5); at != 0 {
			t.Error("CPU 5 of 5 has a value")
		}
		var w walk
		found := 0
		for at := m.ops.each(fr, &w); at != 0; at = m.ops.each(fr, &w) {
			if load32(ptr(w.key)) == 7 {
				found++
				if at != own {
					t.Errorf("a walk gives %#x, a lookup %#x", at, own)
				}
			}
		}
		if found != 1 {
			t.Errorf("a walk finds the key %d times", found)
		}
	})
}

// TestPerCPUNewKey: memory that was another key's does not show, in the values of
// CPUs that were never used as well.
func TestPerCPUNewKey(t *testing.T) {
	m := perCPUMap(t, bpf.MapPercpuHash, bpf.Linux, 12)
	key, value := make([]byte, 4), hostValue(m, 7, nil)
	for n := range uint32(5000) {
		binary.LittleEndian.PutUint32(key, n)
		slot := n % 3
		onCPU(m.domain, uint64(slot), func(fr *abi.Frame) {
			if errno := m.ops.update(fr, hide(key), hide(value), bpf.UpdateNoExist); errno != 0 {
				t.Fatal(errno)
			}
		})
		wantHost(t, m, n, hostValue(m, 0, map[int]byte{int(slot): 7}))
		if n%2 == 0 {
			if err := m.Update(key, hostValue(m, 8, nil), 0); err != nil {
				t.Fatal(err)
			}
		}
		got := make([]byte, m.hostSize)
		if err := m.LookupAndDelete(key, got, 0); err != nil {
			t.Fatal(err)
		}
		if t.Failed() {
			return
		}
	}
	if reusedOf(m) == 0 {
		t.Error("no element was used again")
	}
}

// TestPerCPUApart: values of two CPUs are never in one pair of cache lines.
func TestPerCPUApart(t *testing.T) {
	for _, typ := range perCPUTypes {
		m := perCPUMap(t, typ, bpf.Linux, 4)
		owner := map[uint64]uint64{}
		for k := range uint32(40) {
			key := binary.LittleEndian.AppendUint32(nil, k)
			_ = m.Update(key, hostValue(m, 1, nil), 0)
			for cpu := range uint64(5) {
				line := m.ops.lookupAt(nil, hide(key), cpu) / apart
				if o, taken := owner[line]; taken && o != cpu {
					t.Fatalf("type %d: CPUs %d and %d share line %#x", typ, o, cpu, line*apart)
				}
				owner[line] = cpu
			}
		}
	}
}

// TestPerCPUArrayBounds: errors of indices by platform.
func TestPerCPUArrayBounds(t *testing.T) {
	m := perCPUMap(t, bpf.MapPercpuArray, bpf.Linux, 4)
	key := []byte{40, 0, 0, 0}
	if err := m.Update(key, hostValue(m, 1, nil), 0); numberOf(err) != bpf.E2BIG {
		t.Errorf("update at 40 of 40: %v", err)
	}
	if err := m.Delete(key); numberOf(err) != bpf.EINVAL {
		t.Errorf("delete: %v", err)
	}
	if err := m.Lookup(key, make([]byte, m.hostSize)); numberOf(err) != bpf.ENOENT {
		t.Errorf("lookup at 40 of 40: %v", err)
	}
	w := perCPUMap(t, bpf.MapPercpuArray, bpf.Windows, 4)
	key[0] = 3
	_ = w.Update(key, hostValue(m, 1, nil), 0)
	if err := w.Delete(key); err != nil {
		t.Errorf("Windows: delete: %v", err)
	}
	wantHost(t, w, 3, hostValue(w, 0, nil))
}

// TestPerCPUHashFull: max_entries is kept, and replacing goes on.
func TestPerCPUHashFull(t *testing.T) {
	m := perCPUMap(t, bpf.MapPercpuHash, bpf.Linux, 4)
	value := hostValue(m, 1, nil)
	for k := range uint32(40) {
		if err := m.Update(binary.LittleEndian.AppendUint32(nil, k), value, 0); err != nil {
			t.Fatal(err)
		}
	}
	key := []byte{40, 0, 0, 0}
	if err := m.Update(key, value, 0); numberOf(err) != bpf.E2BIG {
		t.Errorf("a host's key 41 of 40: %v", err)
	}
	onCPU(m.domain, 0, func(fr *abi.Frame) {
		if errno := m.ops.update(fr, hide(key), hide(value), 0); errno != bpf.E2BIG {
			t.Errorf("a program's key 41 of 40: %v", errno)
		}
		if errno := m.ops.update(fr, hide(key), hide(value), bpf.UpdateExist); errno != bpf.ENOENT {
			t.Errorf("EXIST of a key that does not exist: %v", errno)
		}
		key[0] = 4
		if errno := m.ops.update(fr, hide(key), hide(value), 0); errno != 0 {
			t.Errorf("replacing in a full map: %v", errno)
		}
	})
}

// TestPerCPUCounters: counters of CPUs that count at once lose nothing, while a
// host reads, and deletes and inserts another key.
func TestPerCPUCounters(t *testing.T) {
	for _, typ := range perCPUTypes {
		m := perCPUMap(t, typ, bpf.Linux, 8)
		key, other := []byte{1, 0, 0, 0}, []byte{2, 0, 0, 0}
		_ = m.Update(key, hostValue(m, 0, nil), 0)
		const rounds = 20_000
		var programs, host sync.WaitGroup
		done := make(chan struct{})
		for slot := range uint64(3) {
			programs.Go(func() {
				for range rounds {
					onCPU(m.domain, slot, func(fr *abi.Frame) { countUp(m.ops.lookup(fr, hide(key))) })
				}
			})
		}
		host.Go(func() {
			value := hostValue(m, 3, nil)
			for {
				select {
				case <-done:
					return
				default:
					_ = m.Update(other, value, 0)
					_ = m.Delete(other)
					_ = m.Lookup(key, value)
				}
			}
		})
		programs.Wait()
		close(done)
		host.Wait()
		got := make([]byte, m.hostSize)
		_ = m.Lookup(key, got)
		for cpu := range 3 {
			if n := binary.LittleEndian.Uint64(got[8*cpu:]); n != rounds {
				t.Errorf("type %d: CPU %d counted %d of %d", typ, cpu, n, rounds)
			}
		}
	}
}

// countUp adds 1 to a value, as a program does.
//
//go:norace
func countUp(addr uint64) { *(*uint64)(ptr(addr))++ }

// numberOf is the number of a map's error, 0 of another.
func numberOf(err error) bpf.Errno {
	var e *MapError
	if errors.As(err, &e) {
		return e.Errno
	}
	return 0
}
