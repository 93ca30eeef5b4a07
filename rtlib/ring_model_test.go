package rtlib

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// modelRing is a ring buffer as a list of records.
type modelRing struct {
	records    []*modelRecord // that were not consumed
	cons, prod uint64
	held       []*modelRecord
}

type modelRecord struct {
	data            []byte
	addr            uint64
	busy, discarded bool
}

func (m *modelRing) reserve(data []byte) *modelRecord {
	total := recordSize(uint64(len(data)))
	if m.prod+total-m.cons >= ringBytesOfModel {
		return nil
	}
	m.prod += total
	r := &modelRecord{data: data, busy: true}
	m.records = append(m.records, r)
	return r
}

// skip consumes discarded records at the front.
func (m *modelRing) skip() {
	for len(m.records) != 0 && !m.records[0].busy && m.records[0].discarded {
		m.pop()
	}
}

func (m *modelRing) pop() []byte {
	r := m.records[0]
	m.records = m.records[1:]
	m.cons += recordSize(uint64(len(r.data)))
	return r.data
}

const ringBytesOfModel = 4096

// TestRingModel: any sequence of calls and reads, across the end of the ring many
// times, does what the list does.
func TestRingModel(t *testing.T) {
	f := testFrame(t)
	rapid.Check(t, func(t *rapid.T) {
		m, err := NewMap(MapSpec{Name: "ring", Type: bpf.MapRingbuf, MaxEntries: ringBytesOfModel})
		if err != nil {
			t.Fatal(err)
		}
		rd, err := NewRingReader(m)
		if err != nil {
			t.Fatal(err)
		}
		defer rd.Close()
		rd.SetDeadline(time.Unix(1, 0))
		r := m.ops.(*ring)
		// Any place of the ring, and the end of all positions.
		r.prod = 8 * rapid.OneOf(rapid.Uint64Range(0, ringBytesOfModel/8), rapid.Just(uint64(1)<<61-9)).Draw(t, "position")
		r.cons, r.seen, f.held = r.prod, r.prod, nil
		model := &modelRing{cons: r.prod, prod: r.prod}
		payload := func() []byte {
			n := rapid.OneOf(rapid.IntRange(0, 64), rapid.IntRange(0, 4200)).Draw(t, "size")
			return bytes.Repeat([]byte{byte(rapid.IntRange(0, 255).Draw(t, "byte"))}, n)
		}
		t.Repeat(map[string]func(*rapid.T){
			"output": func(t *rapid.T) {
				data := payload()
				want := int64(-11)
				if r := model.reserve(data); r != nil {
					r.busy, want = false, 0
				}
				if got := output(f, m, data, 0); got != want {
					t.Fatalf("output of %d: %d, want %d", len(data), got, want)
				}
			},
			"reserve": func(t *rapid.T) {
				data := payload()
				addr := RingbufReserve(&f.abi, addrOf(m), uint64(len(data)), 0)
				r := model.reserve(data)
				if (addr != 0) != (r != nil) {
					t.Fatalf("reserve of %d: %#x, want one: %v", len(data), addr, r != nil)
				}
				if r != nil {
					r.addr = addr
					copy(unsafe.Slice((*byte)(ptr(addr)), len(data)), data)
					model.held = append(model.held, r)
				}
			},
			"give back": func(t *rapid.T) {
				if len(model.held) == 0 {
					return
				}
				i := rapid.IntRange(0, len(model.held)-1).Draw(t, "record")
				r := model.held[i]
				model.held = append(model.held[:i:i], model.held[i+1:]...)
				r.busy, r.discarded = false, rapid.Bool().Draw(t, "discard")
				if r.discarded {
					RingbufDiscard(&f.abi, r.addr, 0)
				} else {
					RingbufSubmit(&f.abi, r.addr, 0)
				}
			},
			"read": func(t *rapid.T) {
				got, left, err := rd.ReadInto(nil)
				model.skip()
				if len(model.records) == 0 || model.records[0].busy {
					if !errors.Is(err, os.ErrDeadlineExceeded) {
						t.Fatalf("read: %d bytes, %v, want none", len(got), err)
					}
					return
				}
				if want := model.pop(); err != nil || !bytes.Equal(got, want) || left != int(model.prod-model.cons) {
					t.Fatalf("read: %x, %d bytes remain, %v, want %x and %d", got, left, err, want, model.prod-model.cons)
				}
			},
			"": func(t *rapid.T) {
				cons := RingbufQuery(&f.abi, addrOf(m), ringConsPos)
				if prod := RingbufQuery(&f.abi, addrOf(m), ringProdPos); prod != model.prod || cons != model.cons {
					t.Fatalf("positions %d and %d, want %d and %d", cons, prod, model.cons, model.prod)
				}
			},
		})
	})
}

// FuzzRingReader: whatever is in the memory of a ring, its reader returns
// records that lie in it, none, or an error, and comes to an end.
func FuzzRingReader(f *testing.F) {
	f.Add([]byte{8, 0, 0, 0, 3, 0, 0, 0}, uint64(0), uint64(16))
	f.Add([]byte{0, 0, 0, 0x40, 3, 0, 0, 0, 0xff, 0xff, 0xff, 0x3f}, uint64(4088), uint64(4096+64))
	f.Add([]byte{0, 0, 0, 0x80}, uint64(1)<<63, uint64(8))
	f.Fuzz(func(t *testing.T, memory []byte, cons, prod uint64) {
		m, err := NewMap(MapSpec{Name: "ring", Type: bpf.MapRingbuf, MaxEntries: ringBytesOfModel})
		if err != nil {
			t.Fatal(err)
		}
		r := m.ops.(*ring)
		tear(r.data, memory, r.size)
		r.cons, r.prod = cons&^7, prod&^7
		rd, err := NewRingReader(m)
		if err != nil {
			t.Fatal(err)
		}
		rd.SetDeadline(time.Unix(1, 0))
		start := uint64(uintptr(r.data))
		for range ringBytesOfModel {
			before := r.cons
			err := rd.Read(func(b []byte, left int) error {
				if addr := uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))); len(b) > 0 && (addr < start || addr+uint64(len(b)) > start+2*r.size) || left < 0 {
					t.Errorf("%d bytes at %#x, %d remain; the ring is at %#x", len(b), addr, left, start)
				}
				return nil
			})
			switch {
			case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, io.ErrUnexpectedEOF):
				return
			case err != nil || r.cons == before:
				t.Fatalf("consumer from %d to %d: %v", before, r.cons, err)
			}
		}
		t.Error("the ring has no end")
	})
}

// tear puts bytes into a ring, again and again to its end.
func tear(data unsafe.Pointer, memory []byte, size uint64) {
	all := unsafe.Slice((*byte)(data), 2*size)
	for i := 0; len(memory) != 0 && i < len(all); i += len(memory) {
		copy(all[i:], memory)
	}
}

// FuzzPerfReader is FuzzRingReader for the ring of a CPU, also one that is
// overwritten.
func FuzzPerfReader(f *testing.F) {
	sample := binary.LittleEndian.AppendUint64(nil, perfSample|24<<48)
	f.Add(append(sample, 12, 0, 0, 0), uint64(0), uint64(24), false)
	f.Add(append(sample, 0xff, 0xff, 0xff, 0xff), uint64(4088), uint64(4096+512), true)
	f.Add([]byte{2, 0, 0, 0, 0, 0, 24, 0}, uint64(1)<<63, uint64(8), false)
	f.Fuzz(func(t *testing.T, memory []byte, tail, head uint64, backward bool) {
		r := newPerfRing(ringBytesOfModel)
		tear(r.data, memory, r.size)
		r.backward = backward
		r.tail, r.head = tail&^7, head&^7
		r.from, r.claim = r.tail, r.head
		if backward {
			r.rewind()
		}
		start := uint64(uintptr(r.data))
		for range ringBytesOfModel {
			var rec PerfRecord
			end, err := r.front(&rec)
			if err != nil || end == r.tail {
				return
			}
			if addr := uint64(uintptr(unsafe.Pointer(unsafe.SliceData(rec.Sample)))); !backward && len(rec.Sample) > 0 &&
				(addr < start || addr+uint64(len(rec.Sample)) > start+2*r.size) || uint64(len(rec.Sample)) > r.size {
				t.Errorf("%d bytes at %#x; the ring is at %#x", len(rec.Sample), addr, start)
			}
			r.consume(end)
		}
		t.Error("the ring has no end")
	})
}
