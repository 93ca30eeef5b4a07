package drive

import (
	"bytes"
	"fmt"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
	"github.com/bpf2go-native/bpf2go-native/test/maps/model"
)

// Offsets in the Frame's eBPF stacks, which are the program's memory. Addresses
// there have any alignment.
const (
	keyAt   = 0
	valueAt = 1024
	canary  = 0xa7 // around what helpers write
)

// put copies b to the program's memory and returns its address.
func (h *Hand) put(fr *abi.Frame, at int, b []byte) uint64 {
	h.skew = (h.skew + 3) % 8
	at += h.skew
	copy(fr.Stack[at:], b)
	return uint64(uintptr(unsafe.Pointer(&fr.Stack[at])))
}

// Bytes reads n bytes at an address that a helper gave.
func Bytes(addr uint64, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(abi.Load8(addr + uint64(i)))
	}
	return b
}

// Write writes b at an address that a helper gave.
func Write(addr uint64, b []byte) {
	for i, v := range b {
		abi.Store8(addr+uint64(i), uint64(v))
	}
}

// program does a program's operation, in a run.
func (h *Hand) program(fr *abi.Frame, op model.Op) (r model.Result, err error) {
	m, size := abi.Map(fr, 0), int(h.n.Spec.ValueSize)
	key := h.put(fr, keyAt, op.Key)
	switch op.Code {
	case model.ProgLookup, model.ProgStore, model.ProgLookupAt:
		addr := h.lookup(fr, op, key)
		if addr == 0 {
			return r, nil
		}
		r.R0 = 1
		if op.Code == model.ProgStore {
			Write(addr, op.Value)
			return r, nil
		}
		r.Value = Bytes(addr, size)
	case model.ProgUpdate:
		r.R0 = int64(rtlib.MapUpdateElem(fr, m, key, h.put(fr, valueAt, op.Value), op.Flags))
	case model.ProgDelete:
		r.R0 = int64(rtlib.MapDeleteElem(fr, m, key))
	case model.ProgPush:
		r.R0 = int64(rtlib.MapPushElem(fr, m, h.put(fr, valueAt, op.Value), op.Flags))
	case model.ProgPop, model.ProgPeek:
		return h.pop(fr, op)
	case model.ProgEach:
		return h.each(fr)
	default:
		return r, fmt.Errorf("no such operation: %v", op)
	}
	return r, nil
}

// lookup looks a key up, by each of the functions in turn that do it.
func (h *Hand) lookup(fr *abi.Frame, op model.Op, key uint64) uint64 {
	m := abi.Map(fr, 0)
	if op.Code == model.ProgLookupAt {
		return rtlib.MapLookupPercpuElem(fr, m, key, op.At)
	}
	if special := h.lookups(); h.skew%2 == 1 && special != nil {
		return special(fr, m, key)
	}
	return rtlib.MapLookupElem(fr, m, key)
}

// lookups is the function for lookups in maps of the type, nil when there is
// none.
func (h *Hand) lookups() func(fr *abi.Frame, m, key uint64) uint64 {
	if h.n.Spec.Type == bpf.MapHash {
		return rtlib.HashLookup
	}
	return nil
}

// pop pops or peeks to memory with canaries around it.
func (h *Hand) pop(fr *abi.Frame, op model.Op) (r model.Result, err error) {
	size := int(h.n.Spec.ValueSize)
	room := bytes.Repeat([]byte{canary}, size+16)
	if h.n.Spec.Type == bpf.MapBloomFilter {
		copy(room[8:], op.Value)
	}
	addr := h.put(fr, valueAt, room)
	if op.Code == model.ProgPop {
		r.R0 = int64(rtlib.MapPopElem(fr, abi.Map(fr, 0), addr+8))
	} else {
		r.R0 = int64(rtlib.MapPeekElem(fr, abi.Map(fr, 0), addr+8))
	}
	after := Bytes(addr, size+16)
	if edge := bytes.Repeat([]byte{canary}, 8); !bytes.Equal(after[:8], edge) || !bytes.Equal(after[8+size:], edge) {
		return r, fmt.Errorf("%v writes outside of its value: %x", op, after)
	}
	if r.R0 == 0 && h.n.Spec.Type != bpf.MapBloomFilter {
		r.Value = after[8 : 8+size]
	}
	return r, nil
}

// each walks over the elements.
func (h *Hand) each(fr *abi.Frame) (r model.Result, err error) {
	s := &fr.Each[0]
	*s = abi.EachState{}
	for {
		addr := rtlib.ForEachNext(fr, abi.Map(fr, 0), uint64(uintptr(unsafe.Pointer(s))))
		if addr == 0 {
			return r, nil
		}
		r.R0++
		if r.R0 > 2*int64(h.n.Spec.MaxEntries)+8 {
			return r, fmt.Errorf("for each does not end: %x", r.Keys)
		}
		r.Keys = append(r.Keys, Bytes(s.Key, int(h.n.Spec.KeySize)))
		r.Values = append(r.Values, Bytes(addr, int(h.n.Spec.ValueSize)))
	}
}
