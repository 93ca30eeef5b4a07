package kernel

import (
	"encoding/binary"
	"fmt"
	"runtime"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"golang.org/x/sys/unix"

	"github.com/bpf2go-native/bpf2go-native/test/maps/model"
)

// A program's operation is a packet: which one and its arguments, and behind
// the run what the helper returned.
//
//	0 code    8 flags or CPU    16 r0    24 key (64)    88 value (104)
const (
	packetFlags = 8
	packetR0    = 16
	packetKey   = 24
	packetValue = 88
	packetSize  = 192

	maxKey   = packetValue - packetKey
	maxValue = packetSize - packetValue

	stackKey   = -maxKey // of r10
	stackValue = stackKey - maxValue
)

// helpers are the operations with the function that does each.
var helpers = map[model.Code]asm.BuiltinFunc{
	model.ProgLookup: asm.FnMapLookupElem, model.ProgStore: asm.FnMapLookupElem, model.ProgUpdate: asm.FnMapUpdateElem,
	model.ProgDelete: asm.FnMapDeleteElem, model.ProgPush: asm.FnMapPushElem, model.ProgPop: asm.FnMapPopElem,
	model.ProgPeek: asm.FnMapPeekElem, model.ProgLookupAt: asm.FnMapLookupPercpuElem,
}

// Program assembles the XDP program that does the operation in a packet, with
// codes as the operations that it has, on the map of a file descriptor.
func Program(s model.Spec, codes []model.Code, fd int) asm.Instructions {
	insns := asm.Instructions{
		asm.Mov.Reg(asm.R6, asm.R1),
		asm.LoadMem(asm.R7, asm.R6, 0, asm.Word),
		asm.LoadMem(asm.R2, asm.R6, 4, asm.Word),
		asm.Mov.Reg(asm.R3, asm.R7),
		asm.Add.Imm(asm.R3, packetSize),
		asm.JGT.Reg(asm.R3, asm.R2, "exit"),
	}
	insns = append(insns, move(asm.R10, stackKey, asm.R7, packetKey, maxKey)...)
	insns = append(insns, move(asm.R10, stackValue, asm.R7, packetValue, maxValue)...)
	insns = append(insns, asm.LoadMem(asm.R8, asm.R7, 0, asm.DWord))
	for _, c := range codes {
		insns = append(insns, asm.JEq.Imm(asm.R8, int32(c), label(c)))
	}
	insns = append(insns, asm.Ja.Label("exit"))
	for _, c := range codes {
		insns = append(insns, operation(s, c, fd)...)
	}
	return append(insns, asm.Mov.Imm(asm.R0, 2).WithSymbol("exit"), asm.Return())
}

func label(c model.Code) string { return fmt.Sprintf("operation%d", c) }

// move copies n bytes by the largest words that fit.
func move(to asm.Register, toOff int16, from asm.Register, fromOff int16, n int) (insns asm.Instructions) {
	for _, word := range []asm.Size{asm.DWord, asm.Word, asm.Half, asm.Byte} {
		for ; n >= word.Sizeof(); n -= word.Sizeof() {
			insns = append(insns, asm.LoadMem(asm.R1, from, fromOff, word), asm.StoreMem(to, toOff, asm.R1, word))
			fromOff, toOff = fromOff+int16(word.Sizeof()), toOff+int16(word.Sizeof())
		}
	}
	return insns
}

// operation is one case of the program.
func operation(s model.Spec, c model.Code, fd int) asm.Instructions {
	insns := asm.Instructions{
		asm.LoadMapPtr(asm.R1, fd).WithSymbol(label(c)),
		asm.Mov.Reg(asm.R2, asm.R10),
	}
	stack := func(r asm.Register, off int32) { insns = append(insns, asm.Mov.Reg(r, asm.R10), asm.Add.Imm(r, off)) }
	flags := func(r asm.Register) { insns = append(insns, asm.LoadMem(r, asm.R7, packetFlags, asm.DWord)) }
	switch c {
	case model.ProgPush, model.ProgPop, model.ProgPeek:
		insns = append(insns, asm.Add.Imm(asm.R2, stackValue))
		flags(asm.R3)
	default:
		insns = append(insns, asm.Add.Imm(asm.R2, stackKey))
	}
	switch c {
	case model.ProgUpdate:
		stack(asm.R3, stackValue)
		flags(asm.R4)
	case model.ProgLookupAt:
		flags(asm.R3)
	}
	insns = append(insns, helpers[c].Call())
	switch c {
	case model.ProgLookup, model.ProgLookupAt, model.ProgStore:
		insns = append(insns, asm.JEq.Imm(asm.R0, 0, label(c)+"none"))
		if c == model.ProgStore {
			insns = append(insns, move(asm.R0, 0, asm.R10, stackValue, int(s.ValueSize))...)
		} else {
			insns = append(insns, move(asm.R7, packetValue, asm.R0, 0, int(s.ValueSize))...)
		}
		return append(insns,
			asm.Mov.Imm(asm.R0, 1),
			asm.StoreMem(asm.R7, packetR0, asm.R0, asm.DWord).WithSymbol(label(c)+"none"),
			asm.Ja.Label("exit"))
	case model.ProgPop, model.ProgPeek:
		insns = append(insns, move(asm.R7, packetValue, asm.R10, stackValue, int(s.ValueSize))...)
	}
	return append(insns, asm.StoreMem(asm.R7, packetR0, asm.R0, asm.DWord), asm.Ja.Label("exit"))
}

// Codes are the operations of programs among a list that Program knows.
func Codes(list []model.Code) (codes []model.Code) {
	seen := map[model.Code]bool{}
	for _, c := range list {
		if helpers[c] != asm.FnUnspec && !seen[c] {
			codes = append(codes, c)
		}
		seen[c] = true
	}
	return codes
}

// Packet is the packet of an operation.
func Packet(op model.Op) []byte {
	p := make([]byte, packetSize)
	binary.LittleEndian.PutUint64(p, uint64(op.Code))
	binary.LittleEndian.PutUint64(p[packetFlags:], op.Flags|op.At)
	copy(p[packetKey:packetValue], op.Key)
	copy(p[packetValue:], op.Value)
	return p
}

// Outcome is what the packet says after the run.
func Outcome(s model.Spec, op model.Op, p []byte) model.Result {
	r := model.Result{R0: int64(binary.LittleEndian.Uint64(p[packetR0:]))}
	value := p[packetValue:][:s.ValueSize]
	switch op.Code {
	case model.ProgLookup, model.ProgLookupAt:
		if r.R0 == 1 {
			r.Value = value
		}
	case model.ProgPop, model.ProgPeek:
		if r.R0 == 0 && !s.Bloom() {
			r.Value = value
		}
	}
	return r
}

// program is a loaded program.
type program struct {
	*ebpf.Program
}

// run does a program's operation on the operation's CPU.
func (m *Map) run(op model.Op) (r model.Result, err error) {
	if m.prog == nil {
		p, err := ebpf.NewProgram(&ebpf.ProgramSpec{
			Type: ebpf.XDP, License: "GPL", Instructions: Program(m.spec, Codes(model.CodesOf(m.spec)), m.fd),
		})
		if err != nil {
			return r, fmt.Errorf("%v: %+v", m.spec, err)
		}
		m.prog = &program{p}
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return r, err
	}
	one.Set(op.CPU)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return r, err
	}
	opts := ebpf.RunOptions{Data: Packet(op), DataOut: make([]byte, packetSize+256)}
	if _, err := m.prog.Run(&opts); err != nil {
		return r, err
	}
	if err := unix.SchedSetaffinity(0, &before); err != nil {
		return r, err
	}
	return Outcome(m.spec, op, opts.DataOut), nil
}
