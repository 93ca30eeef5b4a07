package rtlib

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

func queueSpec(typ bpf.MapType, valueSize, entries uint32) MapSpec {
	return MapSpec{Name: "q", Type: typ, ValueSize: valueSize, MaxEntries: entries}
}

// queueModel is a queue or stack as a slice, the oldest value first.
type queueModel struct {
	stack  bool
	max    int
	values []string
}

func (q *queueModel) push(v string, exist bool) bool {
	if len(q.values) == q.max {
		if !exist {
			return false
		}
		q.values = q.values[1:]
	}
	q.values = append(q.values, v)
	return true
}

func (q *queueModel) get(remove bool) (string, bool) {
	if len(q.values) == 0 {
		return "", false
	}
	k := 0
	if q.stack {
		k = len(q.values) - 1
	}
	v := q.values[k]
	if remove {
		q.values = slices.Delete(q.values, k, k+1)
	}
	return v, true
}

// TestQueueModel compares what programs and hosts do with a slice.
func TestQueueModel(t *testing.T) {
	for _, typ := range []bpf.MapType{bpf.MapQueue, bpf.MapStack} {
		for _, size := range []uint32{1, 4, 8, 13} {
			t.Run(fmt.Sprintf("type %d, %d bytes", typ, size), func(t *testing.T) {
				rapid.Check(t, func(t *rapid.T) {
					entries := rapid.Uint32Range(1, 5).Draw(t, "entries")
					m, err := NewMap(queueSpec(typ, size, entries))
					if err != nil {
						t.Fatal(err)
					}
					model := &queueModel{stack: typ == bpf.MapStack, max: int(entries)}
					for range rapid.IntRange(1, 60).Draw(t, "steps") {
						queueStep(t, m, model)
					}
				})
			})
		}
	}
}

func queueStep(t *rapid.T, m *Map, model *queueModel) {
	value := make([]byte, m.valueSize)
	p := unsafe.Pointer(&value[0])
	switch program := rapid.Bool().Draw(t, "program"); rapid.IntRange(0, 2).Draw(t, "operation") {
	case 0:
		copy(value, rapid.SliceOfN(rapid.Byte(), len(value), len(value)).Draw(t, "value"))
		flags := rapid.SampledFrom([]uint64{bpf.UpdateAny, bpf.UpdateExist}).Draw(t, "flags")
		want := bpf.Errno(0)
		if !model.push(string(value), flags == bpf.UpdateExist) {
			want = bpf.E2BIG
		}
		got := bpf.Errno(0)
		if program {
			got = m.ops.push(nil, p, flags)
		} else {
			got = errnoOf(m.Update(nil, value, flags))
		}
		if got != want {
			t.Fatalf("push with flags %d: got %v, want %v", flags, got, want)
		}
	case 1:
		want, ok := model.get(true)
		got := errnoOf(m.LookupAndDelete(nil, value, 0))
		if (got == 0) != ok || ok && string(value) != want {
			t.Fatalf("pop: got %x, %v, want %x, %v", value, got, want, ok)
		}
	case 2:
		want, ok := model.get(false)
		got := m.ops.peek(nil, p)
		if !program {
			got = errnoOf(m.Lookup(nil, value))
		}
		if (got == 0) != ok || ok && string(value) != want {
			t.Fatalf("peek: got %x, %v, want %x, %v", value, got, want, ok)
		}
	}
	if got := m.Len(); got != len(model.values) {
		t.Fatalf("length %d, want %d", got, len(model.values))
	}
}

// errnoOf is the number of a map's error, 0 for nil.
func errnoOf(err error) bpf.Errno {
	var e *MapError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		return e.Errno
	}
	return -1
}

// TestQueueRules: errors of each platform, for programs and hosts; those of
// Linux are what Linux 6.18 gave.
func TestQueueRules(t *testing.T) {
	for _, c := range []struct {
		platform                bpf.Platform
		full, empty, noExist    int64 // r0
		hostFull, hostNoExist   bpf.Errno
		nextKey, erase, unknown bpf.Errno
	}{
		{bpf.Linux, -7, -2, -22, bpf.E2BIG, bpf.EINVAL, bpf.EINVAL, bpf.EINVAL, bpf.EINVAL},
		{bpf.Windows, -29, -7, 0, bpf.ENOSPC, 0, bpf.ENOTSUP, bpf.EINVAL, bpf.EINVAL},
	} {
		for _, typ := range []bpf.MapType{bpf.MapQueue, bpf.MapStack} {
			m, err := NewMapFor(c.platform, queueSpec(typ, 4, 1))
			if err != nil {
				t.Fatal(err)
			}
			value := [8]byte{1, 2, 3, 4, 5, 6, 7, 8}
			mp, v := uint64(uintptr(unsafe.Pointer(m))), uint64(uintptr(unsafe.Pointer(&value)))
			check := func(what string, got, want int64) {
				t.Helper()
				if got != want {
					t.Errorf("%v: type %d: %s: got %d, want %d", c.platform, typ, what, got, want)
				}
			}
			check("pop of empty", int64(MapPopElem(nil, mp, v)), c.empty)
			if value != [8]byte{4: 5, 6, 7, 8} {
				t.Errorf("pop of empty leaves % x, want 4 zeroes and the rest as it was", value)
			}
			value = [8]byte{1, 2, 3, 4}
			check("peek of empty", int64(MapPeekElem(nil, mp, v)), c.empty)
			check("host's lookup", int64(errnoOf(m.Lookup(nil, value[:4]))), int64(bpf.ENOENT))
			check("host's pop", int64(errnoOf(m.LookupAndDelete(nil, value[:4], 0))), int64(bpf.ENOENT))
			check("push with NOEXIST", int64(MapPushElem(nil, mp, v, 1)), c.noExist)
			_ = m.LookupAndDelete(nil, value[:4], 0)
			check("host's push with NOEXIST", int64(errnoOf(m.Update(nil, value[:4], 1))), int64(c.hostNoExist))
			_ = m.LookupAndDelete(nil, value[:4], 0)
			check("push", int64(MapPushElem(nil, mp, v, 0)), 0)
			check("push to full", int64(MapPushElem(nil, mp, v, 0)), c.full)
			check("host's push to full", int64(errnoOf(m.Update(nil, value[:4], 0))), int64(c.hostFull))
			check("push with EXIST", int64(MapPushElem(nil, mp, v, 2)), 0)
			check("flags 3", int64(errnoOf(m.Update(nil, value[:4], 3))), int64(c.unknown))
			check("delete", int64(errnoOf(m.Delete(nil))), int64(c.erase))
			check("next key", int64(errnoOf(m.NextKey(nil, nil))), int64(c.nextKey))
			check("key", int64(errnoOf(m.Lookup(value[:4], value[:4]))), int64(bpf.EINVAL))
		}
	}
}

// TestQueueErrors: texts say what to do.
func TestQueueErrors(t *testing.T) {
	m := mustMap(t, queueSpec(bpf.MapQueue, 4, 1))
	value := make([]byte, 4)
	for _, c := range []struct {
		err  error
		want string
		is   error
	}{
		{m.Lookup(nil, value), `map "q": lookup: the map is empty (ENOENT)`, syscall.ENOENT},
		{m.Update(nil, value, 1), `map "q": update: flags 1; 0 (push) and 2 (push, the oldest goes when the map is full) are possible (EINVAL)`, syscall.EINVAL},
		{m.Delete(nil), `map "q": delete: queues and stacks have no keys; take a value with LookupAndDelete (EINVAL)`, syscall.EINVAL},
		{second(0, errors.Join(m.Update(nil, value, 0), m.Update(nil, value, 0))), `map "q": update: the map is full, max_entries is 1 (E2BIG)`, syscall.E2BIG},
	} {
		if c.err == nil || c.err.Error() != c.want || !errors.Is(c.err, c.is) {
			t.Errorf("got %v, want %s", c.err, c.want)
		}
	}
	_ = m.Close()
	if err := m.Lookup(nil, value); !errors.Is(err, os.ErrClosed) {
		t.Errorf("closed: got %v", err)
	}
}

// TestQueueAtOnce: of what many goroutines push, each value comes out once, and
// those of one goroutine come in order out of a queue.
func TestQueueAtOnce(t *testing.T) {
	const workers, each = 4, 5000
	for _, typ := range []bpf.MapType{bpf.MapQueue, bpf.MapStack} {
		m := mustMap(t, queueSpec(typ, 16, 64))
		var wg sync.WaitGroup
		got := make([][]uint64, workers)
		var left sync.WaitGroup
		left.Add(workers * each)
		done := make(chan struct{})
		go func() { left.Wait(); close(done) }()
		for w := range workers {
			wg.Go(func() {
				var value [16]byte
				for i := uint64(0); i < each; {
					binary.LittleEndian.PutUint64(value[:], uint64(w)<<32|i)
					binary.LittleEndian.PutUint64(value[8:], ^(uint64(w)<<32 | i))
					if m.ops.push(nil, unsafe.Pointer(&value), 0) == 0 {
						i++
					}
					runtime.Gosched()
				}
			})
			wg.Go(func() {
				var value [16]byte
				for {
					select {
					case <-done:
						return
					default:
					}
					if m.ops.pop(nil, unsafe.Pointer(&value)) != 0 {
						runtime.Gosched()
						continue
					}
					v := binary.LittleEndian.Uint64(value[:])
					if binary.LittleEndian.Uint64(value[8:]) != ^v {
						t.Errorf("a torn value % x", value)
					}
					got[w] = append(got[w], v)
					left.Done()
				}
			})
		}
		wg.Wait()
		seen := map[uint64]bool{}
		for _, list := range got {
			last := [workers]int64{-1, -1, -1, -1}
			for _, v := range list {
				if seen[v] {
					t.Errorf("type %d: %#x came twice", typ, v)
				}
				seen[v] = true
				from, n := v>>32, int64(uint32(v))
				if typ == bpf.MapQueue && n <= last[from] {
					t.Errorf("value %d of goroutine %d came after %d", n, from, last[from])
				}
				last[from] = n
			}
		}
		if len(seen) != workers*each {
			t.Errorf("type %d: %d of %d values came out", typ, len(seen), workers*each)
		}
	}
}

// TestKeylessAllocatesNothing: on no path of programs, and on none of hosts that
// succeeds.
func TestKeylessAllocatesNothing(t *testing.T) {
	value := make([]byte, 24)
	p := unsafe.Pointer(&value[0])
	for _, typ := range []bpf.MapType{bpf.MapQueue, bpf.MapStack, bpf.MapBloomFilter} {
		m := mustMap(t, queueSpec(typ, 24, 8))
		n := testing.AllocsPerRun(100, func() {
			_ = m.ops.push(nil, p, 0)
			_ = m.ops.peek(nil, p)
			_ = m.ops.pop(nil, p)
			_ = m.Update(nil, value, 0)
			_ = m.Lookup(nil, value)
		})
		if n != 0 {
			t.Errorf("type %d: %v allocations", typ, n)
		}
	}
}

func BenchmarkQueue(b *testing.B) {
	m := mustMap(b, queueSpec(bpf.MapQueue, 8, 1024))
	var value uint64
	for b.Loop() {
		_ = m.ops.push(nil, unsafe.Pointer(&value), 0)
		_ = m.ops.pop(nil, unsafe.Pointer(&value))
	}
}
