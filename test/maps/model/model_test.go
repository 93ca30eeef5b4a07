package model_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/test/maps/drive"
	"github.com/bpf2go-native/bpf2go-native/test/maps/model"
)

// TestModel does drawn operations of hosts and programs on maps of every type
// and platform, and compares each result with the model's.
func TestModel(t *testing.T) {
	for name, typ := range drive.Types {
		for _, platform := range []bpf.Platform{bpf.Linux, bpf.Windows} {
			t.Run(fmt.Sprintf("%s/%v", name, platform), func(t *testing.T) {
				t.Parallel()
				rapid.Check(t, func(t *rapid.T) { agree(t, platform, typ) })
			})
		}
	}
}

// agree is one map's life.
func agree(t *rapid.T, platform bpf.Platform, typ bpf.MapType) {
	s := model.DrawLock(t, model.DrawSpec(t, platform, typ, rtlib.PossibleCPU()))
	n, err := drive.New(s)
	if err != nil {
		t.Fatalf("%v: %v", s, err)
	}
	defer func() { _ = n.Close() }() // rapid ends lives by panics
	if n.Map.Type() != typ || n.Map.KeySize() != s.KeySize || n.Map.MaxEntries() != s.MaxEntries || n.Map.Flags() != s.Flags {
		t.Errorf("%v: the map says type %d, key %d, max_entries %d, flags %#x", s, n.Map.Type(), n.Map.KeySize(), n.Map.MaxEntries(), n.Map.Flags())
	}
	m := model.New(s)
	d := &model.Draw{Spec: s, Codes: model.CodesOf(s), CPUs: 2}
	if s.Slots() { // what no verifier lets through
		d.Codes = append(d.Codes, model.ProgUpdate, model.ProgDelete)
	}
	t.Repeat(map[string]func(*rapid.T){
		"": func(t *rapid.T) {},
		"operation": func(t *rapid.T) {
			op := d.Op(t)
			got, err := n.Do(&op)
			if err == nil {
				err = m.Step(op, got)
			}
			if err != nil {
				t.Fatalf("%v: %v: %v", s, op, err)
			}
		},
		"wrong size": func(t *rapid.T) {
			if err := wrongSize(t, n); err != nil {
				t.Fatalf("%v: %v", s, err)
			}
		},
	})
	if err := n.Close(); err != nil {
		t.Errorf("%v: close: %v", s, err)
	}
	key, value := make([]byte, s.KeySize), make([]byte, s.HostSize())
	for name, call := range hostCalls(n.Map, key, value) {
		if err := call(); !errors.Is(err, os.ErrClosed) {
			t.Errorf("%v: %s of a closed map: %v", s, name, err)
		}
	}
}

// hostCalls are a host's calls, by name; those of values have "value" in it.
func hostCalls(m *rtlib.Map, key, value []byte) map[string]func() error {
	return map[string]func() error{
		"lookup of a value":            func() error { return m.LookupFlags(key, value, 0) },
		"update of a value":            func() error { return m.Update(key, value, 0) },
		"lookup and delete of a value": func() error { return m.LookupAndDelete(key, value, 0) },
		"delete":                       func() error { return m.Delete(key) },
		"next key":                     func() error { return m.NextKey(nil, key) },
	}
}

// wrongSize gives keys and values of other lengths than the map's: nothing may
// happen. Whether it did, the next operations show.
func wrongSize(t *rapid.T, n *drive.Native) error {
	key, value := make([]byte, n.Spec.KeySize), make([]byte, n.Spec.HostSize())
	by := rapid.SampledFrom([]int{-1, 1, 8}).Draw(t, "longer by")
	wrong := func(b []byte) []byte { return make([]byte, max(0, len(b)+by)) }
	onKey := rapid.Bool().Draw(t, "key")
	if onKey && (n.Spec.Keyless() && by < 0) {
		return nil // of nothing, nothing can be missing
	}
	if !onKey && len(value) == 0 && by < 0 {
		return nil
	}
	if onKey {
		key = wrong(key)
	} else {
		value = wrong(value)
	}
	for name, call := range hostCalls(n.Map, key, value) {
		if !onKey && !strings.Contains(name, "value") {
			continue
		}
		err := call()
		if errno, failed := drive.Errno(err); failed != nil || errno != bpf.EINVAL {
			return fmt.Errorf("%s with lengths that are wrong by %d: %w", name, by, err)
		}
	}
	return nil
}

// TestNil: a map that an object does not have is nil, and says so.
func TestNil(t *testing.T) {
	for name, call := range hostCalls(nil, nil, nil) {
		err := call()
		if errno, failed := drive.Errno(err); failed != nil || errno != bpf.EINVAL {
			t.Errorf("%s of a nil map: %v", name, err)
		}
	}
}
