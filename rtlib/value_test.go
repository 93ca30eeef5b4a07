package rtlib

import (
	"encoding/binary"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// locked makes a map whose values are two numbers of 8 bytes with a lock between
// them, with value (1, 1) at key 1.
func locked(t *testing.T, typ bpf.MapType) *Map {
	t.Helper()
	m, err := newMap(newDomain(4), bpf.RulesOf(bpf.Linux), MapSpec{Name: "m", Type: typ, KeySize: 4, ValueSize: 24, MaxEntries: 4, Lock: 9, poison: true})
	if err != nil {
		t.Fatal(err)
	}
	m.domain.high.Store(4)
	if err := m.Update(lockKey, pair(1), 0); err != nil {
		t.Fatal(err)
	}
	return m
}

var lockKey = []byte{1, 0, 0, 0}

// pair is a value whose numbers are n, with rubbish in place of the lock.
func pair(n uint64) []byte {
	v := binary.LittleEndian.AppendUint64(nil, n)
	v = append(v, 7, 7, 7, 7, byte(n), 0, 0, 0)
	return binary.LittleEndian.AppendUint64(v, n)
}

// wantPair compares what a host reads with pair(n) and a zero for the lock.
func wantPair(t *testing.T, m *Map, flags, n uint64) {
	t.Helper()
	got, want := make([]byte, 24), pair(n)
	clear(want[8:12])
	if err := m.LookupFlags(lockKey, got, flags); err != nil || string(got) != string(want) {
		t.Errorf("lookup with flags %d: %v, %v, want %v", flags, got, err, want)
	}
}

var lockTypes = []bpf.MapType{bpf.MapHash, bpf.MapArray}

// TestLockField: updates keep the lock, hosts read a zero for it, and those
// without the flag do not wait for it.
func TestLockField(t *testing.T) {
	for _, typ := range lockTypes {
		m := locked(t, typ)
		at := m.ops.lookup(nil, hide(lockKey))
		word := (*uint32)(ptr(at + 8))
		if *word != 0 {
			t.Errorf("type %d: a new value's lock is %d", typ, *word)
		}
		wantPair(t, m, 0, 1)
		wantPair(t, m, bpf.UpdateLock, 1)
		(*latch)(ptr(at + 8)).lock()
		wantPair(t, m, 0, 1)
		if err := m.Update(lockKey, pair(2), 0); err != nil {
			t.Error(err)
		}
		wantPair(t, m, 0, 2)
		if *word != 1 {
			t.Errorf("type %d: an update changed the lock that a program holds to %d", typ, *word)
		}
		(*latch)(ptr(at + 8)).unlock()

		at = m.ops.lookup(nil, hide(lockKey))
		if n := *(*uint32)(ptr(at + 8)); n != 0 {
			t.Errorf("type %d: after an update the lock is %d", typ, n)
		}
		if err := m.Update(lockKey, pair(3), bpf.UpdateLock|bpf.UpdateExist); err != nil {
			t.Error(err)
		}
		if again := m.ops.lookup(nil, hide(lockKey)); again != at || *(*uint64)(ptr(at)) != 3 || *(*uint64)(ptr(at + 16)) != 3 || *(*uint32)(ptr(at + 8)) != 0 {
			t.Errorf("type %d: F_LOCK is not an update in place that gives the lock back", typ)
		}
		wantPair(t, m, bpf.UpdateLock, 3)
	}
}

// TestLockFlags: what F_LOCK needs, and that it inserts and takes as ever.
func TestLockFlags(t *testing.T) {
	m, key, value := locked(t, bpf.MapHash), []byte{2, 0, 0, 0}, make([]byte, 24)
	for _, c := range []struct {
		name string
		err  error
		want bpf.Errno
	}{
		{"EXIST of a missing key", m.Update(key, pair(4), bpf.UpdateLock|bpf.UpdateExist), bpf.ENOENT},
		{"NOEXIST", m.Update(lockKey, pair(4), bpf.UpdateLock|bpf.UpdateNoExist), bpf.EEXIST},
		{"insert", m.Update(key, pair(4), bpf.UpdateLock), 0},
		{"unknown flag", m.Update(key, pair(4), 8), bpf.EINVAL},
		{"NOEXIST and EXIST", m.Update(key, pair(4), 3), bpf.EINVAL},
		{"lookup with another flag", m.LookupFlags(key, value, bpf.UpdateExist), bpf.EINVAL},
		{"missing", m.LookupFlags([]byte{9, 0, 0, 0}, value, bpf.UpdateLock), bpf.ENOENT},
		{"take", m.LookupAndDelete(key, value, bpf.UpdateLock), 0},
		{"take again", m.LookupAndDelete(key, value, bpf.UpdateLock), bpf.ENOENT},
	} {
		if got := numberOf(c.err); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, c.err, c.want)
		}
	}
	if want := pair(4); string(value[:8]) != string(want[:8]) || string(value[16:]) != string(want[16:]) || binary.LittleEndian.Uint32(value[8:]) != 0 {
		t.Errorf("took %v", value)
	}
	for _, typ := range []bpf.MapType{bpf.MapHash, bpf.MapArray} {
		m := mustMap(t, MapSpec{Name: "m", Type: typ, KeySize: 4, ValueSize: 24, MaxEntries: 4})
		if got := numberOf(m.Update(lockKey, pair(1), bpf.UpdateLock)); got != bpf.EINVAL {
			t.Errorf("type %d without a lock: update: %v", typ, got)
		}
		if got := numberOf(m.LookupFlags(lockKey, value, bpf.UpdateLock)); got != bpf.EINVAL {
			t.Errorf("type %d without a lock: lookup: %v", typ, got)
		}
	}
}

// TestLockTogether: with the flag and the lock, nobody sees or makes half a value.
func TestLockTogether(t *testing.T) {
	for _, typ := range lockTypes {
		m := locked(t, typ)
		var stop atomic.Bool
		var all sync.WaitGroup
		for slot := range uint64(2) {
			all.Go(func() {
				for range 20_000 {
					onCPU(m.domain, slot, func(fr *abi.Frame) { addPair(t, fr, m) })
				}
				stop.Store(true)
			})
		}
		all.Go(func() {
			for n := uint64(0); !stop.Load(); n++ {
				_ = m.Update(lockKey, pair(n<<32), bpf.UpdateLock)
			}
		})
		all.Go(func() {
			got := make([]byte, 24)
			for !stop.Load() {
				if err := m.LookupFlags(lockKey, got, bpf.UpdateLock); err != nil || string(got[:8]) != string(got[16:]) {
					t.Errorf("type %d: a host reads %v, %v", typ, got, err)
					return
				}
			}
		})
		all.Wait()
		wantPairs(t, m)
	}
}

// addPair is a program that adds 1 to both numbers under the lock.
//
//go:norace
func addPair(t *testing.T, fr *abi.Frame, m *Map) {
	at := m.ops.lookup(fr, hide(lockKey))
	(*latch)(ptr(at + 8)).lock()
	v := (*[3]uint64)(ptr(at))
	if v[0] != v[2] {
		t.Errorf("a program reads %d and %d", v[0], v[2])
	}
	v[0]++
	v[2]++
	(*latch)(ptr(at + 8)).unlock()
}

func wantPairs(t *testing.T, m *Map) {
	t.Helper()
	got := make([]byte, 24)
	if err := m.LookupFlags(lockKey, got, bpf.UpdateLock); err != nil || string(got[:8]) != string(got[16:]) {
		t.Errorf("at the end: %v, %v", got, err)
	}
}
