package interp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"testing"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// kernelCase is a program that the kernel runs, too.
type kernelCase struct {
	name, hook, text string
	maps             []*frontend.Map
	data             []byte
}

// typeSchedCLS is BPF_PROG_TYPE_SCHED_CLS (linux/bpf.h).
const typeSchedCLS = 3

// kernelCases draws programs about packets, strings and maps.
func kernelCases(rng *rand.Rand) []kernelCase {
	pick := func(list ...int) int { return list[rng.IntN(len(list))] }
	data := randomBytes(rng, 60+rng.IntN(60))
	copy(data[12:], []byte{8, 0, 0x45})
	near := pick(0, 1, 13, 14, 20, 30, len(data)-15, len(data)-14, len(data)-13, len(data)-2, len(data)-1, len(data), len(data)+1, -1, -4)
	var all []kernelCase
	add := func(name, hook, text string, maps ...*frontend.Map) {
		all = append(all, kernelCase{name, hook, text, maps, data})
	}
	const buffer = "stdw [%r10-16], 0x01020304\nstdw [%r10-8], -2\nmov %r3, %r10\nadd %r3, -16\n"
	const fold = "ldxdw %r1, [%r10-16]\nxor %r0, %r1\nldxdw %r1, [%r10-8]\nxor %r0, %r1\nmov %r1, %r0\nrsh %r1, 32\nxor %r0, %r1\nmov32 %r0, %r0\nexit"
	short := 1 + rng.IntN(16)
	add("skb_load_bytes", "sched_cls", fmt.Sprintf("mov %%r2, %d\n%smov %%r4, %d\ncall 26\n", near, buffer, short)+fold)
	add("skb_store_bytes", "sched_cls", fmt.Sprintf("mov %%r2, %d\n%smov %%r4, %d\nmov %%r5, %d\ncall 9\nexit", near, buffer, short, pick(0, 0, 2, 4)))
	add("skb_load_bytes_relative", "sched_cls", fmt.Sprintf("mov %%r2, %d\n%smov %%r4, %d\nmov %%r5, %d\ncall 68\n", pick(0, 5, 10), buffer, short, pick(0, 1))+fold)
	add("xdp_adjust_head", "xdp", fmt.Sprintf("mov %%r2, %d\ncall 44\nexit", pick(near, 4, 20, len(data)-14, len(data)-13, -300, -216, -217, -220, -200)))
	add("xdp_adjust_tail", "xdp", fmt.Sprintf("mov %%r2, %d\ncall 65\nexit", pick(-near, -4, -20, 14-len(data), 13-len(data), 8, 100)))
	add("xdp_adjust_meta", "xdp", fmt.Sprintf("mov %%r6, %%r1\nmov %%r2, %d\ncall 54\nmov %%r7, %%r0\nldxw %%r1, [%%r6+8]\nldxw %%r0, [%%r6]\nsub %%r0, %%r1\nlsh %%r7, 8\nadd %%r0, %%r7\nexit", pick(-4, -8, -32, -252, -256, -3, 4, 0, -212, -216, -220)))
	add("xdp_load_bytes", "xdp", fmt.Sprintf("mov %%r2, %d\n%smov %%r4, %d\ncall 189\n", near, buffer, short)+fold)
	add("xdp_store_bytes", "xdp", fmt.Sprintf("mov %%r2, %d\n%smov %%r4, %d\ncall 190\nexit", near, buffer, short))
	add("skb_change_tail", "sched_cls", fmt.Sprintf("mov %%r2, %d\nmov %%r3, %d\ncall 38\nexit", pick(near&0xfff, 40, 60, 200, 14), pick(0, 0, 0, 1)))
	add("skb_change_head", "sched_cls", fmt.Sprintf("mov %%r2, %d\nmov %%r3, 0\ncall 43\nexit", pick(0, 1, 14, 40)))
	add("skb_pull_data", "sched_cls", fmt.Sprintf("mov %%r2, %d\ncall 39\nexit", pick(0, 10, len(data), len(data)+1)))
	add("l3_csum_replace", "sched_cls", fmt.Sprintf("mov %%r2, %d\nlddw %%r3, %d\nlddw %%r4, %d\nmov %%r5, %d\ncall 10\nexit",
		pick(24, near, 25), pick(0, rng.IntN(1<<16)), rng.IntN(1<<16), pick(0, 2, 4, 1, 16)))
	add("l4_csum_replace", "sched_cls", fmt.Sprintf("mov %%r2, %d\nlddw %%r3, %d\nlddw %%r4, %d\nmov %%r5, %d\ncall 11\nexit",
		pick(40, near, 25), pick(0, rng.IntN(1<<32)), rng.IntN(1<<32), pick(0, 2, 4, 0x12, 0x14, 0x24, 0x34, 0x74, 0x80, 3)))
	return append(all, stringCases(rng, data)...)
}

// stringCases are about numbers in strings and about maps.
func stringCases(rng *rand.Rand, data []byte) []kernelCase {
	texts := []string{"12", "-7", " 42x", "0x1f", "0x", "077", "08", "", "-", "+5", "99999999999999999999", "9223372036854775808", "-9223372036854775808", "1f", "  -0x10 ", "0b1"}
	text := texts[rng.IntN(len(texts))]
	var all []kernelCase
	for _, id := range []int{105, 106} {
		var word [24]byte
		copy(word[:], text)
		program := ""
		for k := range 3 {
			program += fmt.Sprintf("lddw %%r1, 0x%x\nstxdw [%%r10-%d], %%r1\n", binary.LittleEndian.Uint64(word[8*k:]), 32-8*k)
		}
		program += fmt.Sprintf("stdw [%%r10-8], 0\nmov %%r1, %%r10\nadd %%r1, -32\nmov %%r2, %d\nmov %%r3, %d\nmov %%r4, %%r10\nadd %%r4, -8\ncall %d\n"+
			"ldxdw %%r1, [%%r10-8]\nmul %%r1, 31\nadd %%r0, %%r1\nexit", 1+rng.IntN(24), []int{0, 8, 10, 16, 7}[rng.IntN(5)], id)
		all = append(all, kernelCase{fmt.Sprintf("helper %d of %q", id, text), "xdp", program, nil, data})
	}
	trie := typed(bpf.MapLPMTrie, 8, 8, 16)
	trie.Flags = bpf.FlagNoPrealloc
	all = append(all, kernelCase{"lpm_trie", "xdp", mapProgram(rng, true), []*frontend.Map{trie}, data},
		kernelCase{"hash", "xdp", mapProgram(rng, false), []*frontend.Map{typed(bpf.MapHash, 8, 8, 5)}, data},
		kernelCase{"percpu_hash", "xdp", mapProgram(rng, false), []*frontend.Map{typed(bpf.MapPercpuHash, 8, 8, 5)}, data},
		kernelCase{"percpu_array", "xdp", mapProgram(rng, false), []*frontend.Map{typed(bpf.MapPercpuArray, 4, 8, 3)}, data},
		kernelCase{"queue", "xdp", queueProgram(rng), []*frontend.Map{typed(bpf.MapQueue, 0, 8, 3)}, data},
		kernelCase{"stack", "xdp", queueProgram(rng), []*frontend.Map{typed(bpf.MapStack, 0, 8, 3)}, data})
	return all
}

// mapProgram makes random calls on a map and mixes their results; keys are of
// 4 or 8 bytes, for a trie a prefix and an address.
func mapProgram(rng *rand.Rand, trie bool) string {
	text := "mov %r6, 0\n"
	for n := range 12 {
		low, high := rng.IntN(4), 0
		if trie {
			low, high = []int{0, 1, 7, 8, 9, 16, 24, 31, 32, 33}[rng.IntN(10)], []int{0, 0xff, 0x0a, 0x010a, 0x80}[rng.IntN(5)]
		}
		id := 1 + rng.IntN(3)
		text += fmt.Sprintf("stw [%%r10-16], %d\nstw [%%r10-12], %d\nstdw [%%r10-8], %d\nlddw %%r1, MAP+0\nmov %%r2, %%r10\nadd %%r2, -16\n", low, high, n+1)
		switch id {
		case 1:
			text += "call 1\njeq %r0, 0, +1\nldxdw %r0, [%r0]\n"
		case 2:
			text += fmt.Sprintf("mov %%r3, %%r10\nadd %%r3, -8\nmov %%r4, %d\ncall 2\n", []int{0, 0, 0, 1, 2, 3}[rng.IntN(6)])
		case 3:
			text += "call 3\n"
		}
		text += "mul %r6, 31\nadd %r6, %r0\n"
	}
	return text + "mov32 %r0, %r6\nexit"
}

// queueProgram makes random calls on a queue or stack.
func queueProgram(rng *rand.Rand) string {
	text := "mov %r6, 0\n"
	for n := range 14 {
		text += fmt.Sprintf("stdw [%%r10-8], %d\nlddw %%r1, MAP+0\nmov %%r2, %%r10\nadd %%r2, -8\nmov %%r3, %d\ncall %d\nmul %%r6, 31\nadd %%r6, %%r0\nldxdw %%r0, [%%r10-8]\nmul %%r6, 31\nadd %%r6, %%r0\n",
			n+1, []int{0, 0, 2, 1, 3}[rng.IntN(5)], []int{87, 87, 88, 89}[rng.IntN(4)])
	}
	return text + "mov32 %r0, %r6\nexit"
}

// TestKernelAgreesOnHelpers compares r0 and the packet afterwards. Where a
// helper may fail for reasons of the host, some seed has to agree.
func TestKernelAgreesOnHelpers(t *testing.T) {
	if _, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 4, MaxEntries: 1}); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("bpf(2) makes no maps: %v", err)
		}
		t.Skipf("bpf(2) makes no maps for this user: %v", err)
	}
	rng := rand.New(rand.NewPCG(3, 9669))
	for range 30 {
		for _, c := range kernelCases(rng) {
			obj := object(t, c.hook, c.text, c.maps...)
			r0, packet := kernelTest(t, c, obj.Programs[0].Insns)
			if !slices.ContainsFunc(make([]int, 30), func(int) bool { return agrees(t, obj, c, rng.Uint64(), r0, packet) }) {
				t.Errorf("%s, %d bytes: no seed has %#x and the packet of %d bytes\n%s", c.name, len(c.data), r0, len(packet), c.text)
			}
		}
	}
}

// agrees runs the program here and compares.
func agrees(t *testing.T, obj *frontend.Object, c kernelCase, seed uint64, r0 uint32, packet []byte) bool {
	t.Helper()
	var out Output
	got, err := start(t, obj, Options{Seed: seed}).Run(obj.Programs[0], Input{Data: slices.Clone(c.data), Ctx: []uint64{uint64(len(c.data))}, Output: &out})
	if err != nil {
		t.Fatalf("%s: %v\n%s", c.name, err, c.text)
	}
	here := slices.Concat(out.Meta, out.Data, out.Tail)
	if n := len(here) - len(c.data); n > 0 && c.name != "xdp_adjust_tail" && c.hook == "xdp" && len(packet) == len(here) {
		here, packet = here[n:], packet[n:] // what is new has any content
	}
	return uint32(got.R0) == r0 && bytes.Equal(here, packet)
}

// kernelTest loads a program with its maps and runs it on the packet.
func kernelTest(t *testing.T, c kernelCase, insns []bpf.Instruction) (uint32, []byte) {
	t.Helper()
	insns = slices.Clone(insns)
	for k, def := range c.maps {
		m, err := ebpf.NewMap(&ebpf.MapSpec{
			Type: ebpf.MapType(def.Type), KeySize: def.KeySize, ValueSize: def.ValueSize, MaxEntries: def.MaxEntries, Flags: def.Flags,
		})
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		defer m.Close()
		for pc := range insns {
			if i := &insns[pc]; i.Kind == bpf.KindMap && i.Imm == int64(k) {
				i.Kind, i.Imm = bpf.KindMapFD, int64(m.FD())
			}
		}
	}
	typ := uint32(typeXDP)
	if c.hook == "sched_cls" {
		typ = typeSchedCLS
	}
	fd := kernelLoad(t, c.name, typ, insns)
	defer unix.Close(fd)
	in, out := slices.Clone(c.data), make([]byte, 4096)
	run := testRun{fd: uint32(fd), sizeIn: uint32(len(in)), dataIn: address(in), sizeOut: uint32(len(out)), dataOut: address(out), repeat: 1}
	_, _, errno := unix.Syscall(unix.SYS_BPF, cmdTestRun, uintptr(unsafe.Pointer(&run)), unsafe.Sizeof(run))
	runtime.KeepAlive(in)
	runtime.KeepAlive(out)
	if errno != 0 {
		t.Fatalf("%s: the kernel does not run it: %v", c.name, errno)
	}
	return run.result, out[:run.sizeOut]
}

func kernelLoad(t *testing.T, name string, typ uint32, insns []bpf.Instruction) int {
	t.Helper()
	raw, err := bpf.Encode(insns, binary.LittleEndian)
	if err != nil {
		t.Fatal(err)
	}
	license, text := []byte("GPL\x00"), make([]byte, 1<<16)
	load := progLoad{
		progType: typ, count: uint32(len(insns)), insns: address(raw), license: address(license),
		logLevel: 1, logSize: uint32(len(text)), log: address(text),
	}
	fd, errno := uintptr(0), unix.EAGAIN
	for range 20 {
		if errno == unix.EAGAIN {
			fd, _, errno = unix.Syscall(unix.SYS_BPF, cmdProgLoad, uintptr(unsafe.Pointer(&load)), unsafe.Sizeof(load))
		}
	}
	runtime.KeepAlive(raw)
	runtime.KeepAlive(license)
	if errno != 0 {
		t.Fatalf("%s: the kernel refuses it: %v\n%s", name, errno, unix.ByteSliceToString(text))
	}
	return int(fd)
}
