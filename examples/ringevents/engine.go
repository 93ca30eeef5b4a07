package main

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"github.com/bpf2go-native/bpf2go-native/examples/ringevents/gobody"
	"github.com/bpf2go-native/bpf2go-native/examples/ringevents/oracle"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/rtlib/ebpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib/ebpf/ringbuf"
)

// senders is how many goroutines make packets at once.
const senders = 4

// xdpPass is the verdict of every packet.
const xdpPass = 2

// result is what one engine has done.
type result struct {
	name   string
	counts oracle.Counts
	judge  oracle.Judge
	took   time.Duration
}

// packetFunc runs a program, or what stands for it, on a packet.
type packetFunc func(packet []byte) error

// flood lets each sender run its packets, n of them, at once with the others.
func flood(seed, n uint64, newRun func() (packetFunc, error)) error {
	errs := make([]error, senders)
	var wg sync.WaitGroup
	for number := range senders {
		run, err := newRun()
		if err != nil {
			return err
		}
		s := newSender(seed, number)
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range n {
				if err := run(s.packet(i)); err != nil {
					errs[number] = err
					return
				}
				if i%templates == 0 {
					runtime.Gosched() // the reader is slow, but not starved
				}
			}
		}()
	}
	wg.Wait()
	return errors.Join(errs...)
}

// newResult makes the judge of an engine, which makes the packets again.
func newResult(name string, seed uint64) *result {
	var again [senders]*sender
	for number := range again {
		again[number] = newSender(seed, number)
	}
	return &result{name: name, judge: oracle.Judge{Packet: func(number int, sequence uint64) []byte {
		if number >= senders {
			return nil
		}
		return again[number].packet(sequence)
	}}}
}

// object is a loaded object, native or Go body.
type object struct {
	name   string
	events *ebpf.Map
	counts *ebpf.Map
	newRun func() (packetFunc, error)
	io.Closer
}

// bind makes a Frame, and the function that runs the program on it by the
// fastest call.
func bind(p *ebpf.Program, on func(*rtlib.Frame) (func([]byte) (uint32, error), error)) (packetFunc, error) {
	fr, err := p.NewFrame()
	if err != nil {
		return nil, err
	}
	run, err := on(fr)
	return func(packet []byte) error {
		verdict, err := run(packet)
		if err == nil && verdict != xdpPass {
			err = fmt.Errorf("verdict %d, want %d", verdict, xdpPass)
		}
		return err
	}, err
}

func loadNative() (*object, error) {
	objs := new(ringObjects)
	if err := loadRingObjects(objs, nil); err != nil {
		return nil, err
	}
	return &object{"native", objs.Events, objs.Counts, func() (packetFunc, error) {
		return bind(objs.Ringevents, func(fr *rtlib.Frame) (func([]byte) (uint32, error), error) {
			run, err := objs.BindRingevents(fr)
			return func(packet []byte) (uint32, error) { return run.Packet(packet).Run() }, err
		})
	}, objs}, nil
}

func loadBody() (*object, error) {
	objs := new(gobody.RingObjects)
	if err := gobody.LoadRingObjects(objs, nil); err != nil {
		return nil, err
	}
	return &object{"Go body", objs.Events, objs.Counts, func() (packetFunc, error) {
		return bind(objs.Ringevents, func(fr *rtlib.Frame) (func([]byte) (uint32, error), error) {
			run, err := objs.BindRingevents(fr)
			return func(packet []byte) (uint32, error) { return run.Packet(packet).Run() }, err
		})
	}, objs}, nil
}

// run sends n packets of each sender through the program while this goroutine
// reads and judges the events, which takes longer than to make them.
func (o *object) run(seed, n uint64) (*result, error) {
	rd, err := ringbuf.NewReader(o.events)
	if err != nil {
		return nil, err
	}
	defer rd.Close() //nolint:errcheck // it has no failure
	r := newResult(o.name, seed)
	start, flooded := time.Now(), make(chan error, 1)
	go func() {
		err := flood(seed, n, o.newRun)
		r.took = time.Since(start)
		flooded <- errors.Join(err, rd.Flush())
	}()
	for rec, err := range rd.Records() {
		if errors.Is(err, ringbuf.ErrFlushed) {
			break
		}
		if err != nil {
			return nil, err
		}
		r.judge.Event(rec.RawSample)
	}
	if err := <-flooded; err != nil {
		return nil, err
	}
	for what, sum := range []*uint64{&r.counts.Submitted, &r.counts.Discarded, &r.counts.Dropped, &r.counts.Ignored} {
		var perCPU []uint64
		if err := o.counts.Lookup(uint32(what), &perCPU); err != nil {
			return nil, err
		}
		for _, n := range perCPU {
			*sum += n
		}
	}
	r.judge.Counts(r.counts, senders, n)
	return r, nil
}
