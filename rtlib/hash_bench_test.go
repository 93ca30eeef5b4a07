package rtlib

import (
	"encoding/binary"
	"fmt"
	"testing"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// BenchmarkHash is the operations of programs on a map with 4,096 keys, 256 of
// them in a run; test/bench compares them with other implementations.
func BenchmarkHash(b *testing.B) {
	for _, keySize := range []uint32{4, 16, 64} {
		m, err := NewMap(MapSpec{Name: "m", Type: bpf.MapHash, KeySize: keySize, ValueSize: 8, MaxEntries: 4096})
		if err != nil {
			b.Fatal(err)
		}
		waitBarrier(m.domain, false)
		fr := &abi.Frame{}
		key, value := fr.Stack[:keySize], fr.Stack[256:264]
		keyAt, valueAt := uint64(uintptr(unsafe.Pointer(&key[0]))), uint64(uintptr(unsafe.Pointer(&value[0])))
		mapAt := uint64(uintptr(unsafe.Pointer(m)))
		for x, i := uint32(0), 0; i < 1<<16; i++ {
			x += 0x9e3779b1
			binary.LittleEndian.PutUint32(key, x>>20)
			HashUpdate(fr, mapAt, keyAt, valueAt, 0)
		}
		for _, op := range []struct {
			name string
			do   func()
		}{
			{"update", func() { nativeHashUpdate(fr, mapAt, keyAt, valueAt, 0) }},
			{"lookup", func() { nativeHashLookup(fr, mapAt, keyAt) }},
			{"replace", func() { HashDelete(fr, mapAt, keyAt); nativeHashUpdate(fr, mapAt, keyAt, valueAt, 0) }},
		} {
			b.Run(fmt.Sprintf("%d/%s", keySize, op.name), func(b *testing.B) {
				x := uint32(0)
				cell := &m.domain.cells[0]
				m.domain.high.Store(1)
				b.ReportAllocs()
				for i := range b.N {
					if i%256 == 0 {
						leave(cell)
						m.domain.enter(cell)
					}
					x += 0x9e3779b1
					binary.LittleEndian.PutUint32(key, x>>20)
					op.do()
				}
				leave(cell)
			})
		}
	}
}
