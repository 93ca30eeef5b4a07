package drive

import (
	"errors"
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
	"github.com/bpf2go-native/bpf2go-native/test/maps/model"
)

// makePieces makes the programs or the inner maps that the map holds. Inner map
// number n is an array whose value is n.
func (n *Native) makePieces(object *rtlib.ObjectSpec, spec *rtlib.MapSpec) error {
	spec.ValueSize = 4
	if n.Spec.Type == bpf.MapProgArray {
		for k := range model.Pieces {
			object.Programs = append(object.Programs, rtlib.ProgramSpec{
				Name: fmt.Sprintf("piece%d", k+1), Hook: "raw", Engine: "go", Entry: func(*abi.Frame) uint64 { return uint64(k) + 1 },
			})
		}
		return nil
	}
	spec.Inner = &rtlib.MapSpec{Name: "inner", Type: bpf.MapArray, KeySize: 4, ValueSize: 1, MaxEntries: 1}
	for k := range model.Pieces {
		m, err := rtlib.NewMapFor(n.Spec.Platform, *spec.Inner)
		if err == nil {
			n.inner = append(n.inner, m)
			err = m.Update(make([]byte, 4), []byte{byte(k + 1)}, 0)
		}
		if err != nil {
			return errors.Join(err, n.closePieces())
		}
	}
	return nil
}

// closePieces closes the inner maps. That nobody else holds them any more, Close
// of the outer map has seen to.
func (n *Native) closePieces() (err error) {
	for k, m := range n.inner {
		err = errors.Join(err, m.Close())
		if _, closed := Errno(m.Delete(make([]byte, 4))); closed == nil {
			err = errors.Join(err, fmt.Errorf("inner map %d is open after all that held it were closed", k+1))
		}
	}
	return err
}

// slots does a host's operation on a map of programs or maps.
func (h *Hand) slots(op model.Op) (r model.Result, err error) {
	m := h.n.Map
	switch op.Code {
	case model.Lookup:
		if op.Flags != 0 {
			r.Errno, err = Errno(m.LookupFlags(op.Key, make([]byte, 4), op.Flags))
			return r, err
		}
		return h.piece(op.Key)
	case model.Update:
		r.Errno, err = Errno(h.store(op))
	case model.Delete:
		r.Errno, err = Errno(m.Delete(op.Key))
	case model.NextKey:
		next := make([]byte, h.n.Spec.KeySize)
		if r.Errno, err = Errno(m.NextKey(op.Key, next)); r.Errno == 0 {
			r.Key = next
		}
	case model.Take:
		r.Errno, err = Errno(m.LookupAndDelete(op.Key, make([]byte, 4), op.Flags))
	case model.Walk:
		return h.walkWith(h.piece)
	default:
		return h.batch(op)
	}
	return r, err
}

func (h *Hand) store(op model.Op) error {
	k := int(op.Value[0])
	if h.n.Spec.Type == bpf.MapProgArray {
		return h.n.Map.UpdateProgram(op.Key, h.n.inst.Program(fmt.Sprintf("piece%d", k)), op.Flags, nil)
	}
	return h.n.Map.UpdateMap(op.Key, h.n.inner[k-1], op.Flags)
}

// piece is the number of what a key has.
func (h *Hand) piece(key []byte) (r model.Result, err error) {
	if h.n.Spec.Type == bpf.MapProgArray {
		p, _, failed := h.n.Map.LookupProgram(key)
		if r.Errno, err = Errno(failed); p != nil {
			r.Value = []byte{p.Name()[len("piece")] - '0'}
		}
		return r, err
	}
	inner, failed := h.n.Map.LookupMap(key)
	if r.Errno, err = Errno(failed); inner != nil {
		defer inner.Release()
		r.Value = make([]byte, 1)
		err = inner.Lookup(make([]byte, 4), r.Value)
	}
	return r, err
}

// through is a program's lookup of the number in the inner map.
func (h *Hand) through(fr *abi.Frame, m, key uint64) (r model.Result, err error) {
	list := map[bpf.MapType][]find{
		bpf.MapArrayOfMaps: {rtlib.MapLookupElem, rtlib.ArrayOfMapsLookup},
		bpf.MapHashOfMaps:  {rtlib.MapLookupElem, rtlib.HashOfMapsLookup},
	}[h.n.Spec.Type]
	sized := map[uint32]find{4: rtlib.HashOfMapsLookup4, 8: rtlib.HashOfMapsLookup8, 16: rtlib.HashOfMapsLookup16}
	if f := sized[h.n.Spec.KeySize]; f != nil && h.n.Spec.Type == bpf.MapHashOfMaps {
		list = append(list, f)
	}
	inner := list[h.skew%len(list)](fr, m, key)
	if inner == 0 {
		return r, nil
	}
	addr := rtlib.MapLookupElem(fr, inner, h.put(fr, valueAt, make([]byte, 4)))
	if addr == 0 {
		return r, errors.New("the inner map has no value")
	}
	return model.Result{R0: 1, Value: Bytes(addr, 1)}, nil
}
