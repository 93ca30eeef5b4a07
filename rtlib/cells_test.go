package rtlib

import (
	"encoding/binary"
	"testing"
	"time"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// crowdMap is a map of one stripe in a domain with 2 slots in use, and a function
// that makes n updates of one key, by a host when fr is nil.
func crowdMap(t *testing.T) (*Map, func(fr *abi.Frame, n int)) {
	t.Helper()
	d := newDomain(3)
	d.high.Store(2)
	m, err := newMap(d, bpf.RulesOf(bpf.Linux), MapSpec{Name: "m", Type: bpf.MapHash, KeySize: 4, ValueSize: 8, MaxEntries: 1, poison: true})
	if err != nil {
		t.Fatal(err)
	}
	key, value := make([]byte, 4), make([]byte, 8)
	return m, func(fr *abi.Frame, n int) {
		for range n {
			if errno := m.ops.update(fr, hide(key), hide(value), 0); errno != 0 {
				t.Fatal(errno)
			}
		}
	}
}

// made is the number of cells that a map of one stripe has.
func made(m *Map) int {
	p := &m.hash.stripes[0].cellPool
	return len(p.slabs)*m.hash.cells.chunk - p.left
}

// TestCrowdWaits: updates wait for another's run that holds too many elements, and
// go on when it has ended, with what it held.
func TestCrowdWaits(t *testing.T) {
	m, update := crowdMap(t)
	d, c := m.domain, &m.hash.cells
	for _, fr := range []*abi.Frame{nil, {Slot: 1}} {
		d.enter(&d.cells[0])
		ended := make(chan struct{})
		time.AfterFunc(2*time.Millisecond, func() {
			leave(&d.cells[0])
			close(ended)
		})
		if fr != nil {
			d.enter(&d.cells[1])
		}
		for range 4 * c.crowd {
			if update(fr, 1); fr != nil { // each run begins later
				leave(&d.cells[1])
				d.enter(&d.cells[1])
			}
		}
		<-ended
		leave(&d.cells[1])
		if n := made(m); n > 2*c.crowd {
			t.Errorf("%d elements were made, %d may wait", n, c.crowd)
		}
	}
	if c.gaveUp.Load() != 0 {
		t.Error("an update did not see the end of a run of 2 ms")
	}
	checkCells(t, m)
}

// TestCrowdGivesUp: for a run that does not end, updates wait once.
func TestCrowdGivesUp(t *testing.T) {
	m, update := crowdMap(t)
	d, c := m.domain, &m.hash.cells
	d.enter(&d.cells[0])
	start := time.Now()
	update(nil, 40*c.crowd)
	if took := time.Since(start); took < crowdPatience || c.gaveUp.Load() != d.cells[0].epoch {
		t.Errorf("%v for %d updates, gave up on epoch %d, the run's is %d", took, 40*c.crowd, c.gaveUp.Load(), d.cells[0].epoch)
	}
	if n := made(m); n < 40*c.crowd {
		t.Errorf("%d elements were made while a run held all of %d", n, 40*c.crowd)
	}
	leave(&d.cells[0])
	before := made(m)
	update(nil, 80*c.crowd)
	if n := made(m); n > before+c.batch {
		t.Errorf("%d elements after the run, %d before: they are not used again", n, before)
	}
	checkCells(t, m)
}

// TestCrowdOwnRun: a run does not wait for itself.
func TestCrowdOwnRun(t *testing.T) {
	m, update := crowdMap(t)
	d, c := m.domain, &m.hash.cells
	d.enter(&d.cells[1])
	update(&abi.Frame{Slot: 1}, 40*c.crowd)
	if c.gaveUp.Load() != 0 {
		t.Error("a run waited for its own end")
	}
	leave(&d.cells[1])
}

// TestGiveBack: a cell that was not linked is the next that is allocated, whatever
// the ring holds.
func TestGiveBack(t *testing.T) {
	m, update := crowdMap(t)
	c, p := &m.hash.cells, &m.hash.stripes[0].cellPool
	for n := range 300 {
		update(nil, 1)
		p.lock()
		e := c.alloc(p)
		c.giveBack(p, e)
		if again := c.alloc(p); again != e {
			t.Fatalf("step %d: %#x was given back, the next is %#x", n, e, again)
		}
		c.giveBack(p, e)
		p.unlock()
	}
	checkCells(t, m)
}

// TestLongKeys: each byte of a long key counts, and each place of its words; the
// buckets of keys that differ in one word are like random ones.
func TestLongKeys(t *testing.T) {
	for _, size := range []uint32{17, 20, 24, 31, 32, 33, 40, 48, 56, 64, 72, 100, 128} {
		m := mustMap(t, hashSpec(size, 8, 1<<12))
		key := make([]byte, size)
		hash := func() uint64 { return m.hashKey(unsafe.Pointer(&key[0])) }
		seen := map[uint64]int{hash(): -1}
		for i := range key {
			key[i] = 1
			if other, twice := seen[hash()]; twice {
				t.Errorf("size %d: bytes %d and %d make one hash", size, other, i)
			}
			seen[hash()] = i
			key[i] = 0
		}
		for word := 0; word+8 <= len(key); word += 8 {
			used := map[uint64]bool{}
			for n := range uint64(1 << 12) {
				binary.LittleEndian.PutUint64(key[word:], n)
				used[m.bucketOf(hash())] = true
			}
			clear(key)
			if len(used) < 1<<12*6/10 {
				t.Errorf("size %d: %d keys that differ at byte %d are in %d buckets", size, 1<<12, word, len(used))
			}
		}
	}
}
