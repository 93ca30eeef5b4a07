package bpf

import (
	"encoding/binary"
	"os"
	"regexp"
	"runtime"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// progLoad is the head of union bpf_attr for BPF_PROG_LOAD (linux/bpf.h).
type progLoad struct {
	progType, insnCnt uint32
	insns, license    uint64
	logLevel, logSize uint32
	logBuf            uint64
}

// kernelLoad loads a socket filter and returns the kernel's log when it
// refuses it.
func kernelLoad(raw, text []byte) (log string, err error) {
	const cmdProgLoad, typeSocketFilter, logErrors = 5, 1, 4 // BPF_LOG_STATS, without a line for each instruction
	license := []byte("GPL\x00")
	load := progLoad{
		progType: typeSocketFilter, insnCnt: uint32(len(raw) / SlotSize), insns: addressOf(raw), license: addressOf(license),
		logLevel: logErrors, logSize: uint32(len(text)), logBuf: addressOf(text),
	}
	// The verifier gives up with EAGAIN when a signal is pending.
	fd, errno := uintptr(0), unix.EAGAIN
	for n := 0; n < 20 && errno == unix.EAGAIN; n++ {
		fd, _, errno = unix.Syscall(unix.SYS_BPF, cmdProgLoad, uintptr(unsafe.Pointer(&load)), unsafe.Sizeof(load))
	}
	runtime.KeepAlive(raw)
	runtime.KeepAlive(license)
	if errno != 0 {
		return unix.ByteSliceToString(text), errno
	}
	return "", unix.Close(int(fd))
}

func addressOf(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(&b[0]))) }

// pads is how many instructions stand behind the one in question: jumps of
// less slots stay inside.
const pads = 12

// around is a program with one slot in the middle. Every register has a
// number, and a jump in front leads to each instruction behind, so that the
// kernel finds fault with nothing but the slot and what it does to values.
func around(w word) []byte {
	insns := []Instruction{{Op: OpMov, Width: 8, Dst: R6, Src: R1}}
	for _, r := range []Reg{R0, R1, R2, R3, R4, R5, R7, R8, R9} {
		insns = append(insns, Instruction{Op: OpMov, Width: 8, Dst: r, Src: RegImm, Imm: 1})
	}
	for k := range int32(pads) {
		if w.code == opcodes[OpLdImm].code && k == 0 {
			insns = append(insns, insns[1]) // no jump to the second slot
			continue
		}
		insns = append(insns, Instruction{Op: OpJeq, Width: 8, Dst: R0, Src: RegImm, Imm: 2, Off: pads})
	}
	raw, err := Encode(insns, binary.LittleEndian)
	if err != nil {
		panic(err)
	}
	raw = w.append(raw, binary.LittleEndian)
	if w.code == opcodes[OpLdImm].code {
		raw = word{}.append(raw, binary.LittleEndian)
	}
	for range pads {
		raw = word{code: 0xb7}.append(raw, binary.LittleEndian) // r0 = 0
	}
	return word{code: 0x95}.append(raw, binary.LittleEndian)
}

// malformed are messages of the kernel's verifier about the form of an
// instruction; all others are about what it does.
var malformed = regexp.MustCompile(`unknown opcode|reserved|invalid BPF_|R1[1-5] is invalid|invalid atomic op|invalid may_goto|unknown insn class|bpf_ld_imm64 insn`)

// elsewhere are messages about what an instruction refers to, which come before
// the kernel has looked at the form.
var elsewhere = regexp.MustCompile(`jump out of range|invalid destination|infinite loop|back-edge|fd_idx without|is not pointing to|btf_id|find BTF for`)

// disagreement is a set of slots on which Decode and Linux 6.18 are known to
// disagree.
type disagreement struct {
	why    string
	kernel bool // the kernel takes them
	is     func(w word) bool
}

// disagreements are all. (One more cannot be asked without BTF ids: the offset of
// a call of a kernel function is an index into its loader's list of modules.
// Decode refuses it; libbpf sets it at load, no object has it.)
var disagreements = []disagreement{
	{"LLVM's call through a register, which later kernels have as well", false, func(w word) bool { return w.code == 0x8d }},
	{"the offset of exit, which Linux does not look at: RFC 9669 §3 has unused fields cleared", true, func(w word) bool {
		return w.code == 0x95 && w.off != 0
	}},
	{"casts between address spaces are of arenas, which are not supported", true, func(w word) bool {
		return w.code == 0xbf && w.off == 1
	}},
}

// knownOpcode reports whether some operation has the opcode.
func knownOpcode(code uint8) bool {
	for _, imm := range []int32{0, 16, 0x100} { // of swaps and of atomics of 1 and 2 bytes, too
		if _, bad := decodeWord(word{code: code, imm: imm}); bad == nil || bad.field != "opcode" {
			return true
		}
	}
	return false
}

// wordsOf are slots of an opcode with many values of each field, and of two at
// a time; few of an opcode that is not known.
func wordsOf(code uint8) []word {
	regs := []uint8{0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 15}
	offs := []int16{0, 1, 2, 8, 16, 32}
	imms := []int32{0, 1, 2, 8, 16, 32, 64, 0x10, 0x40, 0x41, 0x50, 0x51, 0xa0, 0xa1, 0xe0, 0xe1, 0xf0, 0xf1, 0x100, 0x101, 0x110, 0x111, -1}
	var list []word
	add := func(w word) { w.code = code; list = append(list, w) }
	for _, r := range regs {
		add(word{dst: r})
		add(word{dst: r, src: 3})
	}
	if !knownOpcode(code) {
		return list
	}
	for _, off := range offs {
		for _, r := range regs {
			add(word{src: r, off: off})
			add(word{src: r, off: off, dst: 1})
		}
		for _, imm := range imms {
			add(word{off: off, imm: imm})
		}
	}
	for _, imm := range imms {
		for _, r := range []uint8{0, 1, 2, 7} {
			add(word{src: r, imm: imm})
			add(word{src: r, imm: imm, dst: 3})
		}
	}
	return list
}

// TestKernelAccepts compares the form of what Decode takes with the kernel:
// every opcode with many values of each field.
func TestKernelAccepts(t *testing.T) {
	text := make([]byte, 1<<14)
	if log, err := kernelLoad(around(word{code: 0xb7}), text); err != nil {
		why := "needs root and bpf(2) to ask the kernel's verifier: " + err.Error() + " " + log
		if os.Getenv("CI") == "true" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	used := make([]bool, len(disagreements))
	asked, differ := 0, 0
	for code := range 256 {
		for _, w := range wordsOf(uint8(code)) {
			_, bad := decodeWord(w)
			log, err := kernelLoad(around(w), text)
			asked++
			takes := err == nil || !malformed.MatchString(log)
			if elsewhere.MatchString(log) || takes == (bad == nil) {
				continue
			}
			differ++
			known := false
			for k, d := range disagreements {
				if d.kernel == takes && d.is(w) {
					known, used[k] = true, true
				}
			}
			if !known {
				t.Errorf("opcode %#02x dst %d src %d offset %d immediate %#x: Decode says %v, the kernel %v\n%s", code, w.dst, w.src, w.off, w.imm, bad, err, log)
			}
		}
	}
	for k, d := range disagreements {
		if !used[k] {
			t.Errorf("the kernel agrees on this: %s", d.why)
		}
	}
	t.Logf("%d slots, %d of them in the list of differences", asked, differ)
}
