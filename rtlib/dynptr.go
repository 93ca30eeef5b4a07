package rtlib

import (
	_ "unsafe" // for go:linkname

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Dynptrs: pointers to memory whose size is not known before the program runs.
// A dynptr is 16 bytes that the program keeps on its stack and only the
// functions here look at, laid out as Linux has it (struct bpf_dynptr_kern):
//
//	┌──────────────────────┬────────────────────────────────┬──────────────┐
//	│ data, 0: leads       │ size: 24 bits, 28 to 30 the     │ offset, what │
//	│ nowhere              │ kind, 31: read-only             │ adjust cut   │
//	└──────────────────────┴────────────────────────────────┴──────────────┘
//	 64 bits                32 bits                          32 bits
//
// They lead to values of maps, to records of ring buffers, and in the callback of
// bpf_user_ringbuf_drain to the record that it is called with. The verifier has
// proven that a dynptr was made, that one of a reservation is given back once, and
// that nothing of a slice is used behind that. Programs of Windows have none.
type dynptr struct {
	data   uint64
	size   uint32
	offset uint32
}

const (
	dynptrReadOnly = 1 << 31
	dynptrMaxSize  = 1<<24 - 1 // DYNPTR_MAX_SIZE

	dynptrToValue  = 1 << 28 // BPF_DYNPTR_TYPE_LOCAL
	dynptrToRecord = 2 << 28 // BPF_DYNPTR_TYPE_RINGBUF
)

// dynptrAt is the dynptr at an address that a program passed.
//
//go:nocheckptr
func dynptrAt(addr uint64) *dynptr { return (*dynptr)(ptr(addr)) }

// length is how many bytes the dynptr leads to.
func (d *dynptr) length() uint64 { return uint64(d.size & dynptrMaxSize) }

// at is the address of n bytes at off, 0 when they are not all there.
func (d *dynptr) at(off, n uint64) uint64 {
	if size := d.length(); n > size || off > size-n {
		return 0
	}
	return d.data + uint64(d.offset) + off
}

// dynptrError is r0 for an error of a function of dynptrs.
func dynptrError(e bpf.Errno) uint64 { return -uint64(e) }

// DynptrFromMem is bpf_dynptr_from_mem: the dynptr at address d leads to size
// bytes of a map's value. It returns 0, or E2BIG, EINVAL for flags; the dynptr
// then leads nowhere.
//
//go:linkname DynptrFromMem bpf2go/rtlib/v1.DynptrFromMem
func DynptrFromMem(_ *abi.Frame, data, size, flags, d uint64) uint64 {
	p := dynptrAt(d)
	*p = dynptr{}
	switch {
	case uint64(uint32(size)) > dynptrMaxSize:
		return dynptrError(bpf.E2BIG)
	case flags != 0:
		return dynptrError(bpf.EINVAL)
	}
	*p = dynptr{data: data, size: uint32(size) | dynptrToValue}
	return 0
}

// RingbufReserveDynptr is bpf_ringbuf_reserve_dynptr: the dynptr at address d
// leads to a record of size bytes. It returns 0, or E2BIG for more than a dynptr
// can lead to, EINVAL when there is no room and for flags. The dynptr then leads
// nowhere, and has to be submitted or discarded all the same.
//
//go:linkname RingbufReserveDynptr bpf2go/rtlib/v1.RingbufReserveDynptr
func RingbufReserveDynptr(fr *abi.Frame, m, size, flags, d uint64) uint64 {
	p := dynptrAt(d)
	*p = dynptr{}
	size = uint64(uint32(size))
	switch {
	case flags != 0:
		return dynptrError(bpf.EINVAL)
	case size > dynptrMaxSize:
		return dynptrError(bpf.E2BIG)
	}
	record := RingbufReserve(fr, m, size, 0)
	if record == 0 {
		return dynptrError(bpf.EINVAL)
	}
	*p = dynptr{data: record, size: uint32(size) | dynptrToRecord}
	return 0
}

// RingbufSubmitDynptr is bpf_ringbuf_submit_dynptr: it submits the record of a
// dynptr, if it leads to one.
//
//go:linkname RingbufSubmitDynptr bpf2go/rtlib/v1.RingbufSubmitDynptr
func RingbufSubmitDynptr(fr *abi.Frame, d, flags uint64) uint64 {
	p := dynptrAt(d)
	if p.data != 0 {
		RingbufSubmit(fr, p.data, flags)
	}
	*p = dynptr{}
	return 0
}

// RingbufDiscardDynptr is bpf_ringbuf_discard_dynptr: it discards the record of
// a dynptr, if it leads to one.
//
//go:linkname RingbufDiscardDynptr bpf2go/rtlib/v1.RingbufDiscardDynptr
func RingbufDiscardDynptr(fr *abi.Frame, d, flags uint64) uint64 {
	p := dynptrAt(d)
	if p.data != 0 {
		RingbufDiscard(fr, p.data, flags)
	}
	*p = dynptr{}
	return 0
}

// DynptrRead is bpf_dynptr_read: it copies n bytes at off of what the dynptr at
// address d leads to. It returns 0, or EINVAL for flags and a dynptr that leads
// nowhere, E2BIG when the bytes are not all there.
//
//go:linkname DynptrRead bpf2go/rtlib/v1.DynptrRead
func DynptrRead(fr *abi.Frame, dst, n, d, off, flags uint64) uint64 {
	p := dynptrAt(d)
	if p.data == 0 || flags != 0 {
		return dynptrError(bpf.EINVAL)
	}
	from := p.at(uint64(uint32(off)), uint64(uint32(n)))
	if from == 0 {
		return dynptrError(bpf.E2BIG)
	}
	MemMove(fr, dst, from, uint64(uint32(n)))
	return 0
}

// DynptrWrite is bpf_dynptr_write: it copies n bytes to off of what the dynptr at
// address d leads to. It returns 0, or EINVAL for a dynptr that leads nowhere or
// to what is read-only, E2BIG when the bytes are not all there, EINVAL for flags.
//
//go:linkname DynptrWrite bpf2go/rtlib/v1.DynptrWrite
func DynptrWrite(fr *abi.Frame, d, off, src, n, flags uint64) uint64 {
	p := dynptrAt(d)
	if p.data == 0 || p.size&dynptrReadOnly != 0 {
		return dynptrError(bpf.EINVAL)
	}
	to := p.at(uint64(uint32(off)), uint64(uint32(n)))
	switch {
	case to == 0:
		return dynptrError(bpf.E2BIG)
	case flags != 0:
		return dynptrError(bpf.EINVAL)
	}
	MemMove(fr, to, src, uint64(uint32(n)))
	return 0
}

// DynptrData is bpf_dynptr_data: the address of n bytes at off, 0 when they are
// not all there or are read-only.
//
//go:linkname DynptrData bpf2go/rtlib/v1.DynptrData
func DynptrData(_ *abi.Frame, d, off, n uint64) uint64 {
	p := dynptrAt(d)
	if p.data == 0 || p.size&dynptrReadOnly != 0 {
		return 0
	}
	return p.at(uint64(uint32(off)), uint64(uint32(n)))
}

// DynptrSlice is bpf_dynptr_slice: the address of n bytes at off, 0 when they
// are not all there. The buffer is for memory that is in pieces; here none is.
//
//go:linkname DynptrSlice bpf2go/rtlib/v1.DynptrSlice
func DynptrSlice(_ *abi.Frame, d, off, _, n uint64) uint64 {
	p := dynptrAt(d)
	if p.data == 0 {
		return 0
	}
	return p.at(uint64(uint32(off)), uint64(uint32(n)))
}

// DynptrSliceRdwr is bpf_dynptr_slice_rdwr: DynptrSlice of memory that can be
// written.
//
//go:linkname DynptrSliceRdwr bpf2go/rtlib/v1.DynptrSliceRdwr
func DynptrSliceRdwr(fr *abi.Frame, d, off, buffer, n uint64) uint64 {
	if dynptrAt(d).size&dynptrReadOnly != 0 {
		return 0
	}
	return DynptrSlice(fr, d, off, buffer, n)
}

// DynptrAdjust is bpf_dynptr_adjust: the dynptr leads to its bytes from start to
// end only. It returns 0, or EINVAL when start is behind end or the dynptr leads
// nowhere, ERANGE when end is behind its last byte.
//
//go:linkname DynptrAdjust bpf2go/rtlib/v1.DynptrAdjust
func DynptrAdjust(_ *abi.Frame, d, start, end uint64) uint64 {
	p := dynptrAt(d)
	first, last := uint32(start), uint32(end)
	switch {
	case p.data == 0 || first > last:
		return dynptrError(bpf.EINVAL)
	case uint64(last) > p.length():
		return dynptrError(bpf.ERANGE)
	}
	p.offset += first
	p.size = p.size&^dynptrMaxSize | (last - first)
	return 0
}

// DynptrIsNull is bpf_dynptr_is_null: 1 when the dynptr leads nowhere, else 0.
//
//go:linkname DynptrIsNull bpf2go/rtlib/v1.DynptrIsNull
func DynptrIsNull(_ *abi.Frame, d uint64) uint64 { return abi.Bool(dynptrAt(d).data == 0) }

// DynptrIsRdonly is bpf_dynptr_is_rdonly: 1 when the dynptr leads to what cannot
// be written, else 0.
//
//go:linkname DynptrIsRdonly bpf2go/rtlib/v1.DynptrIsRdonly
func DynptrIsRdonly(_ *abi.Frame, d uint64) uint64 {
	p := dynptrAt(d)
	return abi.Bool(p.data != 0 && p.size&dynptrReadOnly != 0)
}

// DynptrSize is bpf_dynptr_size: how many bytes the dynptr leads to, or EINVAL
// when it leads nowhere, as 32 bits.
//
//go:linkname DynptrSize bpf2go/rtlib/v1.DynptrSize
func DynptrSize(_ *abi.Frame, d uint64) uint64 {
	p := dynptrAt(d)
	if p.data == 0 {
		return uint64(uint32(dynptrError(bpf.EINVAL)))
	}
	return p.length()
}

// DynptrClone is bpf_dynptr_clone: the dynptr at address clone becomes a copy. It
// returns 0, or EINVAL when both lead nowhere.
//
//go:linkname DynptrClone bpf2go/rtlib/v1.DynptrClone
func DynptrClone(_ *abi.Frame, d, clone uint64) uint64 {
	p := dynptrAt(d)
	*dynptrAt(clone) = *p
	if p.data == 0 {
		return dynptrError(bpf.EINVAL)
	}
	return 0
}
