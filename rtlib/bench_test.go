//go:build amd64 || arm64

package rtlib_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/rtlib/internal/calls"
)

// BenchmarkEntry is what a run costs when the program does nothing.
func BenchmarkEntry(b *testing.B) {
	inst := object(b, bpf.MapHash, 4, nil)
	f := newFrame(b, inst)
	raw, xdp, reclaims := inst.Program("trivial"), inst.Program("xdp"), inst.Program("xdp_reclaims")
	mem := make([]byte, 64)
	b.Run("call", func(b *testing.B) {
		entry, fr := raw.Entry(), f.ABI()
		for b.Loop() {
			entry(fr)
		}
	})
	b.Run("owned-raw", func(b *testing.B) {
		for range b.N {
			_, _ = f.RunRaw(raw, mem)
		}
	})
	b.Run("owned-xdp", func(b *testing.B) {
		ctx := rtlib.XDP{Data: mem}
		for range b.N {
			_, _ = f.RunXDP(xdp, &ctx)
		}
	})
	b.Run("owned-run", func(b *testing.B) {
		for range b.N {
			_, _ = raw.Run(f)
		}
	})
	b.Run("owned-xdp-reclaiming", func(b *testing.B) {
		ctx := rtlib.XDP{Data: mem}
		for range b.N {
			_, _ = f.RunXDP(reclaims, &ctx)
		}
	})
	b.Run("batch-xdp", func(b *testing.B) {
		ctxs, verdicts := make([]rtlib.XDP, 256), make([]uint32, 256)
		for i := range ctxs {
			ctxs[i].Data = mem
		}
		for i := 0; i < b.N; i += len(ctxs) {
			_, _ = f.RunXDPBatch(xdp, ctxs, verdicts)
		}
	})
	b.Run("pooled-raw", func(b *testing.B) {
		for range b.N {
			_, _ = rtlib.RunRaw(raw, mem)
		}
	})
	b.Run("pooled-raw-parallel", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				_, _ = rtlib.RunRaw(raw, mem)
			}
		})
	})
	b.Run("new-frame", func(b *testing.B) {
		for range b.N {
			g, _ := rtlib.NewFrame(inst)
			_ = g.Close()
		}
	})
}

// key4, key16 are the keys of the lookup benchmarks.
type (
	key4  [4]byte
	key16 [16]byte
)

// BenchmarkLookup compares the hash map with Go's, n random keys of which
// half are looked up in random order: hits and misses.
func BenchmarkLookup(b *testing.B) {
	for _, n := range []int{100, 10_000, 200_000} {
		m4 := benchMap(b, 4, n)
		m16 := benchMap(b, 16, n)
		go4, go16 := map[key4]uint64{}, map[key16]uint64{}
		rng := rand.New(rand.NewPCG(1, 2))
		hits, misses := make([]key16, 4096), make([]key16, 4096)
		keys := make([]key16, n)
		value := make([]byte, 8)
		for i := range keys {
			binary.LittleEndian.PutUint64(keys[i][:], rng.Uint64())
			binary.LittleEndian.PutUint64(keys[i][8:], rng.Uint64())
			_ = m4.Update(keys[i][:4], value, 0)
			_ = m16.Update(keys[i][:], value, 0)
			go4[key4(keys[i][:4])] = 1
			go16[keys[i]] = 1
		}
		for i := range hits {
			hits[i] = keys[rng.IntN(n)]
			binary.LittleEndian.PutUint64(misses[i][:], rng.Uint64())
			binary.LittleEndian.PutUint64(misses[i][8:], rng.Uint64())
		}
		addr4, addr16 := uint64(uintptr(unsafe.Pointer(m4))), uint64(uintptr(unsafe.Pointer(m16)))
		for _, c := range []struct {
			name string
			keys []key16
		}{{"hit", hits}, {"miss", misses}} {
			at := func(i int) uint64 { return uint64(uintptr(unsafe.Pointer(&c.keys[i&4095]))) }
			b.Run(fmt.Sprintf("%d/%s/4", n, c.name), func(b *testing.B) {
				for i := range b.N {
					sink += rtlib.HashLookup4(nil, addr4, at(i))
				}
			})
			b.Run(fmt.Sprintf("%d/%s/4-go", n, c.name), func(b *testing.B) {
				for i := range b.N {
					sink += go4[key4(c.keys[i&4095][:4])]
				}
			})
			b.Run(fmt.Sprintf("%d/%s/16", n, c.name), func(b *testing.B) {
				for i := range b.N {
					sink += rtlib.HashLookup16(nil, addr16, at(i))
				}
			})
			b.Run(fmt.Sprintf("%d/%s/16-go", n, c.name), func(b *testing.B) {
				for i := range b.N {
					sink += go16[c.keys[i&4095]]
				}
			})
			b.Run(fmt.Sprintf("%d/%s/host-4", n, c.name), func(b *testing.B) {
				for i := range b.N {
					_ = m4.Lookup(c.keys[i&4095][:4], value)
				}
			})
		}
		runtime.KeepAlive(m4)
		runtime.KeepAlive(m16)
	}
}

var sink uint64

// benchMap makes a hash map for n keys of keySize bytes.
func benchMap(b *testing.B, keySize uint32, n int) *rtlib.Map {
	b.Helper()
	m, err := rtlib.NewMap(rtlib.MapSpec{Name: "bench", Type: bpf.MapHash, KeySize: keySize, ValueSize: 8, MaxEntries: uint32(n)})
	if err != nil {
		b.Fatal(err)
	}
	return m
}

// BenchmarkHelper is what a helper costs that machine code calls, the run
// included.
func BenchmarkHelper(b *testing.B) {
	_ = calls.Trivial
	mem := make([]byte, 24)
	for _, c := range []struct {
		typ     bpf.MapType
		keySize uint32
		program string
	}{
		{bpf.MapHash, 4, "trivial"},
		{bpf.MapHash, 4, "slot"},
		{bpf.MapArray, 4, "lookup"},
		{bpf.MapHash, 4, "lookup"},
		{bpf.MapHash, 4, "hash_lookup_4"},
		{bpf.MapHash, 8, "hash_lookup_8"},
		{bpf.MapHash, 16, "hash_lookup_16"},
		{bpf.MapHash, 4, "update"},
		{bpf.MapArray, 4, "update"},
	} {
		inst := object(b, c.typ, c.keySize, nil)
		f := newFrame(b, inst)
		mustRun(b, f, inst.Program("update"), mem)
		p := inst.Program(c.program)
		entry, fr := p.Entry(), f.ABI()
		b.Run(fmt.Sprintf("%s/%d", c.program, c.typ), func(b *testing.B) {
			for range b.N {
				entry(fr)
			}
		})
	}
}

// BenchmarkUpdate replaces and inserts values.
func BenchmarkUpdate(b *testing.B) {
	const n = 10_000
	m := benchMap(b, 4, n)
	var key [4]byte
	var value [8]byte
	b.Run("replace", func(b *testing.B) {
		for i := range b.N {
			binary.LittleEndian.PutUint32(key[:], uint32(i%n))
			_ = m.Update(key[:], value[:], 0)
		}
	})
	b.Run("delete+insert", func(b *testing.B) {
		for i := range b.N {
			binary.LittleEndian.PutUint32(key[:], uint32(i%n))
			_ = m.Delete(key[:])
			_ = m.Update(key[:], value[:], 0)
		}
	})
	goMap := map[key4][8]byte{}
	b.Run("replace-go", func(b *testing.B) {
		for i := range b.N {
			binary.LittleEndian.PutUint32(key[:], uint32(i%n))
			goMap[key] = value
		}
	})
	b.Run("delete+insert-go", func(b *testing.B) {
		for i := range b.N {
			binary.LittleEndian.PutUint32(key[:], uint32(i%n))
			delete(goMap, key)
			goMap[key] = value
		}
	})
	one := benchMap(b, 4, 1)
	b.Run("replace-one", func(b *testing.B) {
		for range b.N {
			_ = one.Update(key[:], value[:], 0)
		}
	})
}
