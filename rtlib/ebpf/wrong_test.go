package ebpf

import (
	"errors"
	"os"
	"testing"
)

// TestNilPlaces: nil in place of a key, a value or a pointer is an error.
func TestNilPlaces(t *testing.T) {
	m := mustNew(t, &MapSpec{Name: "m", Type: Array, KeySize: 4, ValueSize: 8, MaxEntries: 4})
	q := mustNew(t, &MapSpec{Name: "q", Type: Queue, ValueSize: 8, MaxEntries: 4, Contents: []MapKV{{nil, uint64(1)}}})
	var key uint32
	var value uint64
	var missing *uint64
	var custom *flowText
	for name, f := range map[string]func() error{
		"lookup to nil":              func() error { return m.Lookup(uint32(1), nil) },
		"lookup to a nil pointer":    func() error { return m.Lookup(uint32(1), missing) },
		"lookup to a nil custom":     func() error { return m.Lookup(uint32(1), custom) },
		"lookup of a nil pointer":    func() error { return m.Lookup((*uint32)(nil), &value) },
		"lookup of nil":              func() error { return m.Lookup(nil, &value) },
		"put of a nil pointer":       func() error { return m.Put(uint32(1), missing) },
		"put of a nil custom":        func() error { return m.Put(uint32(1), custom) },
		"next key to nil":            func() error { return m.NextKey(nil, nil) },
		"next key to a nil pointer":  func() error { return m.NextKey(nil, (*uint32)(nil)) },
		"peek to nil":                func() error { return q.Lookup(nil, nil) },
		"iterate with a nil key":     func() error { i := m.Iterate(); i.Next(nil, &value); return i.Err() },
		"iterate with a nil value":   func() error { i := m.Iterate(); i.Next(&key, nil); return i.Err() },
		"batch with a nil slice out": func() error { _, err := m.BatchLookup(&MapBatchCursor{}, nil, nil, nil); return err },
	} {
		if err := f(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := q.LookupAndDelete(nil, &value); err != nil || value != 1 {
		t.Errorf("%d, %v; want the value that nobody got", value, err)
	}
}

// flowText converts itself, and cannot when it is nil.
type flowText struct{ text [8]byte }

func (f *flowText) MarshalBinary() ([]byte, error) { return f.text[:], nil }
func (f *flowText) UnmarshalBinary(b []byte) error { copy(f.text[:], b); return nil }

// TestClosedReplacement: a handle that is closed is no replacement, also when
// others hold its map.
func TestClosedReplacement(t *testing.T) {
	cs := spec(t)
	m := mustNew(t, &MapSpec{Name: "shared", Type: Hash, KeySize: 4, ValueSize: 16, MaxEntries: 4})
	other, err := m.Clone()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { is(t, other.Close(), nil) }()
	is(t, m.Close(), nil)
	if _, err := NewCollectionWithOptions(cs, CollectionOptions{MapReplacements: map[string]*Map{"flows": m}}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("error %v, want ErrClosed", err)
	}
	load(t, cs, &CollectionOptions{MapReplacements: map[string]*Map{"flows": other}})
}

// TestNilSpec: no map is made from nil.
func TestNilSpec(t *testing.T) {
	_, err := NewMap(nil)
	is(t, err, os.ErrInvalid)
}

// TestNilOptions: nil options of a run are none.
func TestNilOptions(t *testing.T) {
	o := load(t, spec(t), nil)
	want, failed := o.Constant.Run(&RunOptions{})
	if got, err := o.Constant.Run(nil); got != want || (err == nil) != (failed == nil) {
		t.Errorf("%d, %v; with empty options %d, %v", got, err, want, failed)
	}
}
