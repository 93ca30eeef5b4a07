package wait

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
)

// figures are the median, the 95th percentile and the maximum.
func figures(sorted []time.Duration) string {
	us := func(d time.Duration) string { return d.Round(time.Microsecond).String() }
	return fmt.Sprintf("median %8s, p95 %8s, max %8s", us(median(sorted)), us(sorted[len(sorted)*95/100]), us(sorted[len(sorted)-1]))
}

// load makes an instance whose map is full, and a Frame.
func load(t testing.TB, spec *rtlib.ObjectSpec) (*rtlib.Instance, *rtlib.Frame) {
	t.Helper()
	inst, err := rtlib.NewInstance(spec, nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := rtlib.NewFrame(inst)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if err := inst.Close(); err != nil {
			t.Error(err)
		}
	})
	value := make([]byte, 8)
	for key := range uint64(1024) {
		binary.LittleEndian.PutUint64(value, key)
		if err := inst.Map("numbers").Update(value, value, 0); err != nil {
			t.Fatal(err)
		}
	}
	return inst, f
}

// runnersOf are the programs of an object that take memory, run on a Frame, and
// a batch of packets.
func runnersOf(t testing.TB, kind string, spec *rtlib.ObjectSpec) []runner {
	t.Helper()
	inst, f := load(t, spec)
	mem := make([]byte, 16)
	var all []runner
	for _, p := range spec.Programs {
		if p.Section != "raw" {
			continue
		}
		prog := inst.Program(p.Name)
		all = append(all, over(kind+" "+p.Name, func() {
			if _, err := f.RunRaw(prog, mem); err != nil {
				t.Error(err)
			}
		}))
	}
	straight := inst.Program("straight")
	ctxs, verdicts := make([]rtlib.XDP, 4096), make([]uint32, 4096)
	return append(all, over(kind+" batch of straight", func() {
		if _, err := f.RunXDPBatch(straight, ctxs, verdicts); err != nil {
			t.Error(err)
		}
	}))
}

// boundRunners are loops in which Go's compiler has put everything between two
// runs of machine code: no function of Go's is entered that could look.
func boundRunners(t testing.TB) []runner {
	t.Helper()
	inst, f := load(t, &nativeObject)
	mem, bound := make([]byte, 16), map[string]*rtlib.Bound{}
	for i := range nativeObject.Programs {
		spec := &nativeObject.Programs[i]
		bind := f.BindRaw
		if spec.Section == "xdp" {
			bind = f.BindXDP
		}
		b, err := bind(inst.Program(spec.Name), spec)
		if err != nil {
			t.Fatal(err)
		}
		bound[spec.Name] = b
	}
	short := (*nativeShortLoopRunner)(bound["short_loop"])
	straight, tiny := (*nativeStraightRunner)(bound["straight"]), (*nativeTinyRunner)(bound["tiny"])
	return []runner{
		{"bound short_loop", func(stop *atomic.Bool) {
			for !stop.Load() {
				_, _ = short.Memory(mem).Run()
			}
		}},
		{"bound straight", func(stop *atomic.Bool) {
			for !stop.Load() {
				_, _ = straight.Packet(mem).Run()
			}
		}},
		{"bound tiny", func(stop *atomic.Bool) {
			for !stop.Load() {
				_, _ = tiny.Packet(mem).Run()
			}
		}},
	}
}
