package rtlib

import (
	"fmt"
	"math/bits"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Maps of stack traces: an element is a stack, its key the number of a bucket,
// which get_stackid finds by a hash of the stack. Rules and numbers are those of
// kernel/bpf/stackmap.c: the number of buckets is max_entries rounded up to a
// power of two, and at most max_entries of them have a stack.
//
// A stack is that of the goroutine that runs the program (stack_get.go).
//
// One lock guards all: it is held while a stack of at most 127 addresses is
// compared or copied, a small part of what walking the stack costs.

// stackMap is the implementation of maps of stack traces.
type stackMap struct {
	refuses
	depth   int  // addresses of a stack
	buildID bool // hosts read struct bpf_stack_build_id

	mu      latch
	buckets []uint32 // number of the element + 1, 0 for none
	unused  []uint32 // numbers of elements
	words   []uint64 // elements: hash and number of addresses, addresses
}

// maxStack is the most addresses of a stack: the default of Linux'
// kernel.perf_event_max_stack.
const maxStack = 127

// Bytes of an address in values, and of a struct bpf_stack_build_id
// (linux/bpf.h): s32 status, 20 bytes of build id, u64 address.
const (
	addressSize = 8
	buildIDSize = 32
	buildIDAddr = 24
	// buildIDNone is BPF_STACK_BUILD_ID_IP: no build id, the address is a
	// virtual one.
	buildIDNone = 2
)

// refuseStacks says what is wrong with the size of values.
func refuseStacks(s *MapSpec) string {
	size := uint32(addressSize)
	if s.Flags&bpf.FlagStackBuildID != 0 {
		size = buildIDSize
	}
	if s.ValueSize%size != 0 || s.ValueSize/size > maxStack {
		return fmt.Sprintf("the value size is %d; stacks have up to %d addresses of %d bytes", s.ValueSize, maxStack, size)
	}
	return ""
}

func newStackMap(m *Map) operations {
	s := &stackMap{refuses: refuses{m}, depth: int(m.valueSize / addressSize)}
	if m.spec.Flags&bpf.FlagStackBuildID != 0 {
		s.buildID, s.depth = true, int(m.valueSize/buildIDSize)
	}
	s.buckets = make([]uint32, uint64(1)<<bits.Len64(m.max-1))
	s.unused = make([]uint32, m.max)
	for i := range s.unused {
		s.unused[i] = uint32(i)
	}
	s.words = make([]uint64, m.max*uint64(1+s.depth))
	m.misses.lookup = &MapError{m.name, "lookup", "no such stack", bpf.ENOENT}
	m.misses.remove = &MapError{m.name, "delete", "no such stack", bpf.ENOENT}
	return s
}

// stored is an element: the hash and the number of addresses, and the addresses.
func (s *stackMap) stored(elem uint32) []uint64 {
	n := 1 + s.depth
	return s.words[int(elem)*n:][:n:n]
}

// is reports whether the element has the stack.
func (s *stackMap) is(elem []uint64, head uint64, stack []uintptr) bool {
	if elem[0] != head {
		return false
	}
	for i, addr := range stack {
		if elem[1+i] != uint64(addr) {
			return false
		}
	}
	return true
}

// hashStack hashes addresses. There is no secret in it: hosts may compare the
// numbers of stacks of several maps.
func hashStack(stack []uintptr) uint32 {
	h := uint64(len(stack))
	for _, addr := range stack {
		h = fold(uint64(addr)^h, zeroSeed)
	}
	return uint32(h * mixer >> 32)
}

// find returns the number of a stack's bucket, in which it is stored as flags
// say: EEXIST when another stack is there that is to stay, ENOMEM when
// max_entries are stored.
func (s *stackMap) find(stack []uintptr, flags uint64) (uint32, bpf.Errno) {
	hash := hashStack(stack)
	id := hash & uint32(len(s.buckets)-1)
	head := uint64(hash)<<32 | uint64(len(stack))
	s.mu.lock()
	defer s.mu.unlock()
	if old := s.buckets[id]; old != 0 {
		elem := s.stored(old - 1)
		switch {
		case s.is(elem, head, stack), flags&stackFast != 0 && elem[0]>>32 == uint64(hash):
			return id, 0
		case flags&stackReuse == 0:
			return 0, bpf.EEXIST
		case len(s.unused) == 0:
			return 0, bpf.ENOMEM
		}
		s.unused = append(s.unused, old-1) // within its capacity: max_entries
	}
	n := len(s.unused)
	if n == 0 {
		return 0, bpf.ENOMEM
	}
	e := s.unused[0]
	s.unused[0] = s.unused[n-1]
	s.unused = s.unused[:n-1]
	elem := s.stored(e)
	elem[0] = head
	for i, addr := range stack {
		elem[1+i] = uint64(addr)
	}
	s.buckets[id] = e + 1
	return id, 0
}

// get copies the stack of a bucket out, filled up with zeroes, and removes it if
// so wished.
func (s *stackMap) get(key, value unsafe.Pointer, flags uint64, remove bool) bpf.Errno {
	id := uint64(load32(key))
	if flags != 0 {
		return bpf.EINVAL
	}
	if id >= uint64(len(s.buckets)) {
		return bpf.ENOENT
	}
	s.mu.lock()
	defer s.mu.unlock()
	e := s.buckets[id]
	if e == 0 {
		return bpf.ENOENT
	}
	elem := s.stored(e - 1)
	zero(value, s.m.valueSize)
	putStack(value, elem[1:1+uint32(elem[0])], s.buildID)
	if remove {
		s.empty(id)
	}
	return 0
}

// empty removes the stack of a bucket that has one.
func (s *stackMap) empty(id uint64) {
	s.unused = append(s.unused, s.buckets[id]-1) // within its capacity
	s.buckets[id] = 0
}

// putStack stores addresses as programs and hosts see them.
//
//go:norace
func putStack[A uint64 | uintptr](p unsafe.Pointer, stack []A, buildID bool) {
	for i, addr := range stack {
		if buildID {
			e := unsafe.Add(p, i*buildIDSize)
			store64(e, buildIDNone)
			store64(unsafe.Add(e, 8), 0)
			store64(unsafe.Add(e, 16), 0)
			store64(unsafe.Add(e, buildIDAddr), uint64(addr))
			continue
		}
		store64(unsafe.Add(p, i*addressSize), uint64(addr))
	}
}

func (s *stackMap) read(key, value unsafe.Pointer, flags uint64) bpf.Errno {
	return s.get(key, value, flags, false)
}

func (s *stackMap) take(key, value unsafe.Pointer, flags uint64) bpf.Errno {
	return s.get(key, value, flags, true)
}

func (s *stackMap) write(_, _ unsafe.Pointer, _ uint64) bpf.Errno { return bpf.EINVAL }

func (s *stackMap) erase(key unsafe.Pointer) bpf.Errno {
	id := uint64(load32(key))
	if id >= uint64(len(s.buckets)) {
		return bpf.E2BIG
	}
	s.mu.lock()
	defer s.mu.unlock()
	if s.buckets[id] == 0 {
		return bpf.ENOENT
	}
	s.empty(id)
	return 0
}

// next starts again at the first stack when key has none.
func (s *stackMap) next(key, out unsafe.Pointer) bpf.Errno {
	s.mu.lock()
	defer s.mu.unlock()
	id := uint64(0)
	if key != nil {
		if id = uint64(load32(key)); id >= uint64(len(s.buckets)) || s.buckets[id] == 0 {
			id = 0
		} else {
			id++
		}
	}
	for ; id < uint64(len(s.buckets)); id++ {
		if s.buckets[id] != 0 {
			b := (*[4]byte)(out)
			b[0], b[1], b[2], b[3] = byte(id), byte(id>>8), byte(id>>16), byte(id>>24)
			return 0
		}
	}
	return bpf.ENOENT
}

func (s *stackMap) count() int {
	s.mu.lock()
	defer s.mu.unlock()
	return int(s.m.max) - len(s.unused)
}

func (s *stackMap) explain(op string, errno bpf.Errno, flags uint64) string {
	switch {
	case op == "update":
		return "stacks are stored by get_stackid of programs only"
	case errno == bpf.E2BIG:
		return fmt.Sprintf("the number of a stack is below %d", len(s.buckets))
	}
	return s.refuses.explain(op, errno, flags)
}

// Flags of get_stackid and get_stack (linux/bpf.h, BPF_F_*).
const (
	stackSkip        = 0xff    // SKIP_FIELD_MASK: innermost functions to leave out
	stackUser        = 1 << 8  // USER_STACK
	stackFast        = 1 << 9  // FAST_STACK_CMP: the same hash is the same stack
	stackReuse       = 1 << 10 // REUSE_STACKID: replace another stack
	stackUserBuildID = 1 << 11 // USER_BUILD_ID
)

// GetStackid is bpf_get_stackid: the number of the stack in a map of stack
// traces, in which it is stored, or a negative error: EINVAL for other flags,
// EFAULT when the stack has not more functions than are to be left out, EEXIST
// when another stack has the number, ENOMEM when the map is full.
//
//go:linkname GetStackid bpf2go/rtlib/v1.GetStackid
//go:nocheckptr
func GetStackid(_ *abi.Frame, _, m, flags uint64) uint64 {
	mp := mapAt(m)
	s := mp.ops.(*stackMap)
	if flags&^(stackSkip|stackUser|stackFast|stackReuse) != 0 {
		return mp.result(bpf.EINVAL)
	}
	var buf [maxStack]uintptr
	skip := int(flags & stackSkip)
	n := walkStack(buf[:min(maxStack, s.depth+skip)])
	if n <= skip {
		return mp.result(bpf.EFAULT)
	}
	id, errno := s.find(buf[skip:n], flags)
	if errno != 0 {
		return mp.result(errno)
	}
	return uint64(id)
}
