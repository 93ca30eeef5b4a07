package model

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
)

// slots is PROG_ARRAY, ARRAY_OF_MAPS and HASH_OF_MAPS: values are one byte, the
// number of a program or of a map that the test has. Programs read through a
// map that they find, so a lookup gives the number, too.
type slots struct {
	hash
	array bool
}

func newSlots(b base) *slots { return &slots{*newHash(b), b.Type != bpf.MapHashOfMaps} }

// Slots reports whether values are programs or maps.
func (s Spec) Slots() bool {
	return s.Type == bpf.MapProgArray || s.Type == bpf.MapArrayOfMaps || s.Type == bpf.MapHashOfMaps
}

// Step implements Model.
func (s *slots) Step(op Op, got Result) error {
	if err, done := s.gate(op, got); done {
		return err
	}
	switch {
	case op.Code == ProgLookup:
		if v := s.elems[string(op.Key)]; v != nil {
			return Differs(Result{R0: 1, Value: v}, got)
		}
		return Differs(Result{}, got)
	case op.Code == NextKey && !s.array:
		return s.next(op, got)
	case op.Code == Walk && !s.array:
		return s.elements(s.elems, got)
	}
	return Differs(s.step(op), got)
}

func (s *slots) step(op Op) Result {
	v := s.elems[string(op.Key)]
	switch op.Code {
	case Lookup:
		if v == nil {
			return Result{Errno: bpf.ENOENT}
		}
		return Result{Value: v}
	case Update:
		return s.update(op)
	case Delete:
		return s.erase(op)
	case ProgDelete:
		if s.Type == bpf.MapProgArray {
			return Result{R0: s.r0(s.erase(op).Errno)}
		}
	case NextKey: // of arrays
		a := array{base: s.base, elems: make([][]byte, s.MaxEntries)}
		return a.next(op.Key)
	}
	return unsupported(&s.base, op)
}

func (s *slots) update(op Op) Result {
	switch {
	case !s.array:
		if badFlags(op.Flags) {
			return Result{Errno: bpf.EINVAL}
		}
		r := s.hash.update(op)
		return r
	case op.Flags != 0 && (op.Flags != bpf.UpdateExist || s.Platform != bpf.Windows):
		return Result{Errno: bpf.EINVAL}
	case index(op.Key) >= uint64(s.MaxEntries):
		return Result{Errno: s.choose(bpf.E2BIG, bpf.EINVAL)}
	}
	s.elems[string(op.Key)] = append([]byte{}, op.Value...)
	return Result{}
}

func (s *slots) erase(op Op) Result {
	_, there := s.elems[string(op.Key)]
	delete(s.elems, string(op.Key))
	switch {
	case there:
		return Result{}
	case s.array && index(op.Key) >= uint64(s.MaxEntries):
		return Result{Errno: s.choose(bpf.E2BIG, bpf.EINVAL)}
	case s.array:
		return Result{Errno: s.choose(bpf.ENOENT, 0)}
	}
	return Result{Errno: bpf.ENOENT}
}
