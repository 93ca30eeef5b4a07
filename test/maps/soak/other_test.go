package soak

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
	"github.com/bpf2go-native/bpf2go-native/test/maps/drive"
	"github.com/bpf2go-native/bpf2go-native/test/maps/linear"
)

// line is a queue or a stack: what was pushed less what was popped is there.
type line struct {
	index          int
	m              *rtlib.Map
	pushed, popped atomic.Int64
}

func (l *line) host(u *user) error {
	value := make([]byte, 16)
	var err error
	switch u.rand.IntN(3) {
	case 0:
		if err = l.m.Update(nil, linear.Fill(u.stamp(), 16), 0); err == nil {
			l.pushed.Add(1)
			return nil
		}
		return explained(err)
	case 1:
		if err = l.m.LookupAndDelete(nil, value, 0); err == nil {
			l.popped.Add(1)
		}
	default:
		err = l.m.Lookup(nil, value)
	}
	if err != nil {
		return explained(err)
	}
	return u.stamped(value)
}

func (l *line) program(u *user) error {
	return u.run(func(fr *abi.Frame) error {
		m := abi.Map(fr, l.index)
		if u.rand.IntN(2) == 0 {
			if rtlib.MapPushElem(fr, m, u.put(0, linear.Fill(u.stamp(), 16)), 0) == 0 {
				l.pushed.Add(1)
			}
			return nil
		}
		to := u.put(0, make([]byte, 16))
		if rtlib.MapPopElem(fr, m, to) == 0 {
			l.popped.Add(1)
			return u.stamped(drive.Bytes(to, 16))
		}
		return nil
	})
}

// balance is what has to hold in the end.
func (l *line) balance() error {
	if got, want := int64(l.m.Len()), l.pushed.Load()-l.popped.Load(); got != want {
		return fmt.Errorf("map %s has %d values, %d were pushed and %d popped", l.m.Name(), got, l.pushed.Load(), l.popped.Load())
	}
	return nil
}

// stamp is a number that says who made it.
func (u *user) stamp() uint64 {
	u.seq++
	return uint64(u.id+1)<<32 | uint64(uint32(u.seq))
}

// stamped says what is wrong with a value that stamp's numbers fill.
func (u *user) stamped(value []byte) error {
	v, err := linear.Number(value)
	if err == nil && (v>>32 == 0 || v>>32 > users) {
		err = fmt.Errorf("value %x was never pushed", value)
	}
	return err
}

// bloom is a Bloom filter: what was pushed is found.
type bloom struct {
	index int
	m     *rtlib.Map
}

func (b *bloom) host(u *user) error {
	value := linear.Fill(uint64(u.id)<<32|uint64(u.rand.IntN(100)), 8)
	if err := b.m.Update(nil, value, 0); err != nil {
		return err
	}
	return b.m.Lookup(nil, value)
}

func (b *bloom) program(u *user) error {
	return u.run(func(fr *abi.Frame) error {
		m, value := abi.Map(fr, b.index), u.put(0, linear.Fill(uint64(u.id)<<32|uint64(u.rand.IntN(100)), 8))
		if r0 := rtlib.MapPushElem(fr, m, value, 0) | rtlib.MapPeekElem(fr, m, value); r0 != 0 {
			return fmt.Errorf("map %s: a value that was pushed is not found: %d", b.m.Name(), int64(r0))
		}
		return nil
	})
}

// ring is a ring buffer: each producer's records come in order, all of them.
type ring struct {
	index  int
	m      *rtlib.Map
	reader *rtlib.RingReader
	sent   [users]atomic.Uint64 // by producer, those that found room
	got    [users]uint64
	done   chan error
}

func (r *ring) host(*user) error { return nil }

func (r *ring) program(u *user) error {
	next := uint64(u.id)<<32 | r.sent[u.id].Load()
	record := linear.Fill(next, 8*(1+u.rand.IntN(20)))
	return u.run(func(fr *abi.Frame) error {
		m := abi.Map(fr, r.index)
		switch u.rand.IntN(4) {
		case 0: // one that is given up
			if addr := rtlib.RingbufReserve(fr, m, 64, 0); addr != 0 {
				rtlib.RingbufDiscard(fr, addr, 0)
			}
		case 1:
			addr := rtlib.RingbufReserve(fr, m, uint64(len(record)), 0)
			if addr == 0 {
				return nil
			}
			drive.Write(addr, record)
			r.sent[u.id].Add(1)
			rtlib.RingbufSubmit(fr, addr, 0)
		default:
			if rtlib.RingbufOutput(fr, m, u.put(0, record), uint64(len(record)), 0) == 0 {
				r.sent[u.id].Add(1)
			}
		}
		return nil
	})
}

// read is the consumer; flushed says that the ring is empty for good.
func (r *ring) read() {
	r.done <- func() error {
		for {
			err := r.reader.Read(func(record []byte, _ int) error {
				v, err := linear.Number(record)
				if by := v >> 32; err == nil && (by >= users || uint64(uint32(v)) != r.got[by]&(1<<32-1)) {
					return fmt.Errorf("record %x, want number %d of producer %d", record, r.got[by%users], by)
				}
				r.got[v>>32%users]++
				return err
			})
			if errors.Is(err, rtlib.ErrFlushed) {
				return nil
			}
			if err != nil {
				return err
			}
		}
	}()
}

// finish waits for the consumer.
func (r *ring) finish() error {
	if err := r.reader.Flush(); err != nil {
		return err
	}
	if err := <-r.done; err != nil {
		return err
	}
	for by := range r.got {
		if r.got[by] != r.sent[by].Load() {
			return fmt.Errorf("producer %d: %d records came of %d", by, r.got[by], r.sent[by].Load())
		}
	}
	return r.reader.Close()
}

// perf is a perf event array: each goroutine's samples come in order, all that
// found room.
type perf struct {
	index  int
	m      *rtlib.Map
	reader *rtlib.PerfReader
	sent   [users]atomic.Uint64
	lost   [users]atomic.Uint64 // found no room
	got    [users]uint64
	said   uint64 // lost, as the reader says
	done   chan error
}

func (p *perf) host(*user) error { return nil }

func (p *perf) program(u *user) error {
	sample := linear.Fill(uint64(u.id)<<32|p.sent[u.id].Load(), 8*(1+u.rand.IntN(20))+4)
	return u.run(func(fr *abi.Frame) error {
		if rtlib.PerfEventOutput(fr, 0, abi.Map(fr, p.index), 1<<32-1, u.put(0, sample), uint64(len(sample))) == 0 {
			p.sent[u.id].Add(1)
		} else {
			p.lost[u.id].Add(1)
		}
		return nil
	})
}

// read is the consumer.
func (p *perf) read() {
	p.done <- func() error {
		for {
			err := p.reader.Read(func(r *rtlib.PerfRecord) error {
				if p.said += r.Lost; r.Sample == nil {
					return nil
				}
				v, err := linear.Number(r.Sample[:8*(len(r.Sample)/8)])
				if by := v >> 32; err == nil && (by >= users || uint64(uint32(v)) != p.got[by]&(1<<32-1)) {
					return fmt.Errorf("sample %x, want number %d of goroutine %d", r.Sample, p.got[by%users], by)
				}
				p.got[v>>32%users]++
				return err
			})
			if errors.Is(err, rtlib.ErrFlushed) {
				return nil
			}
			if err != nil {
				return err
			}
		}
	}()
}

// finish waits for the consumer. What was lost behind the last sample, nobody
// says.
func (p *perf) finish() error {
	if err := p.reader.Flush(); err != nil {
		return err
	}
	if err := <-p.done; err != nil {
		return err
	}
	lost := uint64(0)
	for by := range p.got {
		lost += p.lost[by].Load()
		if p.got[by] != p.sent[by].Load() {
			return fmt.Errorf("goroutine %d: %d samples came of %d", by, p.got[by], p.sent[by].Load())
		}
	}
	if p.said > lost {
		return fmt.Errorf("the reader says that %d samples were lost, there were %d", p.said, lost)
	}
	return p.reader.Close()
}

// nested is a map of maps: each inner map has one value, whose upper half is the
// key that it is under.
type nested struct {
	index int
	m     *rtlib.Map
	inner rtlib.MapSpec
	keys  int
}

func (n *nested) host(u *user) error {
	at := u.rand.IntN(n.keys)
	key := spread(at, 4)
	if u.rand.IntN(4) == 0 {
		return explained(n.m.Delete(key))
	}
	inner, err := rtlib.NewMap(n.inner)
	if err != nil {
		return err
	}
	err = inner.Update(make([]byte, 4), linear.Fill(uint64(at)<<32|u.stamp()&(1<<32-1), 8), 0)
	if err == nil {
		err = explained(n.m.UpdateMap(key, inner, 0))
	}
	return errors.Join(err, inner.Close())
}

func (n *nested) program(u *user) error {
	return u.run(func(fr *abi.Frame) error {
		at := u.rand.IntN(n.keys)
		inner := rtlib.MapLookupElem(fr, abi.Map(fr, n.index), u.put(0, spread(at, 4)))
		if inner == 0 {
			return nil
		}
		for range 3 { // it may be replaced, and closed, meanwhile
			addr := rtlib.MapLookupElem(fr, inner, u.put(64, make([]byte, 4)))
			if addr == 0 {
				return fmt.Errorf("map %s: the inner map of key %d has no value: %w", n.m.Name(), at, os.ErrInvalid)
			}
			if v, err := linear.Number(drive.Bytes(addr, 8)); err != nil || v>>32 != uint64(at) {
				return fmt.Errorf("map %s: the inner map of key %d has %#x", n.m.Name(), at, v)
			}
		}
		return nil
	})
}

// counts is what Len says of a map that was emptied.
func emptied(m *rtlib.Map) error {
	key := make([]byte, m.KeySize())
	for m.NextKey(nil, key) == nil {
		if err := m.Delete(key); err != nil {
			return err
		}
	}
	if n := m.Len(); n != 0 {
		return fmt.Errorf("map %s: %d keys are left after all were deleted: %w", m.Name(), n, bpf.EINVAL)
	}
	return nil
}
