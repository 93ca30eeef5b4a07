package drive

import (
	"bytes"
	"encoding/binary"
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

// Bytes reads n bytes at an address that a helper gave, by words of 8 where they
// are aligned: such words are whole, whoever else writes.
func Bytes(addr uint64, n int) []byte {
	b := make([]byte, 0, n+8)
	for addr%8 == 0 && n-len(b) >= 8 {
		b = binary.LittleEndian.AppendUint64(b, abi.Load64(addr+uint64(len(b))))
	}
	for len(b) < n {
		b = append(b, byte(abi.Load8(addr+uint64(len(b)))))
	}
	return b
}

// Write writes b at an address that a helper gave, by words as Bytes.
func Write(addr uint64, b []byte) {
	i := 0
	for ; addr%8 == 0 && len(b)-i >= 8; i += 8 {
		abi.Store64(addr+uint64(i), binary.LittleEndian.Uint64(b[i:]))
	}
	for ; i < len(b); i++ {
		abi.Store8(addr+uint64(i), uint64(b[i]))
	}
}

// program does a program's operation, in a run.
func (h *Hand) program(fr *abi.Frame, op model.Op) (r model.Result, err error) {
	m, size := abi.Map(fr, 0), int(h.n.Spec.ValueSize)
	key := h.put(fr, keyAt, op.Key)
	if h.n.Spec.Slots() && op.Code == model.ProgLookup {
		return h.through(fr, m, key)
	}
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
		r.R0 = int64(h.update(fr, m, key, h.put(fr, valueAt, op.Value), op.Flags))
	case model.ProgDelete:
		r.R0 = int64(h.remove(fr, m, key))
	case model.ProgPush:
		r.R0 = int64(rtlib.MapPushElem(fr, m, h.put(fr, valueAt, op.Value), op.Flags))
	case model.ProgPop, model.ProgPeek:
		return h.pop(fr, op)
	case model.ProgEach:
		return h.each(fr)
	case model.RingOutput, model.RingReserve, model.RingQuery:
		return h.ring(fr, op)
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
	list := lookups(h.n.Spec)
	return list[h.skew%len(list)](fr, m, key)
}

// update updates a key, by each of the functions in turn that do it.
func (h *Hand) update(fr *abi.Frame, m, key, value, flags uint64) uint64 {
	list := []func(fr *abi.Frame, m, key, value, flags uint64) uint64{rtlib.MapUpdateElem}
	switch h.n.Spec.Type {
	case bpf.MapHash:
		list = append(list, rtlib.HashUpdate)
	case bpf.MapLRUHash:
		list = append(list, rtlib.LRUUpdate)
	case bpf.MapLRUPercpu:
		list = append(list, rtlib.LRUPercpuUpdate)
	case bpf.MapPercpuHash:
		list = append(list, rtlib.PercpuHashUpdate)
	}
	return list[h.skew%len(list)](fr, m, key, value, flags)
}

// remove deletes a key, by each of the functions in turn that do it.
func (h *Hand) remove(fr *abi.Frame, m, key uint64) uint64 {
	list := []find{rtlib.MapDeleteElem}
	switch h.n.Spec.Type {
	case bpf.MapHash:
		list = append(list, rtlib.HashDelete)
	case bpf.MapPercpuHash:
		list = append(list, rtlib.PercpuHashDelete)
	}
	return list[h.skew%len(list)](fr, m, key)
}

// find is a function that looks a key up.
type find = func(fr *abi.Frame, m, key uint64) uint64

// sized are the functions for keys of a size.
type sized struct {
	any find
	by  map[uint32]find
}

// lookups are the functions that look keys up in a map.
func lookups(s model.Spec) []find {
	special := map[bpf.MapType]sized{
		bpf.MapHash:       {rtlib.HashLookup, map[uint32]find{4: rtlib.HashLookup4, 8: rtlib.HashLookup8, 16: rtlib.HashLookup16}},
		bpf.MapLRUHash:    {rtlib.LRULookup, map[uint32]find{4: rtlib.LRULookup4, 8: rtlib.LRULookup8, 16: rtlib.LRULookup16}},
		bpf.MapPercpuHash: {any: rtlib.PercpuHashLookup},
		bpf.MapLRUPercpu:  {any: rtlib.LRUPercpuLookup},
		bpf.MapLPMTrie:    {any: rtlib.TrieLookup},
	}[s.Type]
	list := []find{rtlib.MapLookupElem}
	if special.any != nil {
		list = append(list, special.any)
	}
	if f := special.by[s.KeySize]; f != nil {
		list = append(list, f)
	}
	return list
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
