package main

import (
	"encoding/binary"
	"io"
	"slices"
	"time"

	"github.com/bpf2go-native/bpf2go-native/examples/ratelimit/gobody"
	"github.com/bpf2go-native/bpf2go-native/examples/ratelimit/oracle"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/rtlib/ebpf"
)

// What the program's constants are (limit.h), and its verdicts.
const (
	cost    = 10_000_000 // nanoseconds a token
	burst   = 20
	entries = 4096

	xdpDrop = 1
	xdpPass = 2
)

// input is what every engine gets and what it must give.
type input struct {
	packets  []timed
	verdicts []uint32
	counts   [oracle.Outcomes]uint64
}

func load(seed uint64, n int) *input {
	in := &input{packets: traffic(seed, n)}
	o := oracle.New(cost, burst)
	for _, p := range in.packets {
		v := uint32(xdpPass)
		if o.Packet(p.data, p.at).Drops() {
			v = xdpDrop
		}
		in.verdicts = append(in.verdicts, v)
	}
	in.counts = o.Counts
	return in
}

// engine is one way to limit, with a clock that says what it is told.
type engine struct {
	name   string
	run    func(packet []byte, now uint64) (uint32, error)
	counts func() ([oracle.Outcomes]uint64, error)
	io.Closer
}

// makers make fresh engines, of which each packet costs state.
var makers = []func() (*engine, error){newNative, newBody, newHand}

// newNative is the machine code on a Frame of its own, by the fastest call.
func newNative() (*engine, error) {
	now, objs := new(uint64), new(limiterObjects)
	if err := loadLimiterObjects(objs, &ebpf.CollectionOptions{Clock: func() uint64 { return *now }}); err != nil {
		return nil, err
	}
	fr, err := objs.Ratelimit.NewFrame()
	if err != nil {
		return nil, err
	}
	run, err := objs.BindRatelimit(fr)
	if err != nil {
		return nil, err
	}
	return &engine{"native", func(packet []byte, at uint64) (uint32, error) {
		*now = at
		return run.Packet(packet).Run()
	}, countsOf(objs.Counts), objs}, nil
}

// newBody is newNative of the Go body.
func newBody() (*engine, error) {
	now, objs := new(uint64), new(gobody.LimiterObjects)
	if err := gobody.LoadLimiterObjects(objs, &ebpf.CollectionOptions{Clock: func() uint64 { return *now }}); err != nil {
		return nil, err
	}
	fr, err := objs.Ratelimit.NewFrame()
	if err != nil {
		return nil, err
	}
	run, err := objs.BindRatelimit(fr)
	if err != nil {
		return nil, err
	}
	return &engine{"Go body", func(packet []byte, at uint64) (uint32, error) {
		*now = at
		return run.Packet(packet).Run()
	}, countsOf(objs.Counts), objs}, nil
}

func newHand() (*engine, error) {
	h := newByHand(cost, burst, entries)
	return &engine{"hand-written", func(packet []byte, at uint64) (uint32, error) {
		return h.packet(packet, at), nil
	}, func() ([oracle.Outcomes]uint64, error) { return h.counts, nil }, io.NopCloser(nil)}, nil
}

// countsOf adds the counts of all CPUs up.
func countsOf(m *ebpf.Map) func() ([oracle.Outcomes]uint64, error) {
	return func() (sums [oracle.Outcomes]uint64, err error) {
		perCPU := make([]byte, 8*rtlib.PossibleCPU())
		for what := range sums {
			if err := m.Runtime().Lookup(binary.LittleEndian.AppendUint32(nil, uint32(what)), perCPU); err != nil {
				return sums, err
			}
			for i := 0; i < len(perCPU); i += 8 {
				sums[what] += binary.LittleEndian.Uint64(perCPU[i:])
			}
		}
		return sums, nil
	}
}

// check runs every packet and counts the verdicts and counts that differ from the
// oracle's.
func (e *engine) check(in *input) (wrong int, err error) {
	for i, p := range in.packets {
		v, err := e.run(p.data, p.at)
		if err != nil {
			return 0, err
		}
		if v != in.verdicts[i] {
			wrong++
		}
	}
	counts, err := e.counts()
	if err != nil {
		return 0, err
	}
	for what, n := range counts {
		if n != in.counts[what] {
			wrong++
		}
	}
	return wrong, nil
}

// rounds is how often each engine runs all packets; the order changes, so that
// noise of the machine meets all.
const rounds = 5

// measure returns the median of the nanoseconds a packet takes each engine.
func measure(in *input) ([]float64, error) {
	took := make([][]float64, len(makers))
	for round := range rounds {
		for i := range makers {
			i = (i + round) % len(makers)
			e, err := makers[i]()
			if err != nil {
				return nil, err
			}
			start := time.Now()
			for _, p := range in.packets {
				if _, err := e.run(p.data, p.at); err != nil {
					return nil, err
				}
			}
			took[i] = append(took[i], float64(time.Since(start).Nanoseconds())/float64(len(in.packets)))
			if err := e.Close(); err != nil {
				return nil, err
			}
		}
	}
	medians := make([]float64, len(makers))
	for i, t := range took {
		slices.Sort(t)
		medians[i] = t[len(t)/2]
	}
	return medians, nil
}
