package lru

import (
	"container/list"
	"encoding/binary"
	"math/rand"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

const (
	entries = 4096
	length  = 400_000 // keys of a trace
)

// trace is a sequence of keys that a program looks up, and inserts when they are
// not there.
type trace struct {
	name string
	// next is the i-th key.
	next func(i int) uint32
	// slack is by how much the rate of hits may be below an exact list's.
	slack float64
}

// traces are made anew for each test: they have a state.
func traces() []trace {
	zipf := func(s float64, keys uint64) func(int) uint32 {
		z := rand.NewZipf(rand.New(rand.NewSource(1)), s, 1, keys-1)
		// Keys that are asked for often are not neighbours.
		return func(int) uint32 { return uint32(z.Uint64()) * 0x9e3779b1 }
	}
	// Keys of scans come once.
	fresh := func(i int) uint32 { return 1<<31 + uint32(i) }
	flat, steep := zipf(1.01, 1<<16), zipf(1.2, 1<<16)
	scanned, burst, moving, before := zipf(1.01, 1<<16), zipf(1.2, 1<<16), zipf(1.2, 1<<16), zipf(1.2, 1<<16)
	uniform := rand.New(rand.NewSource(2))
	return []trace{
		{"Zipf 1.01", flat, 0},
		{"Zipf 1.2", steep, 0},
		{"Zipf 1.01 and a scan", func(i int) uint32 {
			if i%5 == 0 {
				return fresh(i)
			}
			return scanned(i)
		}, 0},
		{"Zipf 1.2, bursts of a scan", func(i int) uint32 {
			if i%50_000 < 2*entries {
				return fresh(i)
			}
			return burst(i)
		}, 0},
		{"Zipf 1.2, moving", func(i int) uint32 { return moving(i) + uint32(i/50)*0x9e3779b1 }, 0.02},
		{"uniform", func(int) uint32 { return uniform.Uint32() % (2 * entries) }, 0.02},
		{"a loop that fits, after Zipf 1.2", func(i int) uint32 {
			if i < length/4 {
				return before(i)
			}
			return 1<<31 + uint32(i%(entries*9/10))
		}, 0.10},
	}
}

// exact counts the hits of a list by last use.
func exact(keys []uint32) (hits int) {
	order, where := list.New(), map[uint32]*list.Element{}
	for _, k := range keys {
		if e, there := where[k]; there {
			order.MoveToFront(e)
			hits++
			continue
		}
		if len(where) == entries {
			delete(where, order.Remove(order.Back()).(uint32))
		}
		where[k] = order.PushFront(k)
	}
	return hits
}

// askAll is a program: it looks each key of its memory up and inserts it when it
// is not there. It returns the number of those that are.
func askAll(fr *abi.Frame) (hits uint64) {
	m, value := abi.Map(fr, 0), abi.R10(fr)-8
	for key := fr.Data; key != fr.DataEnd; key += 4 {
		if rtlib.MapLookupElem(fr, m, key) != 0 {
			hits++
		} else if rtlib.MapUpdateElem(fr, m, key, value, bpf.UpdateAny) != 0 {
			return ^uint64(0)
		}
	}
	return hits
}

// ours counts the hits of rtlib's map.
func ours(t *testing.T, keys []uint32) int {
	t.Helper()
	inst, err := rtlib.NewInstance(&rtlib.ObjectSpec{
		Name: "object", ABI: abi.Version,
		Maps:     []rtlib.MapSpec{{Name: "lru", Type: bpf.MapLRUHash, KeySize: 4, ValueSize: 8, MaxEntries: entries}},
		Programs: []rtlib.ProgramSpec{{Name: "ask", Hook: "raw", Entry: askAll, Engine: "go", Maps: []int{0}, Reclaims: true}},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer inst.Close()
	hits, mem := 0, make([]byte, 4*1000)
	for i := 0; i < len(keys); i += 1000 {
		for k, key := range keys[i : i+1000] {
			binary.NativeEndian.PutUint32(mem[4*k:], key)
		}
		n, err := rtlib.RunRaw(inst.Program("ask"), mem)
		if err != nil || n > 1000 {
			t.Fatalf("%d hits, %v", int64(n), err)
		}
		hits += int(n)
	}
	return hits
}

func rate(hits int) float64 { return float64(hits) / length }

func (tr *trace) keys() []uint32 {
	keys := make([]uint32, length)
	for i := range keys {
		keys[i] = tr.next(i)
	}
	return keys
}

// TestExact compares the rates of hits with those of an exact list.
func TestExact(t *testing.T) {
	for _, tr := range traces() {
		keys := tr.keys()
		want, got := rate(exact(keys)), rate(ours(t, keys))
		t.Logf("%-34s exact %.4f, rtlib %.4f", tr.name, want, got)
		if got < want-tr.slack {
			t.Errorf("%s: %.4f, an exact list's %.4f", tr.name, got, want)
		}
	}
}

// TestKernel compares the rates of hits with those of the kernel's map.
func TestKernel(t *testing.T) {
	inKernel, reason := kernels()
	if reason != "" {
		enginetest.Missing(t, reason)
	}
	for _, tr := range traces() {
		keys := tr.keys()
		hits, err := inKernel(keys)
		if err != nil {
			t.Fatal(err)
		}
		want, got := rate(hits), rate(ours(t, keys))
		t.Logf("%-34s kernel %.4f, rtlib %.4f", tr.name, want, got)
		if got < want-0.02 {
			t.Errorf("%s: %.4f, the kernel's %.4f", tr.name, got, want)
		}
	}
}
