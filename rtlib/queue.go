package rtlib

import (
	"fmt"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Queues and stacks: max_entries places in one piece of memory, used as a ring.
//
//	       head            head + n
//	┌────┬────┬────┬────┬────┬────┐
//	│    │ old│    │    │ new│    │   a queue takes the old, a stack the new
//	└────┴────┴────┴────┴────┴────┘
//
// Values are copied in and out under one lock, which is held for nothing else:
// no program and no host has the address of one, so their memory can be used
// again at once. Source of the rules: kernel/bpf/queue_stack_maps.c.

// queue is the implementation of queues and stacks.
type queue struct {
	refuses
	stack  bool    // the newest comes first
	size   uintptr // bytes of a place
	places []uint64

	mu   latch
	head uint64 // index of the oldest value
	n    uint64 // values
}

func newQueue(m *Map) operations {
	size := round8(m.valueSize)
	m.misses.lookup = &MapError{m.name, "lookup", "the map is empty", bpf.ENOENT}
	return &queue{
		refuses: refuses{m}, stack: m.spec.Type == bpf.MapStack,
		size: size, places: make([]uint64, uint64(size/8)*m.max),
	}
}

// place returns the place of the value that was pushed as the i-th of those that
// are there.
func (q *queue) place(i uint64) unsafe.Pointer {
	if i += q.head; i >= q.m.max {
		i -= q.m.max
	}
	return unsafe.Pointer(&q.places[i*uint64(q.size/8)])
}

// drop removes the oldest value.
func (q *queue) drop() {
	if q.head++; q.head == q.m.max {
		q.head = 0
	}
	q.n--
}

// add pushes a value. The flag EXIST makes room for it.
func (q *queue) add(value unsafe.Pointer, flags uint64) bpf.Errno {
	if flags > bpf.UpdateExist || flags == bpf.UpdateNoExist && !q.m.rules.QueueNoExist {
		return bpf.EINVAL
	}
	q.mu.lock()
	if q.n == q.m.max {
		if flags != bpf.UpdateExist {
			q.mu.unlock()
			return q.m.rules.QueueFull
		}
		q.drop()
	}
	copyIn(q.place(q.n), value, q.m.valueSize)
	q.n++
	q.mu.unlock()
	return 0
}

// get copies the value out that comes next and removes it, if so wished. False
// when there is none.
func (q *queue) get(value unsafe.Pointer, remove bool) bool {
	q.mu.lock()
	if q.n == 0 {
		q.mu.unlock()
		return false
	}
	if q.stack {
		copyOut(value, q.place(q.n-1), q.m.valueSize)
		if remove {
			q.n--
		}
	} else {
		copyOut(value, q.place(0), q.m.valueSize)
		if remove {
			q.drop()
		}
	}
	q.mu.unlock()
	return true
}

func (q *queue) push(_ *abi.Frame, value unsafe.Pointer, flags uint64) bpf.Errno {
	return q.add(value, flags)
}

func (q *queue) pop(_ *abi.Frame, value unsafe.Pointer) bpf.Errno { return q.forProgram(value, true) }

func (q *queue) peek(_ *abi.Frame, value unsafe.Pointer) bpf.Errno { return q.forProgram(value, false) }

// forProgram is get for a program. When there is no value it gets zeroes: the
// verifier takes its memory to be written.
func (q *queue) forProgram(value unsafe.Pointer, remove bool) bpf.Errno {
	if !q.get(value, remove) {
		zero(value, q.m.valueSize)
		return q.m.rules.QueueEmpty
	}
	return 0
}

func (q *queue) read(_, value unsafe.Pointer, flags uint64) bpf.Errno {
	return q.forHost(value, flags, false)
}

func (q *queue) take(_, value unsafe.Pointer, flags uint64) bpf.Errno {
	return q.forHost(value, flags, true)
}

// forHost is get for a host. When there is no value its memory stays as it is.
func (q *queue) forHost(value unsafe.Pointer, flags uint64, remove bool) bpf.Errno {
	switch {
	case flags != 0:
		return bpf.EINVAL
	case !q.get(value, remove):
		return bpf.ENOENT
	}
	return 0
}

func (q *queue) write(_, value unsafe.Pointer, flags uint64) bpf.Errno { return q.add(value, flags) }

func (q *queue) erase(unsafe.Pointer) bpf.Errno { return bpf.EINVAL }

func (q *queue) next(_, _ unsafe.Pointer) bpf.Errno { return q.m.rules.QueueNextKey }

func (q *queue) count() int {
	q.mu.lock()
	defer q.mu.unlock()
	return int(q.n)
}

func (q *queue) explain(op string, errno bpf.Errno, flags uint64) string {
	switch {
	case op == "update" && errno == bpf.EINVAL && q.m.rules.QueueNoExist:
		return fmt.Sprintf("flags %d; 0 or 1 (push) and 2 (push, the oldest goes when the map is full) are possible", flags)
	case op == "update" && errno == bpf.EINVAL:
		return fmt.Sprintf("flags %d; 0 (push) and 2 (push, the oldest goes when the map is full) are possible", flags)
	case op == "delete" || op == "next key":
		return "queues and stacks have no keys; take a value with LookupAndDelete"
	case errno == bpf.EINVAL:
		return fmt.Sprintf("flags %d; queues and stacks have none for this", flags)
	case errno == bpf.ENOENT:
		return "the map is empty"
	}
	return q.refuses.explain(op, errno, flags)
}

// zero writes n zero bytes.
//
//go:norace
func zero(p unsafe.Pointer, n uintptr) { clear(unsafe.Slice((*byte)(p), n)) }
