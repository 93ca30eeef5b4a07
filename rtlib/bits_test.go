package rtlib

import (
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// bitsOf makes an iterator at byte 16 of place of the stack and reads it all.
func bitsOf(f *Frame, place int, at uint64, words int) (errno int64, list []int) {
	fr := &f.abi
	it := uint64(uintptr(unsafe.Pointer(&fr.Stack[16*place])))
	errno = int64(IterBitsNew(fr, it, at, uint64(words)))
	for e := IterBitsNext(fr, it); e != 0; e = IterBitsNext(fr, it) {
		if e < it || e > it+12 {
			return -1, nil
		}
		list = append(list, int(load32(ptr(e))))
	}
	if IterBitsNext(fr, it) != 0 {
		return -2, nil
	}
	return errno, list
}

// bitsFrame makes a Frame with a packet of 511 words and 3 bytes, an array of 4
// elements of 64 bytes and a hash map with one under key 1.
func bitsFrame(t *testing.T) (*Frame, *Instance) {
	t.Helper()
	inst := mustLoad(t, &ObjectSpec{Name: "object", ABI: abi.Version, Maps: []MapSpec{
		arraySpec(64, 4), {Name: "h", Type: bpf.MapHash, KeySize: 4, ValueSize: 64, MaxEntries: 4},
	}}, nil)
	if err := inst.Map("h").Update(key4(1), make([]byte, 64), 0); err != nil {
		t.Fatal(err)
	}
	f := mustFrame(t, inst)
	setMemory(&f.abi, make([]byte, 511*8+3), 0)
	return f, inst
}

// TestIterBits compares with a loop over all bits, in memory of every kind that
// a program has.
func TestIterBits(t *testing.T) {
	f, inst := bitsFrame(t)
	rng := rand.New(rand.NewPCG(1, 2))
	stack := uint64(uintptr(unsafe.Pointer(&f.abi.Stack)))
	for _, c := range []struct {
		name  string
		at    uint64
		words int
	}{
		{"packet", f.abi.Data, 511}, {"unaligned", f.abi.Data + 3, 511}, {"one word", f.abi.Data + 8, 1}, {"stack", stack + 512, 16},
		{"array", abi.Values(&f.abi, 0) + 3*64, 8}, {"hash", inst.Map("h").find(unsafe.Pointer(&key4(1)[0])), 8},
	} {
		for range 20 {
			var want []int
			for i := range c.words {
				w := rng.Uint64() & rng.Uint64() & rng.Uint64()
				if i%3 == 0 {
					w = []uint64{0, 1, 1 << 63, ^uint64(0)}[rng.IntN(4)]
				}
				store64(ptr(c.at+8*uint64(i)), w)
				for b := range 64 {
					if w>>b&1 != 0 {
						want = append(want, 64*i+b)
					}
				}
			}
			errno, got := bitsOf(f, 0, c.at, c.words)
			if errno != 0 || len(got) != len(want) {
				t.Fatalf("%s: %d, %d bits, want %d", c.name, errno, len(got), len(want))
			}
			for i := range got {
				if got[i] != want[i] {
					t.Fatalf("%s: bit %d is %d, want %d", c.name, i, got[i], want[i])
				}
			}
		}
	}
}

// TestIterBitsRefuse: numbers of words out of bounds, and memory that is not the
// program's.
func TestIterBitsRefuse(t *testing.T) {
	f, _ := bitsFrame(t)
	stack := uint64(uintptr(unsafe.Pointer(&f.abi.Stack)))
	for _, c := range []struct {
		name  string
		at    uint64
		words int
		want  bpf.Errno
	}{
		{"none", f.abi.Data, 0, bpf.EINVAL}, {"many", f.abi.Data, 512, bpf.E2BIG}, {"null", 0, 1, bpf.EFAULT}, {"last page", ^uint64(7), 2, bpf.EFAULT},
		{"end of the packet", f.abi.DataEnd - 7, 1, bpf.EFAULT}, {"before", f.abi.Data - 8, 2, bpf.EFAULT}, {"the Frame", stack - 8, 1, bpf.EFAULT},
		{"behind the array", abi.Values(&f.abi, 0) + 4*64 - 8, 2, bpf.EFAULT},
	} {
		if errno, got := bitsOf(f, 1, c.at, c.words); errno != -int64(c.want) || got != nil {
			t.Errorf("%s: %d, %v; want %d and no bits", c.name, errno, got, -int64(c.want))
		}
	}
}

// TestIterBitsMemory: iterators that live at once have memory of their own; what
// was not destroyed is used again, and what was is shared.
func TestIterBitsMemory(t *testing.T) {
	inst := mustLoad(t, &ObjectSpec{Name: "object", ABI: abi.Version}, nil)
	f, err := NewFrame(inst)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	mem := make([]byte, 511*8)
	mem[0], mem[17] = 1, 4
	setMemory(&f.abi, mem, 0)
	fr := &f.abi
	run := func(destroy bool) {
		var its [4]uint64
		for i := range its {
			its[i] = uint64(uintptr(unsafe.Pointer(&fr.Stack[512+32*i])))
			if r0 := IterBitsNew(fr, its[i], fr.Data, uint64(3+127*i)); r0 != 0 {
				t.Fatal(int64(r0))
			}
		}
		for _, want := range []uint32{0, 8*17 + 2} {
			for i, it := range its {
				if e := IterBitsNext(fr, it); e == 0 || load32(ptr(e)) != want {
					t.Errorf("iterator %d: want %d", i, want)
				}
			}
		}
		if destroy {
			for _, it := range its {
				IterBitsDestroy(fr, it)
			}
		}
	}
	run(false)
	for _, destroy := range []bool{false, true} {
		if n := testing.AllocsPerRun(10, func() { run(destroy) }); n != 0 {
			t.Errorf("%v allocations a run, destroyed %v", n, destroy)
		}
	}
	if len(f.bits) != 4 {
		t.Errorf("memory for %d iterators, want 4", len(f.bits))
	}
	if _, got := bitsOf(f, 0, fr.Data, 3); len(got) != 2 || len(f.bits) != 4 {
		t.Errorf("%v, memory for %d iterators, want 4", got, len(f.bits))
	}
}
