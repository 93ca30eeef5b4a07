package drive

import (
	"errors"
	"fmt"
	"os"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
	"github.com/bpf2go-native/bpf2go-native/test/maps/model"
)

// ringRead reads the next record, by each of the two methods in turn.
func (h *Hand) ringRead() (r model.Result, err error) {
	h.skew++
	if h.skew%2 == 0 {
		r.Value, _, err = h.n.reader.ReadInto(nil)
	} else {
		err = h.n.reader.Read(func(record []byte, _ int) error {
			r.Value = append([]byte{}, record...)
			return nil
		})
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return model.Result{Errno: bpf.EAGAIN}, nil
	}
	r.N = 1
	return r, err
}

// ring does a program's operation on a ring.
func (h *Hand) ring(fr *abi.Frame, op model.Op) (r model.Result, err error) {
	m := abi.Map(fr, 0)
	switch op.Code {
	case model.RingQuery:
		r.R0 = int64(rtlib.RingbufQuery(fr, m, op.At))
	case model.RingOutput:
		for range op.N {
			data := h.put(fr, valueAt, op.Value)
			if r.R0 = int64(rtlib.RingbufOutput(fr, m, data, uint64(len(op.Value)), op.Flags)); r.R0 == 0 {
				r.N++
			}
		}
	case model.RingReserve:
		if op.At >= model.RingSubmitDynptr {
			return h.dynptr(fr, op)
		}
		record := rtlib.RingbufReserve(fr, m, uint64(len(op.Value)), 0)
		if record == 0 {
			return r, nil
		}
		r.R0 = 1
		Write(record, op.Value)
		if op.At == model.RingSubmit {
			rtlib.RingbufSubmit(fr, record, 0)
		} else {
			rtlib.RingbufDiscard(fr, record, 0)
		}
	}
	return r, nil
}

// dynptr writes and reads a record through a dynptr.
func (h *Hand) dynptr(fr *abi.Frame, op model.Op) (r model.Result, err error) {
	n := uint64(len(op.Value))
	d := h.put(fr, keyAt, nil)
	d += -d % 8 // dynptrs are aligned
	r.R0 = int64(rtlib.RingbufReserveDynptr(fr, abi.Map(fr, 0), n, 0, d))
	if r.R0 == 0 {
		if e := rtlib.DynptrWrite(fr, d, 0, h.put(fr, valueAt, op.Value), n, 0); e != 0 {
			return r, fmt.Errorf("write through a dynptr: %d", int64(e))
		}
		to := h.put(fr, valueAt, make([]byte, n))
		if e := rtlib.DynptrRead(fr, to, n, d, 0, 0); e != 0 {
			return r, fmt.Errorf("read through a dynptr: %d", int64(e))
		}
		r.Value = Bytes(to, int(n))
	}
	if op.At == model.RingSubmitDynptr {
		rtlib.RingbufSubmitDynptr(fr, d, 0)
	} else {
		rtlib.RingbufDiscardDynptr(fr, d, 0)
	}
	if rtlib.DynptrIsNull(fr, d) != 1 {
		return r, errors.New("a dynptr leads somewhere after its record was given back")
	}
	return r, nil
}
