package interp

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/internal/isatest"
)

// TestKernelAgrees compares random straight-line programs of arithmetic,
// forward jumps, stack accesses and atomics with the kernel's own execution.
func TestKernelAgrees(t *testing.T) {
	exit := []bpf.Instruction{{Op: bpf.OpMov, Width: 8, Src: bpf.RegImm, Imm: 7}, {Op: bpf.OpExit, Src: bpf.RegImm}}
	if got, log, err := kernelRun(t, exit); err != nil || got != 7 {
		if os.Getenv("CI") != "" {
			t.Fatalf("bpf(2) does not load XDP programs: %v\n%s", err, log)
		}
		t.Skipf("bpf(2) does not load XDP programs for this user: %v", err)
	}
	rng := rand.New(rand.NewPCG(2, 9669))
	for n := range 150 {
		insns := randomProgram(rng)
		want, log, err := kernelRun(t, insns)
		if err != nil {
			t.Fatalf("program %d: the kernel refuses it: %v\n%s", n, err, log)
		}
		v := isatest.Vector{Name: "random", Insns: insns}
		obj := v.Object()
		obj.Programs[0].Hook = table.HookByName(bpf.Linux, "xdp")
		got, err := start(t, obj, Options{}).Run(obj.Programs[0], Input{Data: make([]byte, 64)})
		if err != nil || uint32(got.R0) != want {
			var listing strings.Builder
			if err := bpf.Print(&listing, insns, bpf.Listing{}); err != nil {
				t.Fatal(err)
			}
			t.Fatalf("program %d: got %#x, %v, the kernel has %#x\n%s", n, uint32(got.R0), err, want, listing.String())
		}
	}
}

// randomProgram sets r0 to r9 and 64 bytes of stack, mixes them, and folds
// all of it into the low half of r0.
func randomProgram(rng *rand.Rand) []bpf.Instruction {
	var insns []bpf.Instruction
	add := func(list ...bpf.Instruction) { insns = append(insns, list...) }
	for reg := range bpf.R10 {
		add(bpf.Instruction{Op: bpf.OpLdImm, Width: 8, Dst: reg, Src: bpf.RegImm, Imm: randomNumber(rng)}, bpf.Instruction{})
	}
	for slot := int32(-64); slot < 0; slot += 8 {
		add(bpf.Instruction{Op: bpf.OpStore, Width: 8, Dst: bpf.R10, Src: bpf.Reg(rng.IntN(10)), Off: slot})
	}
	for range 80 {
		i := randomInsn(rng)
		add(i)
		if i.Op == bpf.OpCmpxchg && i.Width == 4 {
			// On amd64 the kernel clears the upper half of r0 only where
			// its verifier saw that somebody reads it, and Linux 6.18 does
			// not see it on a path that it prunes: the old value stays,
			// against RFC 9669 §5.3. So clear it here.
			add(bpf.Instruction{Op: bpf.OpMov, Width: 4, Dst: bpf.R0, Src: bpf.R0})
		}
	}
	// What the last jumps may skip.
	for range 3 {
		add(bpf.Instruction{Op: bpf.OpMov, Width: 8, Dst: bpf.R0, Src: bpf.R1})
	}
	for reg := bpf.R1; reg < bpf.R10; reg++ {
		add(bpf.Instruction{Op: bpf.OpMul, Width: 8, Dst: bpf.R0, Src: bpf.RegImm, Imm: 31},
			bpf.Instruction{Op: bpf.OpXor, Width: 8, Dst: bpf.R0, Src: reg})
	}
	for slot := int32(-64); slot < 0; slot += 8 {
		add(bpf.Instruction{Op: bpf.OpLoad, Width: 8, Dst: bpf.R1, Src: bpf.R10, Off: slot},
			bpf.Instruction{Op: bpf.OpMul, Width: 8, Dst: bpf.R0, Src: bpf.RegImm, Imm: 31},
			bpf.Instruction{Op: bpf.OpXor, Width: 8, Dst: bpf.R0, Src: bpf.R1})
	}
	add(bpf.Instruction{Op: bpf.OpMov, Width: 8, Dst: bpf.R1, Src: bpf.R0},
		bpf.Instruction{Op: bpf.OpRsh, Width: 8, Dst: bpf.R1, Src: bpf.RegImm, Imm: 32},
		bpf.Instruction{Op: bpf.OpXor, Width: 8, Dst: bpf.R0, Src: bpf.R1},
		bpf.Instruction{Op: bpf.OpExit, Src: bpf.RegImm})
	return insns
}

// randomNumber prefers numbers near the edges.
func randomNumber(rng *rand.Rand) int64 {
	switch rng.IntN(4) {
	case 0:
		return int64(rng.Uint64())
	case 1:
		return int64(rng.IntN(5)) - 2
	case 2:
		return 1<<rng.IntN(64) - int64(rng.IntN(2))
	}
	return int64(int32(rng.Uint32()))
}

// randomInsn is one legal instruction that leaves everything initialised.
func randomInsn(rng *rand.Rand) bpf.Instruction {
	for {
		row := table.OpOf(bpf.Op(1 + rng.IntN(bpf.NumOps-1)))
		width := uint8(1) << rng.IntN(4)
		i := bpf.Instruction{Op: row.Op, Width: width, Dst: bpf.Reg(rng.IntN(10)), Src: bpf.Reg(rng.IntN(10))}
		if !row.Widths.Has(width) || row.Version == 0 {
			continue
		}
		switch row.Class {
		case table.ClassALU:
			randomALU(rng, row, &i)
		case table.ClassJump:
			if row.Op == bpf.OpJa {
				continue
			}
			i.Off = int32(rng.IntN(4))
			randomOperand(rng, row, &i)
		case table.ClassLoad:
			i.Src, i.Off = bpf.R10, -int32(width)*int32(1+rng.IntN(64/int(width)))
		case table.ClassStore, table.ClassAtomic:
			i.Dst, i.Off = bpf.R10, -int32(width)*int32(1+rng.IntN(64/int(width)))
			randomOperand(rng, row, &i)
		default:
			continue
		}
		if _, err := bpf.Encode([]bpf.Instruction{i}, binary.LittleEndian); err == nil {
			return i
		}
	}
}

func randomOperand(rng *rand.Rand, row table.Op, i *bpf.Instruction) {
	if row.Imm && rng.IntN(2) == 0 {
		i.Src, i.Imm = bpf.RegImm, int64(int32(randomNumber(rng)))
	}
}

// randomALU avoids what the kernel refuses: constants that divide by zero or
// shift too far.
func randomALU(rng *rand.Rand, row table.Op, i *bpf.Instruction) {
	randomOperand(rng, row, i)
	switch {
	case row.Op == bpf.OpMovsx:
		i.From = 1 << rng.IntN(3)
	case !row.Imm:
		i.Src = bpf.RegImm
	case i.Src != bpf.RegImm:
	case row.Op == bpf.OpLsh || row.Op == bpf.OpRsh || row.Op == bpf.OpArsh:
		i.Imm = int64(rng.IntN(8 * int(i.Width)))
	case i.Imm == 0:
		i.Imm = 1
	}
}

// progLoad and testRun are the members of union bpf_attr for the two commands
// (linux/bpf.h); the kernel takes the rest for 0.
type progLoad struct {
	progType, count         uint32
	insns, license          uint64
	logLevel, logSize       uint32
	log                     uint64
	kernVersion, progFlags  uint32
	name                    [16]byte
	ifindex, expectedAttach uint32
}

type testRun struct {
	fd, result        uint32
	sizeIn, sizeOut   uint32
	dataIn, dataOut   uint64
	repeat, duration  uint32
	ctxIn, ctxOut     uint32
	ctxInAt, ctxOutAt uint64
}

// Commands and program type of linux/bpf.h.
const (
	cmdProgLoad = 5
	cmdTestRun  = 10
	typeXDP     = 6
)

// kernelRun loads an XDP program, runs it on 64 zero bytes and returns its
// result, and the verifier's log when it is refused.
func kernelRun(t *testing.T, insns []bpf.Instruction) (result uint32, log string, err error) {
	t.Helper()
	raw, err := bpf.Encode(insns, binary.LittleEndian)
	if err != nil {
		t.Fatal(err)
	}
	license, text, packet := []byte("GPL\x00"), make([]byte, 1<<16), make([]byte, 64)
	load := progLoad{
		progType: typeXDP, count: uint32(len(insns)), insns: address(raw), license: address(license),
		logLevel: 1, logSize: uint32(len(text)), log: address(text),
	}
	// The verifier gives up with EAGAIN when a signal is pending, and Go's
	// scheduler sends some.
	fd, errno := uintptr(0), unix.EAGAIN
	for range 20 {
		if errno == unix.EAGAIN {
			fd, _, errno = unix.Syscall(unix.SYS_BPF, cmdProgLoad, uintptr(unsafe.Pointer(&load)), unsafe.Sizeof(load))
		}
	}
	runtime.KeepAlive(raw)
	runtime.KeepAlive(license)
	if errno != 0 {
		return 0, unix.ByteSliceToString(text), errno
	}
	defer func() {
		if err := unix.Close(int(fd)); err != nil {
			t.Error(err)
		}
	}()
	run := testRun{fd: uint32(fd), sizeIn: uint32(len(packet)), dataIn: address(packet), repeat: 1}
	_, _, errno = unix.Syscall(unix.SYS_BPF, cmdTestRun, uintptr(unsafe.Pointer(&run)), unsafe.Sizeof(run))
	runtime.KeepAlive(packet)
	if errno != 0 {
		return 0, "", errno
	}
	return run.result, "", nil
}

func address(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(&b[0]))) }
