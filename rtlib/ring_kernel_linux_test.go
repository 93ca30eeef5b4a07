package rtlib

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// Sequences of calls on a ring buffer, in the kernel and here: each is a program
// that runs once; between two programs the consumer takes some records. After
// every call the results and positions are compared, after every program the
// headers and bytes of all records.

// ringOp is one call of a program.
type ringOp struct {
	kind  int // of the constants below
	size  int
	flags int
	slot  int // of a record
}

const (
	opOutput = iota
	opReserve
	opSubmit
	opDiscard
	ringSlots = 3
	ringBytes = 4096
)

// ringProgram makes the calls of a program: every record that it reserves is
// given back.
func ringProgram(rng *rand.Rand) []ringOp {
	var ops []ringOp
	held := map[int]bool{}
	size := func() int {
		switch rng.IntN(10) {
		case 0:
			return 0
		case 1:
			return rng.IntN(ringBytes + 16)
		case 2:
			return ringBytes - 8 - rng.IntN(20)
		}
		return rng.IntN(300)
	}
	for range 3 + rng.IntN(8) {
		slot := rng.IntN(ringSlots)
		switch {
		case held[slot]:
			ops = append(ops, ringOp{kind: opSubmit + rng.IntN(2), slot: slot, flags: rng.IntN(2)})
			held[slot] = false
		case rng.IntN(2) == 0:
			ops = append(ops, ringOp{kind: opOutput, size: size(), flags: []int{0, 1, 2, 3, 4}[rng.IntN(5)]})
		default:
			ops = append(ops, ringOp{kind: opReserve, size: size(), slot: slot})
			held[slot] = true
		}
	}
	for slot := range ringSlots {
		if held[slot] {
			ops = append(ops, ringOp{kind: opSubmit + rng.IntN(2), slot: slot})
		}
	}
	return ops
}

// ringResult is what is compared after a call.
type ringResult struct{ Result, Avail, Cons, Prod uint64 }

// kernelRing is a ring buffer of the kernel.
type kernelRing struct {
	ring, memory, results *ebpf.Map
	cons, prod            []byte // mapped
}

func newKernelRing(t *testing.T) *kernelRing {
	t.Helper()
	k := new(kernelRing)
	for _, m := range []struct {
		to   **ebpf.Map
		spec ebpf.MapSpec
	}{
		{&k.ring, ebpf.MapSpec{Type: ebpf.RingBuf, MaxEntries: ringBytes}},
		{&k.memory, ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 2 * ringBytes, MaxEntries: 1}},
		{&k.results, ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 64 * 32, MaxEntries: 1}},
	} {
		var err error
		if *m.to, err = ebpf.NewMap(&m.spec); err != nil {
			missing(t, "needs root and bpf(2): "+err.Error())
		}
		t.Cleanup(func() { (*m.to).Close() })
	}
	var err error
	if k.cons, err = syscall.Mmap(k.ring.FD(), 0, 4096, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED); err != nil {
		t.Fatal(err)
	}
	if k.prod, err = syscall.Mmap(k.ring.FD(), 4096, 4096+2*ringBytes, syscall.PROT_READ, syscall.MAP_SHARED); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = syscall.Munmap(k.cons), syscall.Munmap(k.prod) })
	memory := make([]byte, 2*ringBytes)
	for i := range memory {
		memory[i] = byte(i * 7)
	}
	if err := k.memory.Put(uint32(0), memory); err != nil {
		t.Fatal(err)
	}
	return k
}

// missing skips a test that needs what is not there; with CI=true it fails.
func missing(t *testing.T, reason string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// value loads the address of the one value of an array into a register.
func (k *kernelRing) value(m *ebpf.Map, to asm.Register) asm.Instructions {
	return asm.Instructions{
		asm.Mov.Imm(asm.R1, 0), asm.StoreMem(asm.RFP, -4, asm.R1, asm.Word),
		asm.LoadMapPtr(asm.R1, m.FD()), asm.Mov.Reg(asm.R2, asm.RFP), asm.Add.Imm(asm.R2, -4),
		asm.FnMapLookupElem.Call(), asm.JEq.Imm(asm.R0, 0, "none"), asm.Mov.Reg(to, asm.R0),
	}
}

// instructions of the program: r6 is memory, r7 the results, records are at
// fp-16-8*slot.
func (k *kernelRing) instructions(ops []ringOp) asm.Instructions {
	ins := append(k.value(k.memory, asm.R6), k.value(k.results, asm.R7)...)
	for i, op := range ops {
		slot := int16(-16 - 8*op.slot)
		next := fmt.Sprintf("op%d", i)
		switch op.kind {
		case opOutput:
			ins = append(ins, asm.LoadMapPtr(asm.R1, k.ring.FD()), asm.Mov.Reg(asm.R2, asm.R6), asm.Mov.Imm(asm.R3, int32(op.size)),
				asm.Mov.Imm(asm.R4, int32(op.flags)), asm.FnRingbufOutput.Call(), asm.Mov.Reg(asm.R8, asm.R0))
		case opReserve:
			ins = append(ins, asm.LoadMapPtr(asm.R1, k.ring.FD()), asm.Mov.Imm(asm.R2, int32(op.size)), asm.Mov.Imm(asm.R3, 0),
				asm.FnRingbufReserve.Call(), asm.Mov.Imm(asm.R8, 0), asm.StoreMem(asm.RFP, slot, asm.R0, asm.DWord), asm.JEq.Imm(asm.R0, 0, next), asm.Mov.Imm(asm.R8, 1))
			if op.size >= 8 {
				ins = append(ins, asm.Mov.Imm(asm.R1, int32(i+1)), asm.StoreMem(asm.R0, 0, asm.R1, asm.DWord))
			}
		default:
			fn := asm.FnRingbufSubmit
			if op.kind == opDiscard {
				fn = asm.FnRingbufDiscard
			}
			ins = append(ins, asm.Mov.Imm(asm.R8, 0), asm.LoadMem(asm.R1, asm.RFP, slot, asm.DWord), asm.JEq.Imm(asm.R1, 0, next),
				asm.Mov.Imm(asm.R2, int32(op.flags)), fn.Call())
		}
		off := int16(32 * i)
		ins = append(ins, asm.StoreMem(asm.R7, off, asm.R8, asm.DWord).WithSymbol(next))
		for j, query := range []int32{ringAvailData, ringConsPos, ringProdPos} {
			ins = append(ins, asm.LoadMapPtr(asm.R1, k.ring.FD()), asm.Mov.Imm(asm.R2, query), asm.FnRingbufQuery.Call(),
				asm.StoreMem(asm.R7, off+int16(8*(j+1)), asm.R0, asm.DWord))
		}
	}
	return append(ins, asm.Mov.Imm(asm.R0, 1), asm.Return(), asm.Mov.Imm(asm.R0, 0).WithSymbol("none"), asm.Return())
}

// run runs the program in the kernel.
func (k *kernelRing) run(t *testing.T, ops []ringOp) []ringResult {
	t.Helper()
	p, err := ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.XDP, License: "GPL", Instructions: k.instructions(ops)})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	defer p.Close()
	if r0, _, err := p.Test(make([]byte, 64)); err != nil || r0 != 1 {
		t.Fatalf("run: %d, %v", r0, err)
	}
	var all [64]ringResult
	if err := k.results.Lookup(uint32(0), &all); err != nil {
		t.Fatal(err)
	}
	return all[:len(ops)]
}

// runHere runs the same calls here.
func runHere(m *Map, f *Frame, memory []byte, ops []ringOp) []ringResult {
	var all []ringResult
	var slots [ringSlots]uint64
	for i, op := range ops {
		var r ringResult
		switch op.kind {
		case opOutput:
			r.Result = uint64(output(f, m, memory[:op.size], uint64(op.flags)))
		case opReserve:
			addr := RingbufReserve(&f.abi, addrOf(m), uint64(op.size), 0)
			if slots[op.slot] = addr; addr != 0 {
				r.Result = 1
				if op.size >= 8 {
					*(*uint64)(ptr(addr)) = uint64(i + 1)
				}
			}
		case opSubmit, opDiscard:
			if addr := slots[op.slot]; addr != 0 {
				[]func(*Frame, uint64, uint64){
					func(f *Frame, a, flags uint64) { RingbufSubmit(&f.abi, a, flags) },
					func(f *Frame, a, flags uint64) { RingbufDiscard(&f.abi, a, flags) },
				}[op.kind-opSubmit](f, addr, uint64(op.flags))
			}
		}
		query := func(what uint64) uint64 { return RingbufQuery(&f.abi, addrOf(m), what) }
		r.Avail, r.Cons, r.Prod = query(ringAvailData), query(ringConsPos), query(ringProdPos)
		all = append(all, r)
	}
	return all
}

// compareRecords compares headers and bytes of all records from the consumer to
// the producer, and consumes up to n of them in both rings.
func compareRecords(t *testing.T, k *kernelRing, m *Map, rd *RingReader, memory []byte, n int) {
	t.Helper()
	r := m.ops.(*ring)
	consPos, prodPos := (*uint64)(unsafe.Pointer(&k.cons[0])), (*uint64)(unsafe.Pointer(&k.prod[0]))
	end := r.cons
	for pos := r.cons; pos != r.prod; {
		theirs := k.prod[4096+pos%ringBytes:]
		ours := unsafe.Slice((*byte)(r.recordAt(pos)), recordHeader)
		if string(ours) != string(theirs[:recordHeader]) {
			t.Fatalf("header at %d: %x, the kernel's is %x", pos, ours, theirs[:recordHeader])
		}
		word := binary.LittleEndian.Uint32(theirs)
		length := uint64(word & recordLength)
		pos += recordSize(length)
		if word&recordDiscard == 0 {
			if n == 0 {
				break
			}
			n--
			got, left, err := rd.ReadInto(nil)
			if err != nil || left != int(r.prod-pos) {
				t.Fatalf("record before %d: %d bytes remain, %v", pos, left, err)
			}
			// Bytes behind the first 8 of a reserved record are what was there.
			want := theirs[recordHeader : recordHeader+length]
			if string(want) != string(memory[:length]) { // a reserved one
				want = want[:min(8, length)]
			}
			if string(got[:len(want)]) != string(want) || uint64(len(got)) != length {
				t.Fatalf("record before %d: %x, the kernel's is %x", pos, got, want)
			}
		}
		end = pos
	}
	if r.cons != end { // the records behind the last one that was read are discarded ones
		rd.SetDeadline(time.Unix(1, 0))
		_, _, _ = r.front()
		if r.cons < end {
			t.Fatalf("consumer at %d, want %d", r.cons, end)
		}
	}
	atomic.StoreUint64(consPos, r.cons)
	if p := atomic.LoadUint64(prodPos); p != r.prod {
		t.Fatalf("producer at %d, the kernel's at %d", r.prod, p)
	}
}

// TestRingKernel compares random sequences with the kernel.
func TestRingKernel(t *testing.T) {
	k := newKernelRing(t)
	m, rd, f := newTestRing(t, bpf.Linux, ringBytes)
	memory := make([]byte, 2*ringBytes)
	for i := range memory {
		memory[i] = byte(i * 7)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	programs := 300
	if testing.Short() {
		programs = 60
	}
	full := 0
	for n := range programs {
		ops := ringProgram(rng)
		want := k.run(t, ops)
		got := runHere(m, f, memory, ops)
		for i := range ops {
			if got[i] != want[i] {
				t.Fatalf("program %d, call %d of %+v: got %+v, the kernel gives %+v", n, i, ops, got[i], want[i])
			}
			if ops[i].kind == opOutput && int64(want[i].Result) == -11 {
				full++
			}
		}
		if len(f.held) != 0 {
			t.Fatalf("program %d: %d records are held at its end", n, len(f.held))
		}
		compareRecords(t, k, m, rd, memory, rng.IntN(8))
	}
	if full < programs/20 {
		t.Errorf("the ring was full %d times; the sequences test too little", full)
	}
}
