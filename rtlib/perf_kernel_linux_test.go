package rtlib

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/perf"
	"golang.org/x/sys/unix"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// perfOp is one call of perf_event_output.
type perfOp struct {
	size  int
	flags uint64
}

// kernelPerf is a perf event array of the kernel with a reader.
type kernelPerf struct {
	array, memory, results *ebpf.Map
	reader                 *perf.Reader
}

const perfMemory = 8192

func newKernelPerf(t *testing.T, overwrite bool) *kernelPerf {
	t.Helper()
	k := new(kernelPerf)
	for _, m := range []struct {
		to   **ebpf.Map
		spec ebpf.MapSpec
	}{
		{&k.array, ebpf.MapSpec{Type: ebpf.PerfEventArray}},
		{&k.memory, ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: perfMemory, MaxEntries: 1}},
		{&k.results, ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 8 * 16, MaxEntries: 1}},
	} {
		var err error
		if *m.to, err = ebpf.NewMap(&m.spec); err != nil {
			missing(t, "needs root and bpf(2): "+err.Error())
		}
		t.Cleanup(func() { (*m.to).Close() })
	}
	var err error
	if k.reader, err = perf.NewReaderWithOptions(k.array, 4096, perf.ReaderOptions{Overwritable: overwrite}); err != nil {
		missing(t, "needs perf_event_open(2): "+err.Error())
	}
	t.Cleanup(func() { k.reader.Close() })
	k.reader.SetDeadline(time.Unix(1, 0))
	if err := k.memory.Put(uint32(0), perfBytes()); err != nil {
		t.Fatal(err)
	}
	return k
}

// perfBytes are the samples, each a prefix.
func perfBytes() []byte {
	b := make([]byte, perfMemory)
	for i := range b {
		b[i] = byte(i*7 + 1)
	}
	return b
}

// run runs a program that makes the calls, on a packet of 64 bytes.
func (k *kernelPerf) run(t *testing.T, ops []perfOp, packet []byte) []int64 {
	t.Helper()
	value := (&kernelRing{}).value
	ins := append(asm.Instructions{asm.Mov.Reg(asm.R9, asm.R1)}, append(value(k.memory, asm.R6), value(k.results, asm.R7)...)...)
	for i, op := range ops {
		ins = append(ins, asm.Mov.Reg(asm.R1, asm.R9), asm.LoadMapPtr(asm.R2, k.array.FD()), asm.LoadImm(asm.R3, int64(op.flags), asm.DWord),
			asm.Mov.Reg(asm.R4, asm.R6), asm.Mov.Imm(asm.R5, int32(op.size)), asm.FnPerfEventOutput.Call(), asm.StoreMem(asm.R7, int16(8*i), asm.R0, asm.DWord))
	}
	ins = append(ins, asm.Mov.Imm(asm.R0, 1), asm.Return(), asm.Mov.Imm(asm.R0, 0).WithSymbol("none"), asm.Return())
	p, err := ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.XDP, License: "GPL", Instructions: ins})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer p.Close()
	if r0, _, err := p.Test(packet); err != nil || r0 != 1 {
		t.Fatalf("run: %d, %v", r0, err)
	}
	var all [16]int64
	if err := k.results.Lookup(uint32(0), &all); err != nil {
		t.Fatal(err)
	}
	return all[:len(ops)]
}

// perfProgram makes the calls of a program.
func perfProgram(rng *rand.Rand, largest int) []perfOp {
	ops := make([]perfOp, 1+rng.IntN(8))
	for i := range ops {
		op := perfOp{rng.IntN(300), currentCPU}
		switch rng.IntN(12) {
		case 0:
			op.size = 0
		case 1:
			op.size = rng.IntN(largest)
		case 2:
			op.flags |= uint64(rng.IntN(70)) << perfContextBit
		case 3:
			op.flags = []uint64{1 << 20, 1<<52 | currentCPU, currentCPU - 1, 0x7000_0000}[rng.IntN(4)]
		}
		ops[i] = op
	}
	return ops
}

// TestPerfKernel compares random sequences of output and reads with the kernel:
// results, samples, the counts of lost ones and where they come.
func TestPerfKernel(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		t.Fatal(err)
	}
	for cpu := 0; one.Count() == 0; cpu++ {
		if before.IsSet(cpu) {
			one.Set(cpu)
		}
	}
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		t.Fatal(err)
	}
	defer unix.SchedSetaffinity(0, &before) //nolint:errcheck // as it was
	for _, overwrite := range []bool{false, true} {
		comparePerf(t, overwrite)
	}
}

func comparePerf(t *testing.T, overwrite bool) {
	k := newKernelPerf(t, overwrite)
	f := testFrame(t)
	m := newTestPerf(t, bpf.Linux, 0)
	rd := newTestPerfReader(t, m, PerfOptions{Bytes: 4096, Overwrite: overwrite})
	rd.SetDeadline(time.Unix(1, 0))
	rng := rand.New(rand.NewPCG(3, 4))
	packet, memory := make([]byte, 64), perfBytes()
	for i := range packet {
		packet[i] = byte(200 + i)
	}
	setMemory(&f.abi, packet, 0)
	lost, largest := 0, 4200
	if overwrite {
		largest = 4000 // the kernel writes longer ones over themselves
	}
	for n := range 150 {
		ops := perfProgram(rng, largest)
		want := k.run(t, ops, packet)
		for i, op := range ops {
			if got := perfOutput(f, m, op.flags, memory[:op.size]); got != want[i] {
				t.Fatalf("program %d, %#x bytes with flags %#x: %d, the kernel gives %d", n, op.size, op.flags, got, want[i])
			}
		}
		reads := rng.IntN(6)
		if overwrite {
			reads = 100
			if err := errors.Join(k.reader.Pause(), rd.Pause()); err != nil {
				t.Fatal(err)
			}
		}
		for range reads {
			theirs, err := k.reader.Read()
			if err != nil { // it has not looked whether there is more
				theirs, err = k.reader.Read()
			}
			var ours PerfRecord
			if got := rd.ReadInto(&ours); errors.Is(got, os.ErrDeadlineExceeded) != errors.Is(err, os.ErrDeadlineExceeded) {
				t.Fatalf("program %d: read %+v, %v, the kernel's is %d bytes, %v", n, ours, got, len(theirs.RawSample), err)
			}
			if err != nil {
				break
			}
			lost += int(theirs.LostSamples)
			if len(ours.Sample) != len(theirs.RawSample) || ours.Lost != theirs.LostSamples {
				t.Fatalf("program %d: %d bytes, %d lost, the kernel: %d, %d", n, len(ours.Sample), ours.Lost, len(theirs.RawSample), theirs.LostSamples)
			}
			// The last bytes are padding, which the kernel does not write.
			if n := max(0, len(ours.Sample)-7); !bytes.Equal(ours.Sample[:n], theirs.RawSample[:n]) {
				t.Fatalf("sample %x, the kernel's is %x", ours.Sample, theirs.RawSample)
			}
		}
		if overwrite {
			if err := errors.Join(k.reader.Resume(), rd.Resume()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if lost == 0 && !overwrite {
		t.Error("nothing was lost; the sequences test too little")
	}
}
