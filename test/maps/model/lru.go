package model

import (
	"bytes"
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// lru is LRU_HASH and LRU_PERCPU_HASH. Which key goes for a new one is the
// implementation's choice, so every key but the new one may have gone: doubtful
// has those of which nothing was heard since the last key was given up.
//
// A program's update of a doubtful key, which writes one CPU's value, leaves two
// possible values: that of a new key, in elems, and that of an old one, in
// older.
type lru struct {
	hash
	doubtful map[string]bool
	older    map[string][]byte
}

func newLRU(b base) *lru { return &lru{*newHash(b), map[string]bool{}, map[string][]byte{}} }

// Step implements Model.
func (l *lru) Step(op Op, got Result) error {
	if err, done := l.gate(op, got); done {
		return err
	}
	if len(l.elems)-len(l.doubtful) > int(l.MaxEntries) {
		return fmt.Errorf("there are %d keys, max_entries is %d", len(l.elems)-len(l.doubtful), l.MaxEntries)
	}
	update := op.Code == Update || op.Code == ProgUpdate
	if l.Early && update && !badFlags(op.Flags) {
		l.doubt() // also when it is refused: the element comes first
	}
	l.settle(op, got)
	switch op.Code {
	case Walk, LookupBatch, TakeBatch, ProgEach:
		l.learn(got)
		if len(l.elems) > int(l.MaxEntries) {
			return fmt.Errorf("got %v, max_entries is %d", got, l.MaxEntries)
		}
	case Count:
		if got.N < len(l.elems)-len(l.doubtful) || got.N > min(len(l.elems), int(l.MaxEntries)) {
			return fmt.Errorf("got %v, there are %d keys, of which %d may have gone", got, len(l.elems), len(l.doubtful))
		}
		return nil
	case NextKey:
		return l.next(op, got)
	case UpdateBatch, DeleteBatch:
		return l.list(op, got)
	default:
		l.hear(op, got)
	}
	if update {
		return Differs(l.update(op), got)
	}
	if older := l.older[string(op.Key)]; older != nil && op.Code == ProgStore && got.R0 == 1 {
		copy(l.own(older, op.CPU), op.Value)
	}
	return l.hash.Step(op, got)
}

// doubt makes all keys doubtful.
func (l *lru) doubt() {
	for k := range l.elems {
		l.doubtful[k] = true
	}
}

// settle finds out which of two possible values is there from what was read.
func (l *lru) settle(op Op, got Result) {
	switch op.Code {
	case Lookup, Take:
		l.tell(string(op.Key), l.pad(got.Value), l.pad)
	case ProgLookup, ProgLookupAt:
		cpu := op.CPU
		if op.Code == ProgLookupAt {
			cpu = int(min(op.At, uint64(l.CPUs-1)))
		}
		l.tell(string(op.Key), got.Value, func(v []byte) []byte { return l.own(v, cpu) })
	case Walk, LookupBatch, TakeBatch:
		for i, k := range got.Keys {
			l.tell(string(k), l.pad(got.Values[i]), l.pad)
		}
	case ProgEach:
		for i, k := range got.Keys {
			l.tell(string(k), got.Values[i], func(v []byte) []byte { return l.own(v, op.CPU) })
		}
	}
}

// tell settles a key's value when the part that was read tells the two
// possible ones apart.
func (l *lru) tell(key string, read []byte, part func([]byte) []byte) {
	older := l.older[key]
	if older == nil || read == nil || bytes.Equal(part(older), part(l.elems[key])) {
		return
	}
	if bytes.Equal(part(older), read) {
		l.elems[key] = older
	}
	delete(l.older, key)
}

// gone forgets a key that was given up.
func (l *lru) gone(key string) {
	delete(l.older, key)
	delete(l.elems, key)
	delete(l.doubtful, key)
}

// hear settles from a result whether the operation's key was still there.
func (l *lru) hear(op Op, got Result) {
	key := string(op.Key)
	if !l.doubtful[key] {
		return
	}
	there := got.Errno == 0 && got.R0 == 0
	switch op.Code {
	case ProgLookup, ProgStore:
		there = got.R0 == 1
	case ProgLookupAt:
		if op.At >= uint64(l.CPUs) {
			return
		}
		there = got.R0 == 1
	case Update, ProgUpdate:
		switch op.Flags {
		case bpf.UpdateAny:
			return // it is there afterwards
		case bpf.UpdateNoExist:
			there = !there
		case bpf.UpdateExist:
		default:
			return
		}
	}
	if there {
		delete(l.doubtful, key)
	} else {
		l.gone(key)
	}
}

// learn settles all doubts from a walk.
func (l *lru) learn(got Result) {
	there := map[string]bool{}
	for _, k := range got.Keys {
		there[string(k)] = true
	}
	for k := range l.doubtful {
		if !there[k] {
			l.gone(k)
		}
	}
	clear(l.doubtful)
}

// update inserts always; what it cost is seen later.
func (l *lru) update(op Op) Result {
	key := string(op.Key)
	v, exists := l.elems[key]
	if e := l.refusal(op, exists); e != 0 {
		return l.fails(op, e)
	}
	doubtful := l.doubtful[key]
	if len(l.elems) >= int(l.MaxEntries) {
		l.doubt()
	}
	older := l.older[key]
	if older == nil {
		older = v
	}
	delete(l.older, key)
	if op.Code == ProgUpdate && l.PerCPU() && older != nil {
		l.older[key] = l.stored(op, older)
		if doubtful {
			v = nil
		}
	}
	l.elems[key] = l.stored(op, v)
	delete(l.doubtful, key)
	return Result{}
}

// next: keys of which nothing is known may be there.
func (l *lru) next(op Op, got Result) error {
	if got.Errno == bpf.ENOENT && len(l.elems) == len(l.doubtful) {
		return nil
	}
	if l.doubtful[string(op.Key)] {
		op.Key = nil
		if got.Errno == bpf.ENOENT {
			return nil
		}
	}
	if err := l.hash.next(op, got); err != nil {
		return err
	}
	delete(l.doubtful, string(got.Key))
	return nil
}

// list is hash.list with results that tell about the keys.
func (l *lru) list(op Op, got Result) error {
	for n, k := range op.Keys {
		one := Op{Code: Delete, Key: k, Flags: op.Flags}
		if op.Code == UpdateBatch {
			one.Code, one.Value = Update, op.Values[n]
		}
		r := Result{}
		if n == got.N {
			r.Errno = got.Errno
		}
		if err := l.Step(one, r); err != nil {
			return fmt.Errorf("element %d: %w", n, err)
		}
		if r.Errno != 0 {
			return nil
		}
	}
	return Differs(Result{N: len(op.Keys)}, got)
}
