package model

import (
	"encoding/binary"
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// array is ARRAY and PERCPU_ARRAY.
type array struct {
	base
	elems [][]byte // of HostSize bytes
}

func newArray(b base) *array {
	a := &array{base: b}
	for range b.MaxEntries {
		a.elems = append(a.elems, make([]byte, b.HostSize()))
	}
	return a
}

// Step implements Model.
func (a *array) Step(op Op, got Result) error {
	if err, done := a.gate(op, got); done {
		return err
	}
	switch op.Code {
	case Walk, LookupBatch:
		return a.inOrder(got, a.HostSize())
	case ProgEach:
		return a.each(op, got)
	}
	return Differs(a.step(op), a.tidy(got))
}

func (a *array) step(op Op) Result {
	i := index(op.Key)
	in := i < uint64(len(a.elems))
	switch op.Code {
	case Lookup:
		if !in {
			return Result{Errno: bpf.ENOENT}
		}
		return Result{Value: a.elems[i]}
	case ProgLookup, ProgStore, ProgLookupAt:
		return a.lookup(op, i)
	case Update:
		if e := a.refuses(op, i); e != 0 {
			return Result{Errno: e}
		}
		a.elems[i] = a.pad(op.Value)
	case ProgUpdate:
		if e := a.refuses(op, i); e != 0 {
			return Result{R0: a.r0(e)}
		}
		copy(a.own(a.elems[i], op.CPU), a.unlocked(op.Value))
	case Delete, ProgDelete:
		return a.erase(op, i)
	case NextKey:
		return a.next(op.Key)
	case Count:
		return Result{N: len(a.elems)}
	case UpdateBatch, DeleteBatch:
		return a.list(op)
	default:
		return unsupported(&a.base, op)
	}
	return Result{}
}

func (a *array) lookup(op Op, i uint64) Result {
	cpu := op.CPU
	if op.Code == ProgLookupAt {
		if !a.PerCPU() || op.At >= uint64(a.CPUs) {
			return Result{}
		}
		cpu = int(op.At)
	}
	if i >= uint64(len(a.elems)) {
		return Result{}
	}
	if op.Code == ProgStore {
		copy(a.own(a.elems[i], cpu), op.Value)
		return Result{R0: 1}
	}
	return Result{R0: 1, Value: append([]byte{}, a.own(a.elems[i], cpu)...)}
}

// refuses is the error of an update, in the order in which Linux looks.
func (a *array) refuses(op Op, i uint64) bpf.Errno {
	switch {
	case badProgFlags(op.Flags):
		return bpf.EINVAL
	case i >= uint64(len(a.elems)):
		return a.choose(bpf.E2BIG, bpf.EINVAL)
	case op.Flags&bpf.UpdateNoExist != 0:
		return a.choose(bpf.EEXIST, bpf.EINVAL)
	case op.Flags&bpf.UpdateLock != 0 && a.Lock == 0:
		return bpf.EINVAL
	}
	return 0
}

func (a *array) erase(op Op, i uint64) Result {
	if a.Platform != bpf.Windows || i >= uint64(len(a.elems)) {
		return a.fails(op, bpf.EINVAL)
	}
	clear(a.elems[i])
	return Result{}
}

func (a *array) next(key []byte) Result {
	n := uint64(0)
	if i := index(key); key != nil && (i < uint64(len(a.elems)) || a.Platform == bpf.Windows) {
		n = i + 1
	}
	if n >= uint64(len(a.elems)) {
		return Result{Errno: bpf.ENOENT}
	}
	return Result{Key: a.key(n)}
}

// key is the key of an index: little-endian, padded with zeroes or cut.
func (a *array) key(i uint64) []byte {
	k := binary.LittleEndian.AppendUint64(nil, i)
	for len(k) < int(a.KeySize) {
		k = append(k, 0)
	}
	return k[:a.KeySize]
}

// inOrder compares with all elements in the order of their indices.
func (a *array) inOrder(got Result, size int) error {
	want := Result{N: got.N}
	for i := range a.elems {
		want.Keys = append(want.Keys, a.key(uint64(i)))
		want.Values = append(want.Values, a.elems[i][:size])
	}
	return Differs(want, a.tidy(got))
}

func (a *array) each(op Op, got Result) error {
	want := Result{R0: int64(len(a.elems))}
	for i := range a.elems {
		want.Keys = append(want.Keys, binary.LittleEndian.AppendUint32(nil, uint32(i)))
		want.Values = append(want.Values, a.own(a.elems[i], op.CPU))
	}
	if err := Differs(want, got); err != nil {
		return fmt.Errorf("each: %w", err)
	}
	return nil
}

// list does the elements of a batch in order, up to the first error.
func (a *array) list(op Op) Result {
	for n, k := range op.Keys {
		one := Op{Code: Delete, Key: k}
		if op.Code == UpdateBatch {
			one = Op{Code: Update, Key: k, Value: op.Values[n], Flags: op.Flags}
		}
		if r := a.step(one); r.Errno != 0 {
			return Result{Errno: r.Errno, N: n}
		}
	}
	return Result{N: len(op.Keys)}
}
