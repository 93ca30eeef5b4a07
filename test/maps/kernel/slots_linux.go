package kernel

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"golang.org/x/sys/unix"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/test/maps/model"
)

// makePieces makes the programs or inner maps that the map holds, as
// test/maps/drive does.
func (m *Map) makePieces() (err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, m.closePieces())
		}
	}()
	for n := range byte(model.Pieces) {
		fd, id, err := m.piece(n + 1)
		if err != nil {
			return err
		}
		m.pieces = append(m.pieces, fd)
		m.numbers[id] = n + 1
	}
	return nil
}

// piece makes number n and gives its file descriptor and id.
func (m *Map) piece(n byte) (fd int, id uint32, err error) {
	if m.spec.Type == bpf.MapProgArray {
		p, err := ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.XDP, License: "GPL", Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, int32(n)), asm.Return()}})
		if err != nil {
			return 0, 0, err
		}
		defer func() { err = errors.Join(err, p.Close()) }()
		info, err := p.Info()
		if err != nil {
			return 0, 0, err
		}
		number, _ := info.ID()
		fd, err = unix.Dup(p.FD())
		return fd, uint32(number), err
	}
	inner, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.Array, KeySize: 4, ValueSize: 1, MaxEntries: 1})
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, inner.Close()) }()
	if err := inner.Put(uint32(0), n); err != nil {
		return 0, 0, err
	}
	info, err := inner.Info()
	if err != nil {
		return 0, 0, err
	}
	number, _ := info.ID()
	fd, err = unix.Dup(inner.FD())
	return fd, uint32(number), err
}

func (m *Map) closePieces() (err error) {
	for _, fd := range m.pieces {
		err = errors.Join(err, unix.Close(fd))
	}
	m.pieces = nil
	return err
}

// slots does a host's operation: values are numbers, the kernel wants file
// descriptors and gives ids.
func (m *Map) slots(op model.Op) (r model.Result, err error) {
	switch op.Code {
	case model.Update:
		op.Value = binary.NativeEndian.AppendUint32(nil, uint32(m.pieces[op.Value[0]-1]))
	case model.Lookup:
		value := make([]byte, 4)
		if r.Errno = m.elem(cmdLookup, op.Key, value, op.Flags); r.Errno != 0 {
			return r, nil
		}
		n, known := m.numbers[binary.NativeEndian.Uint32(value)]
		if !known {
			return r, fmt.Errorf("%v: unknown id %x", op, value)
		}
		r.Value = []byte{n}
		return r, nil
	case model.Take:
		value := make([]byte, 4)
		attr := elemAttr{fd: uint32(m.fd), key: address(op.Key), value: address(value), flags: op.Flags}
		_, r.Errno = call(cmdTake, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
		return r, nil
	}
	return m.host(op)
}
