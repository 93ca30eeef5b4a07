package kernel

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/cilium/ebpf/asm"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
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

// helpers are the operations with the name of the helper that does each.
var helpers = map[model.Code]string{
	model.ProgLookup: "map_lookup_elem", model.ProgStore: "map_lookup_elem", model.ProgUpdate: "map_update_elem",
	model.ProgDelete: "map_delete_elem", model.ProgPush: "map_push_elem", model.ProgPop: "map_pop_elem",
	model.ProgPeek: "map_peek_elem", model.ProgLookupAt: "map_lookup_percpu_elem",
	model.RingOutput: "ringbuf_output", model.RingReserve: "ringbuf_reserve", model.RingQuery: "ringbuf_query",
}

// Program assembles the program that does the operation in a packet, with codes as the operations that it has, on the map of a file descriptor.
func Program(s model.Spec, codes []model.Code, fd int) asm.Instructions {
	insns := asm.Instructions{
		asm.LoadMem(asm.R7, asm.R1, 0, asm.Word),
		asm.LoadMem(asm.R2, asm.R1, 4, asm.Word),
		asm.Mov.Reg(asm.R3, asm.R7),
		asm.Add.Imm(asm.R3, packetSize),
		asm.JGT.Reg(asm.R3, asm.R2, "exit"),
	}
	if s.Platform == bpf.Windows { // no XDP: raw memory, of which r1 is the address
		insns = asm.Instructions{asm.Mov.Reg(asm.R7, asm.R1)}
	}
	insns = append(insns, move(asm.R10, stackKey, asm.R7, packetKey, maxKey)...)
	insns = append(insns, move(asm.R10, stackValue, asm.R7, packetValue, maxValue)...)
	insns = append(insns, asm.LoadMem(asm.R8, asm.R7, 0, asm.DWord))
	for _, c := range codes {
		insns = append(insns, asm.JEq.Imm(asm.R8, int32(c), label(c)))
	}
	insns = append(insns, asm.Ja.Label("exit"))
	for _, c := range codes {
		if s.Ring() {
			insns = append(insns, ring(s, c, fd)...)
		} else {
			insns = append(insns, operation(s, c, fd)...)
		}
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
	insns = append(insns, asm.BuiltinFunc(table.HelperByName(s.Platform, helpers[c]).ID).Call())
	switch c {
	case model.ProgLookup, model.ProgLookupAt, model.ProgStore:
		insns = append(insns, asm.JEq.Imm(asm.R0, 0, label(c)+"none"))
		if s.Slots() { // what was found is a map, with one value
			insns = append(insns,
				asm.Mov.Reg(asm.R1, asm.R0),
				asm.Mov.Reg(asm.R2, asm.R10), asm.Add.Imm(asm.R2, stackValue),
				asm.StoreImm(asm.R2, 0, 0, asm.Word),
				asm.BuiltinFunc(table.HelperByName(s.Platform, helpers[c]).ID).Call(),
				asm.JEq.Imm(asm.R0, 0, "exit"))
		}
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

// Codes are the operations of programs on the map that Program knows and that
// the platform has.
func Codes(s model.Spec) (codes []model.Code) {
	seen := map[model.Code]bool{}
	for _, c := range model.CodesOf(s) {
		if !seen[c] && helpers[c] != "" && table.HelperByName(s.Platform, helpers[c]) != nil {
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
	if op.Code == model.RingOutput {
		binary.LittleEndian.PutUint64(p[packetKey:], uint64(len(op.Value)))
	}
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
	case model.RingOutput:
		if r.R0 == 0 {
			r.N = 1
		}
	case model.RingReserve:
		if op.At >= model.RingSubmitDynptr && r.R0 == 0 {
			r.Value = p[packetValue:][:model.RingReserved]
		}
	}
	return r
}

// Object is the program as an object for the compiler, with the map that it
// works on.
func Object(s model.Spec, codes []model.Code) (*frontend.Object, error) {
	insns := Program(s, codes, 0)
	var b bytes.Buffer
	if err := insns.Marshal(&b, binary.LittleEndian); err != nil {
		return nil, err
	}
	raw := b.Bytes()
	decoded, err := bpf.Decode(raw, binary.LittleEndian)
	if err != nil {
		return nil, err
	}
	for pc := range decoded {
		if in := &decoded[pc]; in.Op == bpf.OpLdImm && raw[8*pc+1]>>4 == 1 { // BPF_PSEUDO_MAP_FD
			in.Kind, in.Imm = bpf.KindMap, 0
		}
	}
	hook := table.HookByName(s.Platform, "xdp")
	if s.Platform == bpf.Windows {
		raw := *table.HookByName(s.Platform, "raw")
		raw.MinLen = packetSize
		hook = &raw
	}
	value, inner := s.ValueSize, (*frontend.Map)(nil)
	if s.Slots() {
		value, inner = 4, &frontend.Map{Name: "inner", Type: bpf.MapArray, KeySize: 4, ValueSize: 1, MaxEntries: 1}
	}
	return &frontend.Object{
		Name: "script", License: "GPL", Platform: s.Platform,
		Maps: []*frontend.Map{{
			Name: "m", Type: s.Type, KeySize: s.KeySize, ValueSize: value, MaxEntries: s.MaxEntries, Flags: s.Flags, Extra: s.Extra, Inner: inner,
		}},
		Programs: []*frontend.Program{{
			Name: "script", Section: hook.Name, Hook: hook, Insns: decoded, ErrSlot: -1,
			Funcs: []frontend.Func{{Name: "script", End: len(decoded)}}, Lines: make([]frontend.Line, len(decoded)),
		}},
	}, nil
}
