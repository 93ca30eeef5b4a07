package main

import (
	"errors"
	"sync"

	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/event"
	"github.com/bpf2go-native/bpf2go-native/examples/xdpfirewall/oracle"
	"github.com/bpf2go-native/bpf2go-native/rtlib/ebpf/ringbuf"
)

// collector reads a ring beside the program that fills it.
type collector struct {
	reader *ringbuf.Reader
	done   sync.WaitGroup
	drops  []oracle.Drop
	err    error
}

// collect starts to read.
func collect(reader *ringbuf.Reader) *collector {
	c := &collector{reader: reader}
	c.done.Go(func() {
		for c.err == nil {
			c.err = reader.ReadLease(func(record ringbuf.Record) error {
				drop, err := event.Parse(record.RawSample)
				c.drops = append(c.drops, drop)
				return err
			})
		}
	})
	return c
}

// finish reads what is left and returns everything, in order.
func (c *collector) finish() ([]oracle.Drop, error) {
	if err := c.reader.Flush(); err != nil {
		return nil, err
	}
	c.done.Wait()
	if !errors.Is(c.err, ringbuf.ErrFlushed) {
		return nil, c.err
	}
	return c.drops, nil
}

// missing returns how many of all are not in got, which has them in order, and
// how many in got are none of them.
func missing(got, all []oracle.Drop) (lost, wrong int) {
	i := 0
	for _, drop := range all {
		if i < len(got) && got[i] == drop {
			i++
		} else {
			lost++
		}
	}
	return lost, len(got) - i
}

// drain gives the space of the records that are there back to the program.
func drain(reader *ringbuf.Reader) error {
	for reader.AvailableBytes() != 0 {
		if err := reader.ReadLease(func(ringbuf.Record) error { return nil }); err != nil {
			return err
		}
	}
	return nil
}
