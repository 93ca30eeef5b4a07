package rtlib

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"syscall"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// batchSpec is a map of 16 elements with values of 8 bytes.
func batchSpec(t bpf.MapType) MapSpec {
	s := MapSpec{Name: "m", Type: t, KeySize: 4, ValueSize: 8, MaxEntries: 16}
	switch t {
	case bpf.MapLPMTrie:
		s.KeySize, s.Flags = 8, bpf.FlagNoPrealloc
	case bpf.MapQueue, bpf.MapStack, bpf.MapBloomFilter:
		s.KeySize = 0
	case bpf.MapProgArray:
		s.ValueSize = 4
	case bpf.MapArrayOfMaps, bpf.MapHashOfMaps:
		s.ValueSize, s.Inner = 4, &MapSpec{Type: bpf.MapArray, KeySize: 4, ValueSize: 4, MaxEntries: 1}
	}
	return s
}

// TestBatchTypes: which batches each type has, as Linux 6.18 answers; those of
// maps of maps are its alone.
func TestBatchTypes(t *testing.T) {
	no := syscall.ENOTSUP
	for _, c := range []struct {
		typ                        bpf.MapType
		update, lookup, take, drop error // of one key
	}{
		{bpf.MapHash, nil, syscall.ENOENT, syscall.ENOENT, syscall.ENOENT},
		{bpf.MapPercpuHash, nil, syscall.ENOENT, syscall.ENOENT, syscall.ENOENT},
		{bpf.MapLRUHash, nil, syscall.ENOENT, syscall.ENOENT, syscall.ENOENT},
		{bpf.MapLRUPercpu, nil, syscall.ENOENT, syscall.ENOENT, syscall.ENOENT},
		{bpf.MapArray, nil, nil, no, no},
		{bpf.MapPercpuArray, nil, nil, no, no},
		{bpf.MapLPMTrie, nil, nil, no, nil},
		{bpf.MapQueue, no, no, no, no},
		{bpf.MapBloomFilter, no, no, no, no},
		{bpf.MapProgArray, no, no, no, no},
		{bpf.MapArrayOfMaps, no, no, no, no},
		{bpf.MapHashOfMaps, no, no, no, no},
	} {
		m := mustMap(t, batchSpec(c.typ))
		keys, values := make([]byte, m.keySize), make([]byte, m.hostSize)
		_, update := m.BatchUpdate(keys, values, 0)
		_, lookup := m.BatchLookup(new(BatchCursor), keys, values, 0)
		_, take := m.BatchLookupAndDelete(new(BatchCursor), keys, values, 0)
		_, drop := m.BatchDelete(keys, 0)
		for i, r := range [][2]error{{update, c.update}, {lookup, c.lookup}, {take, c.take}, {drop, c.drop}} {
			if !errors.Is(r[0], r[1]) {
				t.Errorf("type %d, call %d: %v, want %v", c.typ, i, r[0], r[1])
			}
		}
	}
}

func numbers(from, n, size int) (b []byte) {
	for i := range n {
		b = append(b, make([]byte, size)...)
		binary.LittleEndian.PutUint32(b[i*size:], uint32(from+i))
	}
	return b
}

// TestBatchWalk reads maps in batches of all sizes: each element comes once, with
// its value, and the last batch says that it is.
func TestBatchWalk(t *testing.T) {
	for _, typ := range []bpf.MapType{bpf.MapHash, bpf.MapLRUHash, bpf.MapPercpuHash, bpf.MapArray, bpf.MapPercpuArray, bpf.MapLPMTrie} {
		for _, platform := range []bpf.Platform{bpf.Linux, bpf.Windows} {
			for _, size := range []int{1, 3, 7, 16, 20} {
				m, err := NewMapFor(platform, batchSpec(typ))
				if err != nil {
					t.Fatal(err)
				}
				const n = 16
				keys := numbers(0, n, int(m.keySize))
				values := make([]byte, n*int(m.hostSize))
				for i := range n {
					values[(i+1)*int(m.hostSize)-8] = byte(i + 100) // the value of the last CPU
				}
				if got, err := m.BatchUpdate(keys, values, 0); got != n || err != nil {
					t.Fatalf("type %d: stored %d: %v", typ, got, err)
				}
				seen := map[byte]byte{}
				var cursor BatchCursor
				room := size
				for {
					k, v := make([]byte, room*int(m.keySize)), make([]byte, room*int(m.hostSize))
					got, err := m.BatchLookup(&cursor, k, v, 0)
					for i := range got {
						if _, twice := seen[k[i*int(m.keySize)]]; twice {
							t.Errorf("type %d: a key came twice", typ)
						}
						seen[k[i*int(m.keySize)]] = v[(i+1)*int(m.hostSize)-8]
					}
					if errors.Is(err, syscall.ENOSPC) {
						room++
						continue
					}
					if errors.Is(err, syscall.ENOENT) {
						break
					}
					if err != nil || got == 0 {
						t.Fatalf("type %d: %d elements, %v", typ, got, err)
					}
				}
				if len(seen) != n {
					t.Errorf("type %d, batches of %d: %d elements, want %d", typ, size, len(seen), n)
				}
				for k, v := range seen {
					if v != k+100 {
						t.Errorf("type %d: key %d has value %d", typ, k, v)
					}
				}
			}
		}
	}
}

// TestBatchArrayEnd: the numbers that Linux gives at the end of an array.
func TestBatchArrayEnd(t *testing.T) {
	spec := batchSpec(bpf.MapArray)
	spec.MaxEntries = 10
	m := mustMap(t, spec)
	for _, c := range []struct {
		room int
		got  []int // elements of each batch; the last one has ENOENT
	}{{4, []int{4, 4, 2}}, {10, []int{10, 0}}, {5, []int{5, 5, 0}}, {11, []int{10}}} {
		var cursor BatchCursor
		for i, want := range c.got {
			got, err := m.BatchLookup(&cursor, make([]byte, 4*c.room), make([]byte, 8*c.room), 0)
			if got != want || errors.Is(err, syscall.ENOENT) != (i == len(c.got)-1) {
				t.Errorf("room for %d, batch %d: %d, %v; want %d", c.room, i, got, err, want)
			}
		}
	}
}

// TestBatchErrors: how far a batch comes, and what is refused.
func TestBatchErrors(t *testing.T) {
	m := mustMap(t, batchSpec(bpf.MapHash))
	if n, err := m.BatchUpdate(numbers(0, 20, 4), make([]byte, 160), 0); n != 16 || !errors.Is(err, syscall.E2BIG) {
		t.Errorf("20 into 16: %d, %v", n, err)
	}
	if n, err := m.BatchDelete(append(numbers(0, 2, 4), numbers(99, 1, 4)...), 0); n != 2 || !errors.Is(err, syscall.ENOENT) {
		t.Errorf("delete of a missing third: %d, %v", n, err)
	}
	var cursor BatchCursor
	keys, values := make([]byte, 64*4), make([]byte, 64*8)
	if n, err := m.BatchLookupAndDelete(&cursor, keys, values, 0); n != 14 || !errors.Is(err, syscall.ENOENT) || m.Len() != 0 {
		t.Errorf("take all: %d, %v, %d left", n, err, m.Len())
	}
	other := mustMap(t, batchSpec(bpf.MapHash))
	for what, err := range map[string]error{
		"flags":   second(m.BatchUpdate(numbers(0, 1, 4), make([]byte, 8), bpf.UpdateNoExist)),
		"lock":    second(m.BatchUpdate(numbers(0, 1, 4), make([]byte, 8), bpf.UpdateLock)),
		"keys":    second(m.BatchUpdate(make([]byte, 5), make([]byte, 8), 0)),
		"values":  second(m.BatchUpdate(make([]byte, 8), make([]byte, 8), 0)),
		"nil":     second(m.BatchUpdate(make([]byte, 8), nil, 0)),
		"cursor":  second(other.BatchLookup(&cursor, keys, values, 0)),
		"nothing": second(m.BatchLookup(nil, keys, values, 0)),
	} {
		if !errors.Is(err, syscall.EINVAL) {
			t.Errorf("%s: %v, want EINVAL", what, err)
		}
	}
	if n, err := m.BatchLookup(new(BatchCursor), nil, nil, 0); n != 0 || err != nil {
		t.Errorf("no room: %d, %v", n, err)
	}
	_ = m.Close()
	if _, err := m.BatchDelete(nil, 0); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// TestBatchTakesOnce: what several goroutines take out of a map, while others
// store, is what was stored, each value once.
func TestBatchTakesOnce(t *testing.T) {
	spec := batchSpec(bpf.MapHash)
	spec.MaxEntries = 4096
	m := mustMap(t, spec)
	const writers, each = 2, 1500
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				n := uint64(w*each + i)
				if err := m.Update(binary.LittleEndian.AppendUint32(nil, uint32(n)), binary.LittleEndian.AppendUint64(nil, n), 0); err != nil {
					t.Error(err)
				}
			}
		})
	}
	stored := make(chan struct{})
	go func() { wg.Wait(); close(stored) }()
	taken := make([][]uint64, 2)
	var takers sync.WaitGroup
	for k := range taken {
		takers.Go(func() {
			for last := false; ; {
				select {
				case <-stored:
					last = true
				default:
				}
				var cursor BatchCursor
				for err := error(nil); err == nil; {
					keys, values, n := make([]byte, 64*4), make([]byte, 64*8), 0
					n, err = m.BatchLookupAndDelete(&cursor, keys, values, 0)
					for i := range n {
						if !bytes.Equal(keys[4*i:4*i+4], values[8*i:8*i+4]) {
							t.Errorf("key %x has the value of another", keys[4*i:4*i+4])
						}
						taken[k] = append(taken[k], binary.LittleEndian.Uint64(values[8*i:]))
					}
				}
				if last {
					return
				}
			}
		})
	}
	takers.Wait()
	count := map[uint64]int{}
	for _, list := range taken {
		for _, n := range list {
			count[n]++
		}
	}
	if len(count) != writers*each || m.Len() != 0 {
		t.Errorf("%d values were taken, %d are left, want %d and 0", len(count), m.Len(), writers*each)
	}
	for n, times := range count {
		if times != 1 {
			t.Fatalf("value %d was taken %d times", n, times)
		}
	}
}

// TestFreeze: hosts read frozen maps of all types; what else Linux 6.18 refuses.
func TestFreeze(t *testing.T) {
	for _, typ := range []bpf.MapType{bpf.MapHash, bpf.MapArray, bpf.MapPercpuHash, bpf.MapPercpuArray, bpf.MapLRUHash, bpf.MapLPMTrie, bpf.MapQueue, bpf.MapArrayOfMaps, bpf.MapProgArray} {
		m := mustMap(t, batchSpec(typ))
		if err := m.Freeze(); err != nil {
			t.Errorf("type %d: %v", typ, err)
		}
		key, value := make([]byte, m.keySize), make([]byte, m.hostSize)
		for what, err := range map[string]error{
			"again": m.Freeze(), "update": m.Update(key, value, 0), "delete": m.Delete(key), "take": m.LookupAndDelete(key, value, 0),
			"batch update": second(m.BatchUpdate(key, value, 0)), "batch delete": second(m.BatchDelete(key, 0)),
			"batch take": second(m.BatchLookupAndDelete(new(BatchCursor), key, value, 0)),
		} {
			if !errors.Is(err, syscall.EPERM) {
				t.Errorf("type %d: %s: %v, want EPERM", typ, what, err)
			}
		}
		if err := m.Lookup(key, value); errors.Is(err, syscall.EPERM) {
			t.Errorf("type %d: lookup: %v", typ, err)
		}
	}
	lock := batchSpec(bpf.MapHash)
	lock.Lock = 1
	if err := mustMap(t, lock).Freeze(); !errors.Is(err, syscall.ENOTSUP) {
		t.Errorf("values with a lock: %v", err)
	}
	readOnly := batchSpec(bpf.MapHash)
	readOnly.Flags = bpf.FlagRdonly
	if err := mustMap(t, readOnly).Freeze(); !errors.Is(err, syscall.EPERM) {
		t.Errorf("RDONLY: %v", err)
	}
	h, err := NewHashMap[uint32, uint64](mustMap(t, batchSpec(bpf.MapHash)))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(h.Put(1, 2), h.Map().Freeze()); err != nil {
		t.Fatal(err)
	}
	if err := h.Put(1, 3); !errors.Is(err, syscall.EPERM) {
		t.Errorf("typed update of a frozen map: %v", err)
	}
}

// TestMapMemory: the memory of an array is its elements.
func TestMapMemory(t *testing.T) {
	spec := MapSpec{Name: "m", Type: bpf.MapArray, KeySize: 4, ValueSize: 12, MaxEntries: 3, Flags: bpf.FlagMmapable}
	m := mustMap(t, spec)
	b, readOnly, err := m.Memory()
	if err != nil || readOnly || len(b) != 48 {
		t.Fatalf("%d bytes, read-only %v, %v", len(b), readOnly, err)
	}
	b[16] = 7
	value := make([]byte, 12)
	if err := m.Lookup([]byte{1, 0, 0, 0}, value); err != nil || value[0] != 7 {
		t.Errorf("element 1 is %x, %v", value, err)
	}
	if err := m.Freeze(); !errors.Is(err, syscall.EBUSY) {
		t.Errorf("freeze with memory given out: %v", err)
	}
	for flags, want := range map[uint32]string{
		bpf.FlagMmapable: "false <nil>", bpf.FlagMmapable | bpf.FlagRdonly: "true <nil>", bpf.FlagMmapable | bpf.FlagRdonlyProg: "true <nil>",
		bpf.FlagMmapable | bpf.FlagWronly: `false map "m": memory: the map has the flag WRONLY (EPERM)`,
		0:                                 `false map "m": memory: the map is no array with the flag MMAPABLE (ENOTSUP)`,
	} {
		spec.Flags = flags
		_, readOnly, err := mustMap(t, spec).Memory()
		if got := fmt.Sprint(readOnly, " ", err); got != want {
			t.Errorf("flags %#x: %s, want %s", flags, got, want)
		}
	}
	spec.Flags = bpf.FlagMmapable
	m = mustMap(t, spec)
	if err := m.Freeze(); err != nil {
		t.Fatal(err)
	}
	if _, readOnly, err := m.Memory(); err != nil || !readOnly {
		t.Errorf("memory of a frozen map: read-only %v, %v", readOnly, err)
	}
}

// TestAccessFlags: what hosts may do with maps that are RDONLY or WRONLY, of all
// types that Linux 6.18 gives these flags. EPERM comes before everything else.
func TestAccessFlags(t *testing.T) {
	for _, typ := range []bpf.MapType{
		bpf.MapHash, bpf.MapArray, bpf.MapPercpuHash, bpf.MapPercpuArray, bpf.MapLRUHash, bpf.MapLRUPercpu, bpf.MapLPMTrie, bpf.MapQueue, bpf.MapStack,
		bpf.MapBloomFilter, bpf.MapProgArray, bpf.MapArrayOfMaps, bpf.MapHashOfMaps, bpf.MapPerfEvent, bpf.MapStackTrace,
	} {
		for flag, refused := range map[uint32][]string{
			bpf.FlagRdonly: {"update", "delete", "take", "batch update", "batch delete", "batch take", "freeze", "update program", "update map"},
			bpf.FlagWronly: {"lookup", "next", "take", "batch lookup", "batch take", "lookup program", "lookup map"},
		} {
			spec := batchSpec(typ)
			if spec.Flags |= flag; typ == bpf.MapPerfEvent {
				spec.ValueSize = 4
			}
			m := mustMap(t, spec)
			key, value := make([]byte, m.keySize), make([]byte, m.hostSize)
			for what, err := range map[string]error{
				"lookup": m.Lookup(key, value), "next": m.NextKey(nil, key), "update": m.Update(key, value, 0), "delete": m.Delete(key), "take": m.LookupAndDelete(key, value, 0),
				"batch lookup": second(m.BatchLookup(new(BatchCursor), key, value, 0)), "batch update": second(m.BatchUpdate(key, value, 0)),
				"batch delete": second(m.BatchDelete(key, 0)), "batch take": second(m.BatchLookupAndDelete(new(BatchCursor), key, value, 0)),
				"update map": m.UpdateMap(key, nil, 0), "lookup map": second(m.LookupMap(key)), "update program": m.UpdateProgram(key, nil, 0, nil),
				"lookup program": third(m.LookupProgram(key)), "freeze": m.Freeze(),
			} {
				if got, want := errors.Is(err, syscall.EPERM), slices.Contains(refused, what); got != want {
					t.Errorf("type %d, flags %#x: %s: %v; EPERM wanted: %v", typ, flag, what, err, want)
				}
			}
		}
	}
}

func third[A, B any](_ A, _ B, err error) error { return err }
