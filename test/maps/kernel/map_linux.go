package kernel

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/test/maps/model"
)

// Commands of bpf(2) (linux/bpf.h, enum bpf_cmd).
const (
	cmdCreate      = 0
	cmdLookup      = 1
	cmdUpdate      = 2
	cmdDelete      = 3
	cmdNextKey     = 4
	cmdTake        = 21
	cmdFreeze      = 22
	cmdLookupBatch = 24
	cmdTakeBatch   = 25
	cmdUpdateBatch = 26
	cmdDeleteBatch = 27
)

// createAttr is the head of union bpf_attr for BPF_MAP_CREATE, up to map_extra.
type createAttr struct {
	typ, key, value, max, flags, inner, numa uint32
	name                                     [16]byte
	ifindex, btf, btfKey, btfValue, vmlinux  uint32
	extra                                    uint64
}

// elemAttr is union bpf_attr for BPF_MAP_*_ELEM.
type elemAttr struct {
	fd    uint32
	_     uint32
	key   uint64
	value uint64
	flags uint64
}

// batchAttr is union bpf_attr for BPF_MAP_*_BATCH.
type batchAttr struct {
	in, out, keys, values uint64
	count, fd             uint32
	elemFlags, flags      uint64
}

// call is bpf(2). ENOTSUPP, which the kernel has for itself, is ENOTSUP.
func call(cmd uintptr, attr unsafe.Pointer, size uintptr) (int, bpf.Errno) {
	const enotsupp = 524
	for {
		fd, _, errno := unix.Syscall(unix.SYS_BPF, cmd, uintptr(attr), size)
		switch errno {
		case unix.EINTR:
		case enotsupp:
			return -1, bpf.ENOTSUP
		default:
			return int(fd), bpf.Errno(errno)
		}
	}
}

func address(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }

// Map is a map of the kernel.
type Map struct {
	spec model.Spec
	fd   int
	prog *program // made by the first operation of a program
	// What maps of programs or maps hold, by number - 1, and the numbers by id.
	pieces  []int
	numbers map[uint32]byte

	ring *consumer // of a ring, made by the first read
}

// Missing says why there are no maps of the kernel, "" when there are.
func Missing() string {
	if os.Geteuid() != 0 {
		return "needs root for bpf(2)"
	}
	m, err := New(model.Spec{Type: bpf.MapArray, KeySize: 4, ValueSize: 4, MaxEntries: 1})
	if err != nil {
		return "needs bpf(2): " + err.Error()
	}
	if err := m.Close(); err != nil {
		return err.Error()
	}
	return ""
}

// CPUs is the number of possible CPUs, which per-CPU values have.
func CPUs() (int, error) {
	text, err := os.ReadFile("/sys/devices/system/cpu/possible")
	if err != nil {
		return 0, err
	}
	_, last, _ := strings.Cut(strings.TrimSpace(string(text)), "-")
	n, err := strconv.Atoi("0" + last)
	return n + 1, err
}

// New makes a map. Close it.
func New(s model.Spec) (*Map, error) {
	m := &Map{spec: s, numbers: map[uint32]byte{}}
	attr := createAttr{typ: uint32(s.Type), key: s.KeySize, value: s.ValueSize, max: s.MaxEntries, flags: s.Flags, extra: s.Extra}
	if s.Slots() {
		attr.value = 4
		if err := m.makePieces(); err != nil {
			return nil, err
		}
		if s.Type != bpf.MapProgArray {
			attr.inner = uint32(m.pieces[0])
		}
	}
	fd, errno := call(cmdCreate, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
	if m.fd = fd; errno != 0 {
		return nil, errors.Join(fmt.Errorf("%v: %w", s, errno), m.closePieces())
	}
	return m, nil
}

// Close closes the map.
func (m *Map) Close() error {
	var err error
	if m.prog != nil {
		err = m.prog.Close()
	}
	if m.ring != nil {
		err = errors.Join(err, m.ring.close())
	}
	return errors.Join(err, unix.Close(m.fd), m.closePieces())
}

func (m *Map) elem(cmd uintptr, key, value []byte, flags uint64) bpf.Errno {
	attr := elemAttr{fd: uint32(m.fd), key: address(key), value: address(value), flags: flags}
	_, errno := call(cmd, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
	runtime.KeepAlive(key)
	runtime.KeepAlive(value)
	return errno
}

// Do does an operation.
func (m *Map) Do(op model.Op) (r model.Result, err error) {
	switch {
	case op.Code == model.RingOutput:
		return m.output(op)
	case op.Code >= model.ProgLookup:
		return m.once(op)
	}
	if m.spec.Slots() {
		return m.slots(op)
	}
	return m.host(op)
}

// host does a host's operation.
func (m *Map) host(op model.Op) (r model.Result, err error) {
	switch op.Code {
	case model.Lookup, model.Take:
		value := make([]byte, m.spec.HostSize())
		copy(value, op.Value)
		cmd := uintptr(cmdLookup)
		if op.Code == model.Take {
			cmd = cmdTake
		}
		if r.Errno = m.elem(cmd, op.Key, value, op.Flags); r.Errno == 0 && m.spec.Type != bpf.MapBloomFilter {
			r.Value = value
		}
	case model.Update:
		r.Errno = m.elem(cmdUpdate, op.Key, op.Value, op.Flags)
	case model.Delete:
		r.Errno = m.elem(cmdDelete, op.Key, nil, 0)
	case model.NextKey:
		next := make([]byte, m.spec.KeySize)
		if r.Errno = m.elem(cmdNextKey, op.Key, next, 0); r.Errno == 0 {
			r.Key = next
		}
	case model.Freeze:
		attr := uint32(m.fd)
		_, r.Errno = call(cmdFreeze, unsafe.Pointer(&attr), 4)
	case model.Walk:
		return m.walk()
	case model.RingRead:
		return m.ringRead()
	case model.UpdateBatch:
		return m.list(cmdUpdateBatch, op), nil
	case model.DeleteBatch:
		return m.list(cmdDeleteBatch, op), nil
	case model.LookupBatch:
		return m.all(cmdLookupBatch, op)
	case model.TakeBatch:
		return m.all(cmdTakeBatch, op)
	default:
		return r, fmt.Errorf("no such operation: %v", op)
	}
	return r, nil
}

// list is a batched update or deletion.
func (m *Map) list(cmd uintptr, op model.Op) (r model.Result) {
	keys, values := bytes.Join(op.Keys, nil), bytes.Join(op.Values, nil)
	n := uint32(len(op.Keys))
	attr := batchAttr{keys: address(keys), values: address(values), count: n, fd: uint32(m.fd), elemFlags: op.Flags}
	_, r.Errno = call(cmd, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
	runtime.KeepAlive(keys)
	runtime.KeepAlive(values)
	if r.N = int(attr.count); r.Errno != 0 && attr.count == n {
		r.N = 0 // it was not written
	}
	return r
}

// all reads all elements, op.N at a time, or more where that is asked for.
func (m *Map) all(cmd uintptr, op model.Op) (r model.Result, err error) {
	cursor := make([]byte, max(8, m.spec.KeySize))
	attr := batchAttr{out: address(cursor), fd: uint32(m.fd), elemFlags: op.Flags}
	key, value := int(m.spec.KeySize), m.spec.HostSize()
	for n := op.N; ; {
		keys, values := make([]byte, n*key), make([]byte, n*value)
		attr.keys, attr.values, attr.count = address(keys), address(values), uint32(n)
		_, errno := call(cmd, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
		runtime.KeepAlive(keys)
		runtime.KeepAlive(values)
		runtime.KeepAlive(cursor)
		if errno == 0 || errno == bpf.ENOENT {
			for i := range int(attr.count) {
				r.Keys, r.Values = append(r.Keys, keys[i*key:][:key]), append(r.Values, values[i*value:][:value])
			}
		}
		switch {
		case errno == bpf.ENOENT:
			return r, nil
		case errno == bpf.ENOSPC && n <= int(m.spec.MaxEntries):
			n *= 2
			continue
		case errno != 0:
			r.Errno = errno
			return r, nil
		case len(r.Keys) > 2*int(m.spec.MaxEntries)+8:
			return r, fmt.Errorf("%v does not end: %x", op, r.Keys)
		}
		attr.in = address(cursor)
	}
}

func (m *Map) walk() (r model.Result, err error) {
	var key []byte
	for range 2*m.spec.MaxEntries + 8 {
		next := make([]byte, max(m.spec.KeySize, 8))
		errno := m.elem(cmdNextKey, key, next, 0)
		if errno == bpf.ENOENT {
			return r, nil
		}
		next = next[:m.spec.KeySize]
		found := model.Result{Errno: errno}
		if errno == 0 {
			found, err = m.Do(model.Op{Code: model.Lookup, Key: next})
		}
		if err != nil || found.Errno != 0 {
			r.Errno = found.Errno
			return r, err
		}
		r.Keys, r.Values, key = append(r.Keys, next), append(r.Values, found.Value), next
	}
	return r, fmt.Errorf("a walk does not end: %x", r.Keys)
}
