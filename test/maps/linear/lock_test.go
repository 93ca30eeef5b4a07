package linear

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
	"github.com/bpf2go-native/bpf2go-native/test/maps/drive"
	"github.com/bpf2go-native/bpf2go-native/test/maps/model"
)

// TestLock: two counters in a value with a lock are the same whenever somebody has
// the lock, and count every program that had it.
func TestLock(t *testing.T) {
	const goroutines, times = 4, 2000
	for name, typ := range map[string]bpf.MapType{"array": bpf.MapArray, "hash": bpf.MapHash} {
		t.Run(name, func(t *testing.T) {
			n, err := drive.New(model.Spec{Type: typ, KeySize: 4, ValueSize: 24, MaxEntries: 1, Lock: 1 + 8})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = n.Close() }()
			if err := n.Map.Update(make([]byte, 4), make([]byte, 24), 0); err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			errs := make([]error, goroutines)
			for k := range goroutines {
				h, err := n.Hand()
				if err != nil {
					t.Fatal(err)
				}
				wg.Go(func() {
					for range times {
						errs[k] = errors.Join(errs[k], count(h), equal(n.Map))
					}
					errs[k] = errors.Join(errs[k], h.Close())
				})
			}
			wg.Wait()
			if err := errors.Join(errs...); err != nil {
				t.Fatal(err)
			}
			value := make([]byte, 24)
			if err := n.Map.Lookup(make([]byte, 4), value); err != nil || binary.LittleEndian.Uint64(value) != goroutines*times {
				t.Errorf("%d counted, %v; want %d", binary.LittleEndian.Uint64(value), err, goroutines*times)
			}
		})
	}
}

// count counts both counters up under the lock.
func count(h *drive.Hand) error {
	return h.Run(func(fr *abi.Frame) {
		addr := rtlib.MapLookupElem(fr, abi.Map(fr, 0), abi.Addr(fr)+abi.OffStack)
		rtlib.SpinLock(fr, addr+8)
		abi.Store64(addr, abi.Load64(addr)+1)
		abi.Store64(addr+16, abi.Load64(addr+16)+1)
		rtlib.SpinUnlock(fr, addr+8)
	})
}

// equal looks at both under the lock.
func equal(m *rtlib.Map) error {
	value := make([]byte, 24)
	if err := m.LookupFlags(make([]byte, 4), value, bpf.UpdateLock); err != nil {
		return err
	}
	if a, b := binary.LittleEndian.Uint64(value), binary.LittleEndian.Uint64(value[16:]); a != b {
		return fmt.Errorf("the counters are %d and %d", a, b)
	}
	return nil
}
