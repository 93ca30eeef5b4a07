package model_test

import (
	"math"
	"math/bits"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/test/maps/drive"
	"github.com/bpf2go-native/bpf2go-native/test/maps/linear"
	"github.com/bpf2go-native/bpf2go-native/test/maps/model"
)

// do does an operation that has to succeed.
func do(t *testing.T, n *drive.Native, op model.Op) model.Result {
	t.Helper()
	r, err := n.Do(&op)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestLRUKeepsHot: keys that programs look up survive a scan of ten times as many
// keys as the map has room for, and the map stays full.
func TestLRUKeepsHot(t *testing.T) {
	const room, hot, scan = 1024, 256, 10 * 1024
	for name, typ := range map[string]bpf.MapType{"lru_hash": bpf.MapLRUHash, "lru_percpu_hash": bpf.MapLRUPercpu} {
		t.Run(name, func(t *testing.T) {
			n, err := drive.New(model.Spec{Type: typ, KeySize: 8, ValueSize: 8, MaxEntries: room, CPUs: rtlib.PossibleCPU()})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = n.Close() }()
			for k := range uint64(scan) {
				value := linear.Fill(k, 8)
				do(t, n, model.Op{Code: model.ProgUpdate, Key: linear.Fill(k, 8), Value: value})
				if k >= hot { // each hot key is used once in 256 insertions
					do(t, n, model.Op{Code: model.ProgLookup, Key: linear.Fill(k%hot, 8)})
				}
			}
			kept := 0
			for k := range uint64(hot) {
				kept += int(do(t, n, model.Op{Code: model.ProgLookup, Key: linear.Fill(k, 8)}).R0)
			}
			if kept < hot*95/100 || n.Map.Len() > room || n.Map.Len() < room*95/100 {
				t.Errorf("%d of %d hot keys are left, %d keys of at most %d", kept, hot, n.Map.Len(), room)
			}
		})
	}
}

// TestBloomRate: of values that were not pushed, a full filter finds at most half
// more than the formula says for n values, k functions and the bits that Linux
// takes: 7/5*n*k, or the next power of two.
func TestBloomRate(t *testing.T) {
	const n, others = 1000, 20000
	for _, k := range []uint64{0, 1, 3, 8} {
		m, err := drive.New(model.Spec{Type: bpf.MapBloomFilter, ValueSize: 8, MaxEntries: n, Extra: k})
		if err != nil {
			t.Fatal(err)
		}
		for v := range uint64(n) {
			do(t, m, model.Op{Code: model.ProgPush, Value: linear.Fill(v, 8)})
		}
		wrong := 0
		for v := range uint64(others) {
			if do(t, m, model.Op{Code: model.ProgPeek, Value: linear.Fill(v+n, 8)}).R0 == 0 {
				wrong++
			}
		}
		functions := float64(k)
		if k == 0 {
			functions = 5
		}
		size := float64(uint64(1) << bits.Len64(uint64(n*functions*7/5)-1))
		rate := math.Pow(1-math.Exp(-functions*n/size), functions)
		if got := float64(wrong) / others; got > 1.5*rate+0.002 {
			t.Errorf("%d functions: %.4f of the values that were not pushed are found, want %.4f", k, got, rate)
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}
