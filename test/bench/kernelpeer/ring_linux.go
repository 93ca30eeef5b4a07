package kernelpeer

import (
	"fmt"
	"os"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Emptier returns a function that empties a ring: it moves the position of the
// consumer to that of the producer. The pages stay mapped until the process ends.
func (o *Object) Emptier(name string) (func() error, error) {
	m := o.coll.Maps[name]
	if m == nil {
		return nil, fmt.Errorf("no ring %q in the object", name)
	}
	page := os.Getpagesize()
	consumer, err := unix.Mmap(m.FD(), 0, page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("ring %q: %w", name, err)
	}
	producer, err := unix.Mmap(m.FD(), int64(page), page, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("ring %q: %w", name, err)
	}
	position := func(page []byte) *uint64 { return (*uint64)(unsafe.Pointer(&page[0])) }
	return func() error {
		atomic.StoreUint64(position(consumer), atomic.LoadUint64(position(producer)))
		return nil
	}, nil
}
