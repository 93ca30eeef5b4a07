package rtlib

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"sync"
	"testing"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// TestMemoryIsFlat: after some of the updates of two programs and a host, a process
// has as much memory as after all of them, within 5 %, for each type whose values
// are reclaimed. RTLIB_UPDATES is the number of updates of each type; make memory
// asks for 100 million. The few million of an ordinary test leave 2 MB for elements
// that wait for a run whose thread the system has stopped.
func TestMemoryIsFlat(t *testing.T) {
	updates, slack := 2_000_000, 2e6
	if s := os.Getenv("RTLIB_UPDATES"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("RTLIB_UPDATES: %v", err)
		}
		updates, slack = n, 0
	} else if testing.Short() {
		updates = 200_000
	}
	for _, c := range []struct {
		name string
		spec MapSpec
		del  int // deletions for 16 updates
	}{
		{"hash", MapSpec{Type: bpf.MapHash, KeySize: 8, ValueSize: 64}, 0},
		{"hash-deleting", MapSpec{Type: bpf.MapHash, KeySize: 8, ValueSize: 64}, 5},
		{"percpu-hash-deleting", MapSpec{Type: bpf.MapPercpuHash, KeySize: 8, ValueSize: 16}, 8},
		{"lru-hash", MapSpec{Type: bpf.MapLRUHash, KeySize: 8, ValueSize: 64}, 1},
		{"lru-percpu-hash", MapSpec{Type: bpf.MapLRUPercpu, KeySize: 8, ValueSize: 16}, 1},
		{"lpm-trie", MapSpec{Type: bpf.MapLPMTrie, KeySize: 8, ValueSize: 64, Flags: bpf.FlagNoPrealloc}, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.spec.Name, c.spec.MaxEntries = "m", 20_000
			d := newDomain(3)
			d.high.Store(2)
			m, err := newMap(d, bpf.RulesOf(bpf.Linux), c.spec)
			if err != nil {
				t.Fatal(err)
			}
			waitBarrier(d, false)
			first := max(updates/10, min(updates/2, 1_000_000))
			updateTogether(m, first, c.del, 1)
			before := resident(t)
			updateTogether(m, updates-first, c.del, 2)
			after := resident(t)
			t.Logf("%d elements: %.1f MB after %d updates, %.1f MB after %d (%.3f)", m.Len(), before/1e6, first, after/1e6, updates, after/before)
			if after > 1.05*before+slack {
				t.Errorf("resident memory grew from %.0f to %.0f bytes", before, after)
			}
		})
	}
}

// updateTogether makes n updates, by two programs in runs of 256 and by a host.
func updateTogether(m *Map, n, del int, seed uint64) {
	var all sync.WaitGroup
	for slot := range uint64(2) {
		all.Go(func() {
			fr := &abi.Frame{Slot: slot}
			key, value := fr.Stack[:8], fr.Stack[256:256+m.valueSize]
			for i := range n * 7 / 16 {
				if i%256 == 0 {
					leave(&m.domain.cells[slot])
					m.domain.enter(&m.domain.cells[slot])
				}
				streamKey(key, m.spec.Type, seed*1000+slot, i)
				if i%16 < del {
					_ = m.ops.remove(fr, unsafe.Pointer(&key[0]))
				}
				streamKey(key, m.spec.Type, seed*1000+slot+7, i)
				_ = m.ops.update(fr, unsafe.Pointer(&key[0]), unsafe.Pointer(&value[0]), 0)
			}
			leave(&m.domain.cells[slot])
		})
	}
	key, value := make([]byte, 8), make([]byte, m.hostSize)
	for i := range n / 8 {
		streamKey(key, m.spec.Type, seed*1000+2, i)
		if i%16 < del {
			_ = m.Delete(key)
		}
		_ = m.Update(key, value, 0)
	}
	all.Wait()
}

// streamKey is one of 24,000 keys in an irregular order.
func streamKey(key []byte, typ bpf.MapType, stream uint64, i int) {
	x := fold(uint64(i)+stream<<32, mixer) % 24_000
	if typ == bpf.MapLPMTrie {
		binary.LittleEndian.PutUint32(key, 32)
		binary.BigEndian.PutUint32(key[4:], uint32(x))
		return
	}
	binary.LittleEndian.PutUint64(key, x)
}

// resident is the memory in bytes that the process has.
func resident(t *testing.T) float64 {
	t.Helper()
	debug.FreeOSMemory()
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var size, pages int
	if _, err := fmt.Fscan(bytes.NewReader(b), &size, &pages); err != nil {
		t.Fatal(err)
	}
	return float64(pages * os.Getpagesize())
}
