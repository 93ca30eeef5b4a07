package model_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
	"github.com/bpf2go-native/bpf2go-native/test/maps/drive"
	"github.com/bpf2go-native/bpf2go-native/test/maps/model"
)

// currentCPU is BPF_F_CURRENT_CPU.
const currentCPU = 1<<32 - 1

// perf is the model of a perf event array with two CPUs in use: what waits in
// each ring, where a number stands for samples that were lost before the next.
type perf struct {
	n     *drive.Native
	hands [2]*drive.Hand
	rd    *rtlib.PerfReader
	rings [2][]rtlib.PerfRecord
	lost  [2]uint64
	out   [2]bool // the ring was taken out
	count byte
}

// TestPerf: samples come once, those of a CPU in order, and what was lost is
// counted where it was lost.
func TestPerf(t *testing.T) {
	for _, platform := range []bpf.Platform{bpf.Linux, bpf.Windows} {
		t.Run(platform.String(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { perfLife(t, platform) })
		})
	}
}

func perfLife(t *rapid.T, platform bpf.Platform) {
	s := model.Spec{Platform: platform, Type: bpf.MapPerfEvent, KeySize: 4, ValueSize: 4, MaxEntries: uint32(rtlib.PossibleCPU())}
	if platform == bpf.Windows {
		s.KeySize, s.ValueSize, s.MaxEntries = 0, 0, 4096
	}
	p, err := newPerf(s)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		for _, h := range p.hands {
			_ = h.Close()
		}
		_ = p.n.Close()
	}()
	t.Repeat(map[string]func(*rapid.T){
		"": func(t *rapid.T) {},
		"output": func(t *rapid.T) {
			p.output(t, rapid.IntRange(0, 1).Draw(t, "CPU"), rapid.SampledFrom([]int{1, 8, 100, 1000}).Draw(t, "bytes"), rapid.IntRange(1, 6).Draw(t, "times"))
		},
		"read": func(t *rapid.T) { p.read(t) },
		"counter": func(t *rapid.T) {
			p.counter(t, rapid.IntRange(0, 1).Draw(t, "CPU"))
		},
		"take out": func(t *rapid.T) {
			if platform != bpf.Windows && rapid.IntRange(0, 5).Draw(t, "really") == 0 {
				p.takeOut(t, rapid.IntRange(0, 1).Draw(t, "CPU"))
			}
		},
	})
	if err := p.rd.Close(); err != nil {
		t.Error(err)
	}
	if err := p.rd.Read(func(*rtlib.PerfRecord) error { return nil }); !errors.Is(err, os.ErrClosed) {
		t.Errorf("read of a closed reader: %v", err)
	}
}

func newPerf(s model.Spec) (p *perf, err error) {
	p = new(perf)
	if p.n, err = drive.New(s); err != nil {
		return nil, err
	}
	for k := range p.hands {
		if p.hands[k], err = p.n.Hand(); err != nil {
			return nil, err
		}
	}
	if p.rd, err = rtlib.NewPerfReader(p.n.Map, rtlib.PerfOptions{Bytes: 4096}); err != nil {
		return nil, err
	}
	if p.rd.Size() != 4096 {
		err = fmt.Errorf("the reader says %d bytes", p.rd.Size())
	}
	p.rd.SetDeadline(time.Unix(1, 0))
	return p, err
}

// output puts samples into a CPU's ring. Whether one fits is the ring's word.
func (p *perf) output(t *rapid.T, cpu, n, times int) {
	for range times {
		p.count++
		sample := bytes.Repeat([]byte{p.count}, n)
		got := int64(0)
		p.run(t, cpu, func(fr *abi.Frame) {
			copy(fr.Stack[:], sample)
			got = int64(rtlib.PerfEventOutput(fr, 0, abi.Map(fr, 0), currentCPU, uint64(uintptr(unsafe.Pointer(&fr.Stack))), uint64(n)))
		})
		switch waiting := len(p.rings[cpu]); {
		case p.out[cpu] && got == -int64(bpf.ENOENT):
		case p.out[cpu]:
			t.Fatalf("output without a ring: %d", got)
		case got == 0:
			if lost := p.lost[cpu]; lost != 0 && p.n.Spec.Platform != bpf.Windows {
				p.rings[cpu] = append(p.rings[cpu], rtlib.PerfRecord{Lost: lost})
				p.lost[cpu] = 0
			}
			p.rings[cpu] = append(p.rings[cpu], rtlib.PerfRecord{Sample: sample})
		case waiting == 0 || got != -int64(bpf.ENOSPC) && got != -12: // Windows: NO_MEMORY
			t.Fatalf("output with %d records waiting: %d", waiting, got)
		default:
			p.lost[cpu]++
		}
	}
}

func (p *perf) run(t *rapid.T, cpu int, body func(fr *abi.Frame)) {
	if err := p.hands[cpu].Run(body); err != nil {
		t.Fatal(err)
	}
}

// read reads what there is, by each of the two methods in turn.
func (p *perf) read(t *rapid.T) {
	for k := 0; ; k++ {
		var rec rtlib.PerfRecord
		err := error(nil)
		if k%2 == 0 {
			err = p.rd.ReadInto(&rec)
		} else {
			err = p.rd.Read(func(r *rtlib.PerfRecord) error {
				rec = *r
				rec.Sample = append([]byte(nil), r.Sample...)
				return nil
			})
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		cpu := -1
		for k, h := range p.hands {
			if h.Slot() == rec.CPU {
				cpu = k
			}
		}
		if p.n.Spec.Platform == bpf.Windows && rec.Lost != 0 && cpu >= 0 && rec.Lost <= p.lost[cpu] && err == nil {
			p.lost[cpu] -= rec.Lost // comes without a sample behind it
			continue
		}
		if err != nil || cpu < 0 || len(p.rings[cpu]) == 0 {
			t.Fatalf("read of CPU %d: %v, %v", rec.CPU, rec, err)
		}
		want := p.rings[cpu][0]
		p.rings[cpu] = p.rings[cpu][1:]
		if rec.Lost != want.Lost || len(rec.Sample) < len(want.Sample) || !bytes.Equal(rec.Sample[:len(want.Sample)], want.Sample) {
			t.Fatalf("read: lost %d, sample %.8x of %d bytes; want %d, %.8x of %d", rec.Lost, rec.Sample, len(rec.Sample), want.Lost, want.Sample, len(want.Sample))
		}
	}
	for cpu, waiting := range p.rings {
		if len(waiting) != 0 && !p.out[cpu] {
			t.Fatalf("%d records of CPU %d do not come", len(waiting), cpu)
		}
		p.rings[cpu] = nil
		if p.n.Spec.Platform == bpf.Windows && p.lost[cpu] != 0 {
			t.Fatalf("%d samples of CPU %d were lost, and nobody says so", p.lost[cpu], cpu)
		}
	}
}

// counter reads the counter that no ring has.
func (p *perf) counter(t *rapid.T, cpu int) {
	p.run(t, cpu, func(fr *abi.Frame) {
		m, buf := abi.Map(fr, 0), uint64(uintptr(unsafe.Pointer(&fr.Stack)))
		want := int64(0)
		if p.out[cpu] {
			want = -int64(bpf.ENOENT)
		}
		if got := int64(rtlib.PerfEventRead(fr, m, currentCPU)); got != want {
			t.Fatalf("counter: %d, want %d", got, want)
		}
		fr.Stack[5] = 1
		if got := int64(rtlib.PerfEventReadValue(fr, m, currentCPU, buf, 24)); got != want || fr.Stack[5] != 0 {
			t.Fatalf("counter's value: %d, want %d; memory %x", got, want, fr.Stack[:24])
		}
	})
}

// takeOut takes the ring of a CPU out of the array, as a host does that deletes
// its index.
func (p *perf) takeOut(t *rapid.T, cpu int) {
	key := []byte{byte(p.hands[cpu].Slot()), 0, 0, 0}
	errno, err := drive.Errno(p.n.Map.Delete(key))
	if err != nil || errno != 0 && !p.out[cpu] || errno != bpf.ENOENT && p.out[cpu] {
		t.Fatalf("delete: %v %v, taken out before: %v", errno, err, p.out[cpu])
	}
	p.out[cpu] = true
}
