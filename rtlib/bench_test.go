//go:build amd64 || arm64

package rtlib_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
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
	b.Run("bound", func(b *testing.B) {
		run, err := f.BindRaw(raw, nil)
		entry := raw.Entry()
		for range b.N {
			run.Set(mem)
			if err = run.Err(); err == nil {
				entry(run.Frame)
			}
		}
		if err != nil {
			b.Fatal(err)
		}
	})
	b.Run("bound-reclaiming", func(b *testing.B) {
		run, err := f.BindXDP(reclaims, nil)
		if err != nil {
			b.Fatal(err)
		}
		entry := reclaims.Entry()
		for range b.N {
			run.Set(mem)
			if run.Enter() {
				entry(run.Frame)
				run.Leave()
			}
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
	b.Run("bind", func(b *testing.B) {
		for range b.N {
			_, _ = f.BindRaw(raw, nil)
		}
	})
	b.Run("new-frame", func(b *testing.B) {
		for range b.N {
			g, _ := rtlib.NewFrame(inst)
			_ = g.Close()
		}
	})
}

// BenchmarkNewInstance is the load and the end of an object with one map of
// 1,000 elements and 14 programs.
func BenchmarkNewInstance(b *testing.B) {
	for _, c := range []struct {
		name string
		typ  bpf.MapType
	}{{"array", bpf.MapArray}, {"hash", bpf.MapHash}} {
		spec := object(b, c.typ, 4, nil).Spec()
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				inst, err := rtlib.NewInstance(spec, nil)
				if err != nil {
					b.Fatal(err)
				}
				_ = inst.Close()
			}
		})
	}
}

// BenchmarkLookup compares the hash map, searched by machine code, with Go's:
// n random keys, 4,096 of them and as many others in random order. The
// comparison with C is in test/bench.
func BenchmarkLookup(b *testing.B) {
	for _, n := range []int{100, 10_000, 200_000} {
		for _, keySize := range []int{4, 16} {
			benchLookup(b, n, keySize)
		}
	}
}

func benchLookup(b *testing.B, n, keySize int) {
	inst := object(b, bpf.MapHash, uint32(keySize), &rtlib.InstanceOptions{MaxEntries: map[string]uint32{"m": uint32(n)}})
	m, f := inst.Map("m"), newFrame(b, inst)
	count := inst.Program(fmt.Sprintf("count_%d", keySize))
	go4, go16 := map[[4]byte]uint64{}, map[[16]byte]uint64{}
	rng := rand.New(rand.NewPCG(1, 2))
	random := func(n int) []byte {
		keys := make([]byte, 16*n)
		for i := 0; i < len(keys); i += 8 {
			binary.LittleEndian.PutUint64(keys[i:], rng.Uint64())
		}
		return keys
	}
	keys, value := random(n), make([]byte, 8)
	for i := range n {
		key := keys[16*i : 16*i+16]
		if err := m.Update(key[:keySize], value, 0); err != nil {
			b.Fatal(err)
		}
		go4[[4]byte(key)], go16[[16]byte(key)] = 1, 1
	}
	hits := make([]byte, 0, 16*4096)
	for range 4096 {
		i := 16 * rng.IntN(n)
		hits = append(hits, keys[i:i+16]...)
	}
	for _, c := range []struct {
		name string
		keys []byte
		want uint64
	}{{"hit", hits, 4096}, {"miss", random(4096), 0}} {
		b.Run(fmt.Sprintf("%d/%d/%s", n, keySize, c.name), func(b *testing.B) {
			for i := 0; i < b.N; i += 4096 {
				if got, err := f.RunRaw(count, c.keys); got != c.want || err != nil {
					b.Fatalf("found %d, %v, want %d", got, err, c.want)
				}
			}
		})
		b.Run(fmt.Sprintf("%d/%d/%s-host", n, keySize, c.name), func(b *testing.B) {
			for i := range b.N {
				_ = m.Lookup(c.keys[i&4095*16:i&4095*16+keySize], value)
			}
		})
		b.Run(fmt.Sprintf("%d/%d/%s-go", n, keySize, c.name), func(b *testing.B) {
			if keySize == 4 {
				for i := range b.N {
					sink += go4[[4]byte(c.keys[i&4095*16:])]
				}
				return
			}
			for i := range b.N {
				sink += go16[[16]byte(c.keys[i&4095*16:])]
			}
		})
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
	goMap := map[[4]byte][8]byte{}
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
