package kernel

import (
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/internal/enginetest"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/test/maps/drive"
	"github.com/bpf2go-native/bpf2go-native/test/maps/model"
)

// created are the types that are made with drawn sizes and flags.
var created = []bpf.MapType{
	bpf.MapArray, bpf.MapHash, bpf.MapPercpuArray, bpf.MapPercpuHash, bpf.MapLRUHash, bpf.MapLRUPercpu, bpf.MapLPMTrie,
	bpf.MapQueue, bpf.MapStack, bpf.MapBloomFilter, bpf.MapRingbuf, bpf.MapUserRingbuf, bpf.MapStackTrace, bpf.MapPerfEvent, bpf.MapProgArray,
}

// TestCreate makes maps of any sizes and flags: the kernel and the runtime library
// make the same ones, and refuse the others with the same errno.
func TestCreate(t *testing.T) {
	if missing := Missing(); missing != "" {
		enginetest.Missing(t, missing)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := model.Spec{
			Type:       rapid.SampledFrom(created).Draw(t, "type"),
			KeySize:    rapid.SampledFrom([]uint32{0, 1, 2, 4, 4, 4, 5, 8, 8, 260, 261, 512}).Draw(t, "key size"),
			ValueSize:  rapid.SampledFrom([]uint32{0, 1, 3, 4, 4, 8, 8, 24, 1016, 1024}).Draw(t, "value size"),
			MaxEntries: rapid.SampledFrom([]uint32{0, 1, 3, 4, 4096, 4096, 5000, 8192}).Draw(t, "max entries"),
			Extra:      rapid.SampledFrom([]uint64{0, 0, 0, 1, 15, 16, 1 << 40}).Draw(t, "extra"),
		}
		for range rapid.IntRange(0, 2).Draw(t, "number of flags") {
			s.Flags |= 1 << rapid.IntRange(0, 13).Draw(t, "flag")
		}
		if s.Type == bpf.MapLPMTrie && rapid.Bool().Draw(t, "no prealloc") {
			s.Flags |= bpf.FlagNoPrealloc
		}
		if s.Type == bpf.MapPerfEvent && s.MaxEntries == 0 || s.Type == bpf.MapProgArray && s.ValueSize != 4 {
			return // 0 stands for all CPUs, as loaders have it; New takes numbers for values
		}
		want := errnoOf(t, func() error {
			m, err := New(s)
			if err == nil {
				err = m.Close()
			}
			return err
		}, func(err error) (e bpf.Errno) {
			errors.As(err, &e)
			return e
		})
		got := errnoOf(t, func() error {
			m, err := rtlib.NewMap(rtlib.MapSpec{Name: "m", Type: s.Type, KeySize: s.KeySize, ValueSize: s.ValueSize, MaxEntries: s.MaxEntries, Flags: s.Flags, Extra: s.Extra})
			if err == nil {
				err = m.Close()
			}
			return err
		}, func(err error) bpf.Errno {
			e, failed := drive.Errno(err)
			if failed != nil {
				t.Fatalf("%v: %v", s, failed)
			}
			return e
		})
		if got != want {
			t.Fatalf("%v: got %v, the kernel says %v", s, got, want)
		}
	})
}

// errnoOf is the number of the error of f.
func errnoOf(t *rapid.T, f func() error, number func(error) bpf.Errno) bpf.Errno {
	err := f()
	if err == nil {
		return 0
	}
	e := number(err)
	if e == 0 {
		t.Fatalf("error without a number: %v", err)
	}
	return e
}
