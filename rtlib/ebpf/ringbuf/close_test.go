package ringbuf

import (
	"errors"
	"syscall"
	"testing"
)

// TestCloseInLease: who has a record closes the reader, and another reader takes
// the records that are left.
func TestCloseInLease(t *testing.T) {
	f := newFixture(t)
	for _, record := range []string{"a", "b", "c"} {
		f.send(t, record, 0)
	}
	rd := newReader(t, f)
	err := rd.ReadLease(func(rec Record) error {
		if err := rd.Close(); err != nil {
			t.Error(err)
		}
		if _, err := NewReader(f.events); !errors.Is(err, syscall.EBUSY) {
			t.Errorf("a second reader beside the record: %v", err)
		}
		if string(rec.RawSample) != "a" {
			t.Errorf("record %q", rec.RawSample)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := rd.Read(); !errors.Is(err, ErrClosed) {
		t.Errorf("read after close: %v", err)
	}
	var got []string
	rd = newReader(t, f)
	for rec, err := range rd.Records() {
		if err != nil {
			if !errors.Is(err, ErrClosed) {
				t.Error(err)
			}
			break
		}
		if got = append(got, string(rec.RawSample)); len(got) == 2 {
			rd.Close()
		}
	}
	if len(got) != 2 || got[0] != "b" || got[1] != "c" {
		t.Errorf("the second reader got %q", got)
	}
	newReader(t, f)
}
