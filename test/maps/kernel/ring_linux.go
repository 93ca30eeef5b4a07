package kernel

import (
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/test/maps/model"
)

// consumer is the memory of a ring: the consumer's page, which is ours to write,
// and behind the producer's page the data, twice.
type consumer struct {
	cons, prod []byte
}

// Bits of a record's first word (linux/bpf.h, BPF_RINGBUF_*).
const (
	recordBusy    = 1 << 31
	recordDiscard = 1 << 30
	recordHeader  = 8
)

func (m *Map) mapRing() error {
	page := os.Getpagesize()
	cons, err := unix.Mmap(m.fd, 0, page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("consumer's page: %w", err)
	}
	prod, err := unix.Mmap(m.fd, int64(page), page+2*int(m.spec.MaxEntries), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("data: %w", err)
	}
	m.ring = &consumer{cons, prod}
	return nil
}

func (c *consumer) close() error {
	if err := unix.Munmap(c.cons); err != nil {
		return err
	}
	return unix.Munmap(c.prod)
}

func word(b []byte) *uint64 { return (*uint64)(unsafe.Pointer(&b[0])) }

// ringRead reads the next record.
func (m *Map) ringRead() (r model.Result, err error) {
	if m.ring == nil {
		if err := m.mapRing(); err != nil {
			return r, err
		}
	}
	data := m.ring.prod[os.Getpagesize():]
	for {
		cons := atomic.LoadUint64(word(m.ring.cons))
		if cons >= atomic.LoadUint64(word(m.ring.prod)) {
			return model.Result{Errno: bpf.EAGAIN}, nil
		}
		at := data[cons%uint64(m.spec.MaxEntries):]
		head := atomic.LoadUint32((*uint32)(unsafe.Pointer(&at[0])))
		if head&recordBusy != 0 {
			return model.Result{Errno: bpf.EAGAIN}, nil
		}
		n := head &^ recordDiscard
		record := append([]byte{}, at[recordHeader:recordHeader+n]...)
		atomic.StoreUint64(word(m.ring.cons), cons+uint64(n+recordHeader+7)&^7)
		if head&recordDiscard == 0 {
			return model.Result{Value: record, N: 1}, nil
		}
	}
}

// output runs a program's output N times.
func (m *Map) output(op model.Op) (r model.Result, err error) {
	times := op.N
	for range times {
		r.R0 = 0
		one, err := m.once(op)
		if err != nil {
			return r, err
		}
		if r.R0 = one.R0; one.R0 == 0 {
			r.N++
		}
	}
	return r, nil
}
