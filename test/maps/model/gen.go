package model

import (
	"encoding/binary"

	"pgregory.net/rapid"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// Draw makes operations for a map. Keys are few, so that they meet.
type Draw struct {
	Spec
	Codes []Code // what is drawn from
	CPUs  int    // Frames, or CPUs of the machine, that programs run on
	// Legal leaves out flags and keys that are refused for themselves.
	Legal bool
}

// DrawSpec makes a small map of a type.
func DrawSpec(t *rapid.T, platform bpf.Platform, typ bpf.MapType, cpus int) Spec {
	s := Spec{Platform: platform, Type: typ, CPUs: cpus}
	s.ValueSize = rapid.SampledFrom([]uint32{1, 4, 8, 12, 24, 100}).Draw(t, "value size")
	s.MaxEntries = rapid.SampledFrom([]uint32{1, 2, 3, 4, 5, 8}).Draw(t, "max entries")
	switch {
	case s.Keyless():
	case s.Array(), typ == bpf.MapProgArray, typ == bpf.MapArrayOfMaps:
		s.KeySize = 4
	case typ == bpf.MapLPMTrie:
		s.KeySize = rapid.SampledFrom([]uint32{5, 6, 8, 12, 20}).Draw(t, "key size")
		s.Flags = bpf.FlagNoPrealloc
	default:
		s.KeySize = rapid.SampledFrom([]uint32{1, 2, 3, 4, 5, 8, 13, 16, 24, 64}).Draw(t, "key size")
		if !s.LRU() {
			s.Flags = rapid.SampledFrom([]uint32{0, bpf.FlagNoPrealloc, bpf.FlagZeroSeed}).Draw(t, "flags")
		}
	}
	switch {
	case s.Slots():
		s.ValueSize = 1 // of Op: the number of a program or map
	case typ == bpf.MapBloomFilter:
		s.Extra = rapid.SampledFrom([]uint64{0, 1, 3, 15}).Draw(t, "hash functions")
	case s.LRU():
		s.MaxEntries = rapid.SampledFrom([]uint32{1, 2, 4, 7, 16}).Draw(t, "max entries")
	}
	if s.Ring() {
		s.ValueSize, s.MaxEntries = 0, rapid.SampledFrom([]uint32{4096, 8192}).Draw(t, "bytes")
		return s
	}
	if rapid.IntRange(0, 15).Draw(t, "access") == 0 {
		s.Flags |= rapid.SampledFrom([]uint32{bpf.FlagRdonly, bpf.FlagWronly}).Draw(t, "access flag")
	}
	return s
}

// DrawLock lets some values of types that can have one have a lock.
func DrawLock(t *rapid.T, s Spec) Spec {
	can := (s.Type == bpf.MapArray || s.Type == bpf.MapHash) && s.Platform != bpf.Windows && s.ValueSize >= 12
	if can && rapid.IntRange(0, 2).Draw(t, "lock?") == 0 {
		s.Lock = 1 + rapid.SampledFrom([]uint32{0, 4, 8, s.ValueSize - 4}).Draw(t, "lock")
	}
	return s
}

// CodesOf are the operations that are tried on maps of a type: all of hosts,
// and those of programs that the verifier lets through.
func CodesOf(s Spec) []Code {
	codes := []Code{Lookup, Lookup, Update, Update, Update, Delete, NextKey, Take, Walk, Count, UpdateBatch, LookupBatch, TakeBatch, DeleteBatch, Freeze}
	switch {
	case s.Slots():
		codes = []Code{Lookup, Update, Update, Update, Delete, NextKey, Take, Freeze}
		if s.Type == bpf.MapHashOfMaps {
			codes = append(codes, Walk)
		}
		if s.Type != bpf.MapProgArray {
			codes = append(codes, ProgLookup, ProgLookup)
		}
		return codes
	case s.Ring():
		codes = []Code{Lookup, Update, Delete, NextKey, Take, Count, RingRead, RingRead, RingRead, RingOutput, RingOutput, RingOutput}
		if s.Platform != bpf.Windows {
			codes = append(codes, RingReserve, RingReserve, RingQuery)
		}
		return codes
	case s.Keyless():
		codes = append(codes, ProgPush, ProgPush, ProgPeek)
		if s.Type != bpf.MapBloomFilter {
			codes = append(codes, ProgPop)
		}
		return codes
	case s.Type == bpf.MapLPMTrie:
		return append(codes, ProgLookup, ProgLookup, ProgStore, ProgUpdate, ProgUpdate, ProgDelete)
	}
	codes = append(codes, ProgLookup, ProgStore, ProgUpdate, ProgUpdate, ProgDelete, ProgEach)
	if s.PerCPU() {
		codes = append(codes, ProgLookupAt)
	}
	return codes
}

// Op draws an operation.
func (d *Draw) Op(t *rapid.T) Op {
	op := Op{Code: rapid.SampledFrom(d.Codes).Draw(t, "operation")}
	if op.Code == Freeze && rapid.IntRange(0, 9).Draw(t, "freeze") != 0 {
		op.Code = Lookup // what follows would be refused
	}
	if op.Code >= ProgLookup {
		op.CPU = rapid.IntRange(0, d.CPUs-1).Draw(t, "CPU")
	}
	switch op.Code {
	case Lookup, ProgPeek:
		op.Key, op.Flags = d.key(t), d.rare(t)
		if d.Type == bpf.MapBloomFilter {
			op.Value = d.value(t, d.HostSize())
		}
		if op.Code == ProgPeek {
			op.Key, op.Flags = nil, 0
		}
	case Update:
		op.Key, op.Value, op.Flags = d.key(t), d.value(t, d.HostSize()), d.flags(t)
	case Delete, ProgLookup, ProgDelete:
		op.Key = d.key(t)
	case NextKey:
		if op.Key = d.key(t); rapid.IntRange(0, 3).Draw(t, "first") == 0 {
			op.Key = nil
		}
	case Take:
		op.Key, op.Flags = d.key(t), d.rare(t)
	case ProgStore:
		op.Key, op.Value = d.key(t), (&base{Spec: d.Spec}).unlocked(d.value(t, int(d.ValueSize)))
	case ProgUpdate:
		op.Key, op.Value, op.Flags = d.key(t), d.value(t, int(d.ValueSize)), d.flags(t)
	case ProgPush:
		op.Value, op.Flags = d.value(t, int(d.ValueSize)), d.flags(t)
	case ProgLookupAt:
		op.Key, op.At = d.key(t), rapid.SampledFrom([]uint64{0, 1, uint64(d.Spec.CPUs) - 1, uint64(d.Spec.CPUs), 1<<32 - 1}).Draw(t, "of CPU")
	case UpdateBatch, DeleteBatch, LookupBatch, TakeBatch:
		d.batch(t, &op)
	case RingOutput, RingReserve, RingQuery:
		d.ring(t, &op)
	}
	return op
}

func (d *Draw) ring(t *rapid.T, op *Op) {
	switch op.Code {
	case RingOutput:
		op.Value = d.value(t, rapid.SampledFrom([]int{0, 1, 7, 8, 9, 64, 100}).Draw(t, "bytes"))
		op.N = rapid.SampledFrom([]int{1, 1, 2, 20, 60}).Draw(t, "times")
		if !d.Legal {
			op.Flags = rapid.SampledFrom([]uint64{0, 0, 0, 1, 2, 3, 4, 1 << 32}).Draw(t, "flags")
		}
	case RingReserve:
		op.Value, op.At = d.value(t, RingReserved), uint64(rapid.IntRange(0, numRingEnds-1).Draw(t, "end"))
	case RingQuery:
		op.At = uint64(rapid.IntRange(0, 6).Draw(t, "what"))
	}
}

func (d *Draw) batch(t *rapid.T, op *Op) {
	op.N = rapid.IntRange(1, int(d.MaxEntries)+2).Draw(t, "elements")
	if op.Code == LookupBatch || op.Code == TakeBatch {
		return
	}
	if op.Code == UpdateBatch {
		op.Flags = d.rare(t)
	}
	for range op.N {
		op.Keys = append(op.Keys, d.key(t))
		if op.Code == UpdateBatch {
			op.Values = append(op.Values, d.value(t, d.HostSize()))
		}
	}
}

// rare draws flags of an operation that has hardly any.
func (d *Draw) rare(t *rapid.T) uint64 {
	if d.Legal || d.Slots() || rapid.IntRange(0, 15).Draw(t, "flags?") != 0 {
		return 0
	}
	return rapid.SampledFrom([]uint64{1, 2, bpf.UpdateLock, 8, 1 << 63}).Draw(t, "flags")
}

// flags draws flags of an update.
func (d *Draw) flags(t *rapid.T) uint64 {
	few := []uint64{0, 0, 0, 0, bpf.UpdateNoExist, bpf.UpdateExist}
	if d.Legal {
		return rapid.SampledFrom(few).Draw(t, "flags")
	}
	return rapid.SampledFrom(append(few, 3, bpf.UpdateLock, bpf.UpdateLock|1, 8, 1<<32, 1<<63)).Draw(t, "flags")
}

// key draws a key; nil when the type has none.
func (d *Draw) key(t *rapid.T) []byte {
	n := rapid.IntRange(0, 2*int(min(d.MaxEntries, 8))+1).Draw(t, "key")
	switch {
	case d.Keyless():
		return nil
	case d.Array(), d.Type == bpf.MapProgArray, d.Type == bpf.MapArrayOfMaps:
		if n == 2*int(d.MaxEntries)+1 {
			n = 1<<32 - 1
		}
		return binary.LittleEndian.AppendUint32(nil, uint32(n))[:d.KeySize]
	case d.Type == bpf.MapLPMTrie:
		return d.prefix(t)
	}
	return Key(n, int(d.KeySize))
}

// Key is key number n: the number is in the first and in the last byte, what is
// between depends on whether it is odd.
func Key(n, size int) []byte {
	k := make([]byte, size)
	for i := range k {
		k[i] = byte(n&1) * byte(i)
	}
	k[0], k[size-1] = byte(n>>3), byte(n)
	return k
}

// prefix draws a prefix of few different bits, now and then one that is too
// long.
func (d *Draw) prefix(t *rapid.T) []byte {
	k := make([]byte, d.KeySize)
	most := 8 * (int(d.KeySize) - 4)
	n := rapid.SampledFrom([]int{0, 1, 2, 7, 8, 9, most - 1, most, most, most}).Draw(t, "prefix length")
	if !d.Legal && rapid.IntRange(0, 31).Draw(t, "too long") == 0 {
		n = rapid.SampledFrom([]int{most + 1, 1<<32 - 1}).Draw(t, "length")
	}
	binary.LittleEndian.PutUint32(k, uint32(n))
	k[4] = rapid.SampledFrom([]byte{0, 0x80, 0xc0, 0xc1, 0xff}).Draw(t, "first byte")
	k[len(k)-1] |= rapid.SampledFrom([]byte{0, 1, 2}).Draw(t, "last byte")
	return k
}

// Pieces is how many programs or maps there are for maps that hold such, from
// number 1 on.
const Pieces = 3

// value draws a value: its bytes count up from a number, so that parts of two
// values differ. Of values of many CPUs, each begins with another number.
func (d *Draw) value(t *rapid.T, size int) []byte {
	v := make([]byte, size)
	if d.Slots() {
		return []byte{byte(rapid.IntRange(1, Pieces).Draw(t, "piece"))}
	}
	tag := byte(rapid.IntRange(1, 255).Draw(t, "value"))
	if d.Type == bpf.MapBloomFilter {
		tag %= 8
	}
	for i := range v {
		v[i] = tag + byte(i)
	}
	if d.PerCPU() && size == d.HostSize() {
		return (&base{Spec: d.Spec}).pad(v)
	}
	return v
}
