package model

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// hash is HASH and PERCPU_HASH.
type hash struct {
	base
	elems map[string][]byte // of HostSize bytes
}

func newHash(b base) *hash { return &hash{b, map[string][]byte{}} }

// Step implements Model.
func (h *hash) Step(op Op, got Result) error {
	if err, done := h.gate(op, got); done {
		return err
	}
	switch op.Code {
	case Walk:
		return h.elements(h.elems, got)
	case NextKey:
		return h.next(op, got)
	case ProgEach:
		return h.each(op, got)
	case LookupBatch, TakeBatch:
		return h.batch(op, got)
	}
	return Differs(h.step(op), h.tidy(got))
}

func (h *hash) step(op Op) Result {
	v, ok := h.elems[string(op.Key)]
	switch op.Code {
	case Update, ProgUpdate:
		return h.update(op)
	case UpdateBatch, DeleteBatch:
		return h.list(op)
	case Count:
		return Result{N: len(h.elems)}
	case ProgLookup, ProgStore, ProgLookupAt:
		return h.progLookup(op, v)
	}
	switch {
	case op.Code != Lookup && op.Code != Delete && op.Code != Take && op.Code != ProgDelete:
		return unsupported(&h.base, op)
	case op.Code == Take && h.flags(op) != 0:
		return Result{Errno: bpf.EINVAL}
	case !ok:
		return h.fails(op, bpf.ENOENT)
	}
	if op.Code != Lookup {
		delete(h.elems, string(op.Key))
	}
	if op.Code == Lookup || op.Code == Take {
		return Result{Value: v}
	}
	return Result{}
}

func (h *hash) progLookup(op Op, v []byte) Result {
	cpu := op.CPU
	if op.Code == ProgLookupAt {
		if !h.PerCPU() || op.At >= uint64(h.CPUs) {
			return Result{}
		}
		cpu = int(op.At)
	}
	switch {
	case v == nil:
		return Result{}
	case op.Code == ProgStore:
		copy(h.own(v, cpu), op.Value)
		return Result{R0: 1}
	}
	return Result{R0: 1, Value: append([]byte{}, h.own(v, cpu)...)}
}

// refusal is the error of an update.
func (h *hash) refusal(op Op, exists bool) bpf.Errno {
	switch flags := h.flags(op); {
	case badFlags(flags):
		return bpf.EINVAL
	case flags == bpf.UpdateNoExist && exists:
		return bpf.EEXIST
	case flags == bpf.UpdateExist && !exists:
		return bpf.ENOENT
	}
	return 0
}

func (h *hash) update(op Op) Result {
	v, exists := h.elems[string(op.Key)]
	e := h.refusal(op, exists)
	if e == 0 && !exists && len(h.elems) >= int(h.MaxEntries) {
		e = h.full()
	}
	if e != 0 {
		return h.fails(op, e)
	}
	h.elems[string(op.Key)] = h.stored(op, v)
	return Result{}
}

// full is the error of a new key in a map with max_entries of them.
func (h *hash) full() bpf.Errno {
	if h.Type == bpf.MapLPMTrie {
		return h.choose(bpf.ENOSPC, bpf.E2BIG)
	}
	return bpf.E2BIG
}

// stored is the value that is there after an update; old is nil when the key
// is new.
func (h *hash) stored(op Op, old []byte) []byte {
	v := make([]byte, h.HostSize())
	if op.Code == Update {
		copy(v, h.pad(op.Value))
		return v
	}
	copy(v, old)
	copy(h.own(v, op.CPU), h.unlocked(op.Value))
	return v
}

// next: any key may follow, but none follows itself.
func (h *hash) next(op Op, got Result) error {
	_, known := h.elems[string(op.Key)]
	known = known && op.Key != nil
	switch {
	case got.Errno == bpf.ENOENT && (len(h.elems) == 0 || known):
		return nil // Walk finds whether it was the last
	case got.Errno != 0:
		return fmt.Errorf("got %v, there are %d keys", got, len(h.elems))
	case h.elems[string(got.Key)] == nil:
		return fmt.Errorf("got %v, which is not in the map", got)
	case known && string(op.Key) == string(got.Key):
		return fmt.Errorf("got %v, which is the key itself", got)
	}
	return nil
}

func (h *hash) each(op Op, got Result) error {
	own := map[string][]byte{}
	for k, v := range h.elems {
		own[k] = h.own(v, op.CPU)
	}
	if got.R0 != int64(len(own)) {
		return fmt.Errorf("got %v, there are %d keys", got, len(own))
	}
	flat := base{Spec: Spec{ValueSize: h.ValueSize}}
	return flat.elements(own, got)
}

// batch compares with all elements; those that are taken go.
func (h *hash) batch(op Op, got Result) error {
	if err := h.elements(h.elems, got); err != nil {
		return err
	}
	if op.Code == TakeBatch {
		clear(h.elems)
	}
	return nil
}

// list does the elements of a batch in order, up to the first error.
func (h *hash) list(op Op) Result {
	for n, k := range op.Keys {
		one := Op{Code: Delete, Key: k, Flags: op.Flags}
		if op.Code == UpdateBatch {
			one.Code, one.Value = Update, op.Values[n]
		}
		if r := h.step(one); r.Errno != 0 {
			return Result{Errno: r.Errno, N: n}
		}
	}
	return Result{N: len(op.Keys)}
}
