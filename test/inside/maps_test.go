package inside

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// keys is how many keys of pairs a host changes beside programs.
const keys = 16

// TestMapsBesideRuns runs programs in many goroutines, pooled, on Frames of
// their own and in batches, while a host replaces and deletes values of the
// hash map and writes to the array. A program never sees a value that is
// half of one and half of another, nor one of another key.
func TestMapsBesideRuns(t *testing.T) {
	inst := load(t, nil)
	var stop atomic.Bool
	var looks, packets, found atomic.Uint64
	var wg sync.WaitGroup
	for n := range 6 {
		look := ways(t, inst, "look")[n%3]
		churn := ways(t, inst, "churn")[n%3]
		wg.Go(func() {
			for key := uint32(n); !stop.Load(); key++ {
				r0, err := look.run(binary.LittleEndian.AppendUint32(make([]byte, 0, 8), key%keys)[:8])
				if err != nil || r0 > 1 {
					t.Errorf("%s: at %d: got %d, %v, want 0 or 1", look.name, key%keys, r0, err)
					return
				}
				looks.Add(1)
				found.Add(r0)
			}
		})
		wg.Go(func() {
			key := binary.LittleEndian.AppendUint64(nil, uint64(1000+n))
			for !stop.Load() {
				if r0, err := churn.run(key); r0 != 1 || err != nil {
					t.Errorf("%s: got %d, %v, want 1", churn.name, r0, err)
					return
				}
			}
		})
	}
	batches := newFrame(t, inst)
	wg.Go(func() { runBatches(t, batches, inst.Program("sum"), &stop, &packets) })
	changeMaps(t, inst)
	stop.Store(true)
	wg.Wait()
	t.Logf("%d looks found %d pairs, %d packets", looks.Load(), found.Load(), packets.Load())
	if got := counted(t, inst, 1); got != looks.Load() || got == 0 || found.Load() == 0 {
		t.Errorf("%d looks counted, want %d, some of which find a pair", got, looks.Load())
	}
	if got := counted(t, inst, 3); got != packets.Load() || got == 0 {
		t.Errorf("%d packets counted, want %d", got, packets.Load())
	}
}

// runBatches runs sum on batches of packets and counts them.
func runBatches(t *testing.T, f *rtlib.Frame, sum *rtlib.Program, stop *atomic.Bool, packets *atomic.Uint64) {
	ctxs, verdicts := make([]rtlib.XDP, 64), make([]uint32, 64)
	for !stop.Load() {
		for i := range ctxs {
			ctxs[i].Data = []byte{byte(i)}
		}
		n, err := f.RunXDPBatch(sum, ctxs, verdicts)
		packets.Add(uint64(n))
		for i, v := range verdicts {
			if want := uint32(1 + i%2); v != want || err != nil {
				t.Errorf("packet %d of a batch: got %d, %v, want %d", i, v, err, want)
				return
			}
		}
	}
}

// changeMaps changes the maps from Go for a while.
func changeMaps(t *testing.T, inst *rtlib.Instance) {
	value := make([]byte, 8)
	for i, begin := uint64(0), time.Now(); time.Since(begin) < beside; i++ {
		key := uint32(i % keys)
		putPair(t, inst, key, i<<32|uint64(key))
		if i%3 == 0 {
			err := inst.Map("pairs").Delete(binary.LittleEndian.AppendUint32(nil, key))
			if err != nil {
				t.Errorf("delete %d: %v", key, err)
			}
		}
		binary.LittleEndian.PutUint64(value, i)
		if err := inst.Map("counts").Update(make([]byte, 4), value, 0); err != nil {
			t.Errorf("update of the array: %v", err)
		}
		if i%64 == 0 {
			runtime.Gosched()
		}
	}
}

// TestCloseDuringRuns closes instances while goroutines run their programs.
// Every run before gives its result, every later one an error that says why,
// and when Close returns no program is inside.
func TestCloseDuringRuns(t *testing.T) {
	for round := range uint64(20) {
		// Close comes earlier and later.
		t.Run(fmt.Sprintf("after %d runs", 10*round), func(t *testing.T) { closeAfter(t, 10*round) })
	}
}

func closeAfter(t *testing.T, after uint64) {
	mem := memory(21)
	want := map[string]uint64{"speak": speakResult(mem), "descend": descendResult(mem), "churn": 1}
	var runs, inside atomic.Int64
	inst := load(t, func() {
		inside.Add(1)
		runtime.Gosched()
		inside.Add(-1)
	})
	var wg sync.WaitGroup
	for name, want := range want {
		for i, w := range ways(t, inst, name) {
			if name == "churn" && i != int(after)%3 {
				continue // the key is one goroutine's
			}
			wg.Go(func() {
				for {
					got, err := w.run(mem)
					if errors.Is(err, os.ErrClosed) {
						return
					}
					if err != nil || got != want {
						t.Errorf("%s: got %#x, %v, want %#x or an error that wraps os.ErrClosed", w.name, got, err, want)
						return
					}
					runs.Add(1)
				}
			})
		}
	}
	for runs.Load() < int64(after) {
		runtime.Gosched()
	}
	if err := inst.Close(); err != nil {
		t.Error(err)
	}
	// speak looks into a hash map, so Close has waited for it. descend has no
	// map: its three goroutines may still be inside, and touch nothing.
	if n := inside.Load(); n > 3 {
		t.Errorf("%d programs are inside after Close", n)
	}
	wg.Wait()
	if err := inst.Map("pairs").Delete([]byte{1, 0, 0, 0}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("delete from a closed map: %v, want an error that wraps os.ErrClosed", err)
	}
}
