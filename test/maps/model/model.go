package model

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// Model knows what is in a map.
type Model interface {
	// Step says what is wrong with an operation's result and remembers what
	// the operation changed.
	Step(op Op, got Result) error
}

// New makes the model of an empty map; nil for types that have none.
func New(s Spec) Model {
	b := base{Spec: s}
	switch {
	case s.Array():
		return newArray(b)
	case s.Type == bpf.MapHash, s.Type == bpf.MapPercpuHash:
		return newHash(b)
	case s.LRU():
		return newLRU(b)
	case s.Type == bpf.MapQueue, s.Type == bpf.MapStack:
		return &line{base: b}
	case s.Type == bpf.MapLPMTrie:
		return newTrie(b)
	case s.Slots():
		return newSlots(b)
	case s.Ring():
		return &ring{base: b}
	case s.Type == bpf.MapBloomFilter:
		return &bloom{base: b, in: map[string]bool{}}
	}
	return nil
}

// base is what models share.
type base struct {
	Spec
	frozen bool
}

// reads and writes are the operations that need permission to.
var (
	reads  = map[Code]bool{Lookup: true, NextKey: true, Take: true, Walk: true, LookupBatch: true, TakeBatch: true}
	writes = map[Code]bool{Update: true, Delete: true, Take: true, UpdateBatch: true, DeleteBatch: true, TakeBatch: true}
)

// gate is what the map refuses or does whatever its type. It reports whether
// that settles the operation, and what is wrong with the result.
func (b *base) gate(op Op, got Result) (error, bool) {
	var errno bpf.Errno
	switch {
	case (op.Code == Lookup || op.Code == Take) && op.Flags&^bpf.UpdateLock != 0:
		errno = bpf.EINVAL
	case op.Code == Freeze && b.Lock != 0:
		errno = bpf.ENOTSUP // Linux looks at the value before it looks at rights
	case b.denies(op):
		errno = bpf.EPERM
	case op.Code == Freeze:
		b.frozen = true
	case batches[op.Code] && !b.batches(op.Code):
		errno = bpf.ENOTSUP
	case op.Code == UpdateBatch && op.Flags&^b.batchFlags() != 0:
		errno = bpf.EINVAL
	case (op.Code == Lookup || op.Code == Update || op.Code == Take) && op.Flags&bpf.UpdateLock != 0 && b.Lock == 0:
		errno = bpf.EINVAL // no struct bpf_spin_lock in the value
	default:
		return nil, false
	}
	// Which of two faults is found first, nobody promises.
	if op.Flags != 0 && (b.denies(op) && got.Errno == bpf.EPERM || b.lacks(op) && got.Errno == bpf.ENOTSUP) {
		return nil, true
	}
	return Differs(Result{Errno: errno}, got), true
}

// batches are the operations on many keys.
var batches = map[Code]bool{LookupBatch: true, TakeBatch: true, UpdateBatch: true, DeleteBatch: true}

// batches reports whether the type has an operation on many keys.
func (b *base) batches(c Code) bool {
	switch {
	case b.Keyless(), b.Slots():
		return false
	case b.Platform == bpf.Windows:
		return c != TakeBatch || !b.Array() // which refuse it key by key
	case b.Array():
		return c == LookupBatch || c == UpdateBatch
	}
	return c != TakeBatch || b.Type != bpf.MapLPMTrie
}

// batchFlags are the flags that a batched update may have.
func (b *base) batchFlags() uint64 {
	switch {
	case b.Platform == bpf.Windows:
		return bpf.UpdateNoExist | bpf.UpdateExist
	case b.Lock != 0:
		return bpf.UpdateLock
	}
	return 0
}

// denies reports whether hosts may not do the operation.
func (b *base) denies(op Op) bool {
	return reads[op.Code] && b.Flags&bpf.FlagWronly != 0 ||
		writes[op.Code] && (b.frozen || b.Flags&bpf.FlagRdonly != 0) ||
		op.Code == Freeze && (b.frozen || b.Flags&bpf.FlagRdonly != 0)
}

// lacks reports whether the type has no such operation.
func (b *base) lacks(op Op) bool {
	return b.Ring() || op.Code == Take && (b.Slots() || b.Ring() || b.Array() || b.Bloom() || b.Type == bpf.MapLPMTrie)
}

// unsupported is the result of an operation that the type does not have.
func unsupported(b *base, op Op) Result {
	if op.Code >= ProgLookup {
		return Result{R0: b.r0(bpf.ENOTSUP)}
	}
	return Result{Errno: bpf.ENOTSUP}
}

// fails is the result of an operation that fails with e.
func (b *base) fails(op Op, e bpf.Errno) Result {
	if op.Code >= ProgLookup {
		return Result{R0: b.r0(e)}
	}
	return Result{Errno: e}
}

// own is the part of a host's value that a CPU has.
func (b *base) own(value []byte, cpu int) []byte {
	if !b.PerCPU() {
		return value
	}
	return value[cpu*b.Step():][:b.ValueSize]
}

// unlocked is a value whose lock nobody has: neither reads nor updates give it
// another.
func (b *base) unlocked(value []byte) []byte {
	if b.Lock == 0 || len(value) != int(b.ValueSize) {
		return value
	}
	out := append([]byte{}, value...)
	clear(out[b.Lock-1 : b.Lock+3])
	return out
}

// pad makes the bytes between the values of CPUs zero, because nobody promises
// what they are, and locks.
func (b *base) pad(value []byte) []byte {
	value = b.unlocked(value)
	if !b.PerCPU() || len(value) != b.HostSize() {
		return value
	}
	out := make([]byte, len(value))
	for c := range b.CPUs {
		copy(b.own(out, c), b.own(value, c))
	}
	return out
}

// tidy is a result with padding made zero.
func (b *base) tidy(r Result) Result {
	if r.Value != nil {
		r.Value = b.pad(r.Value)
	}
	values := make([][]byte, len(r.Values))
	for i, v := range r.Values {
		values[i] = b.pad(v)
	}
	r.Values = values
	return r
}

// badFlags reports whether an update's flags are none of the three.
func badFlags(flags uint64) bool { return flags > bpf.UpdateExist }

// flags are an operation's flags without F_LOCK where values have a lock.
func (b *base) flags(op Op) uint64 {
	if b.Lock != 0 {
		return op.Flags &^ bpf.UpdateLock
	}
	return op.Flags
}

// badProgFlags is badFlags of a program: F_LOCK is looked at later.
func badProgFlags(flags uint64) bool { return flags&^bpf.UpdateLock > bpf.UpdateExist }

// elements compares a walk in any order with what there is.
func (b *base) elements(all map[string][]byte, got Result) error {
	if got.Errno != 0 {
		return fmt.Errorf("got %v, want %d elements", got, len(all))
	}
	seen := map[string]bool{}
	for i, k := range got.Keys {
		v, ok := all[string(k)]
		switch {
		case !ok:
			return fmt.Errorf("key %x is not in the map: %v", k, got)
		case seen[string(k)]:
			return fmt.Errorf("key %x comes twice: %v", k, got)
		case i >= len(got.Values) || !bytes.Equal(b.pad(got.Values[i]), v):
			return fmt.Errorf("key %x: want value %s: %v", k, short(v), got)
		}
		seen[string(k)] = true
	}
	for k := range all {
		if !seen[k] {
			return fmt.Errorf("key %x does not come: %v", k, got)
		}
	}
	return nil
}

// index is the index that an array's key is: its first four bytes.
func index(key []byte) uint64 {
	var b [4]byte
	copy(b[:], key)
	return uint64(binary.LittleEndian.Uint32(b[:]))
}
