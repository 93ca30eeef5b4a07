package rtlib

import (
	"fmt"
	"math/bits"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Map is a map of any type. Its methods can be called by many goroutines at
// once, also while programs run.
type Map struct {
	// What machine code and lookups read, at the start of the object.
	// Assembly takes the offsets from go_asm.h.

	head      abi.MapHead    // what generated code reads of inner maps; it is first
	table     unsafe.Pointer // hash: first of the bucket words; program array: of the slots
	mask      uint64         // hash: number of buckets - 1
	seed0     uint64         // hash: secret of this map
	seed1     uint64         // hash: secret of this map, odd
	values    unsafe.Pointer // array: first element
	stride    uint64         // array: bytes from element to element
	max       uint64         // max_entries
	keySize   uintptr
	valueSize uintptr
	hostSize  uintptr // bytes of a value in calls of hosts: those of all CPUs of per-CPU types

	ops operations // of its type

	hostReadOnly  atomic.Bool // what hosts may not do
	hostWriteOnly bool
	freezing      sync.Mutex // of mapped, and of setting hostReadOnly
	mapped        bool       // Memory has given out memory to write to

	hash   hash
	step   uint64     // per-CPU types: bytes from the value of a CPU to that of the next
	progs  *progArray // nil but for program arrays
	rules  *bpf.Rules
	domain *domain
	spec   MapSpec
	name   string
	frozen bool // bytes of .rodata and the like
	misses mapMisses

	closed  atomic.Bool
	dropped atomic.Bool  // the creator has called Close
	refs    atomic.Int64 // the creator, each instance that was given the map, each place in a map of maps
}

// mapMisses are the errors that need no text of the moment, made once: a
// lookup of a missing key allocates nothing.
type mapMisses struct {
	lookup, remove, next, exists, missing *MapError
}

// maxMapBytes is the size in bytes that a map may have, 128 GiB, or 512 MiB
// where addresses have 32 bits.
const maxMapBytes = 1 << (29 + 8*(^uintptr(0)>>63))

// NewMap creates a map with the rules of Linux that belongs to no instance.
//
// Errors wrap bpf.ErrUnsupported for map types that this release does not
// have, EINVAL for sizes and flags that the type does not allow, E2BIG for
// keys longer than 512 bytes, ENOMEM for maps that are too big.
func NewMap(spec MapSpec) (*Map, error) { return NewMapFor(bpf.Linux, spec) }

// NewMapFor is NewMap with the rules of a platform.
func NewMapFor(platform bpf.Platform, spec MapSpec) (*Map, error) {
	return newMap(process(), bpf.RulesOf(platform), spec)
}

// newMap creates a map whose values are protected by the epoch of d.
func newMap(d *domain, rules *bpf.Rules, spec MapSpec) (*Map, error) {
	if spec.MaxEntries == 0 && spec.Type == bpf.MapPerfEvent && !rules.PerfArrayBytes {
		spec.MaxEntries = uint32(len(d.cells)) // as loaders do: one for each CPU
	}
	m := &Map{
		rules: rules, domain: d, spec: spec, name: spec.Name, frozen: spec.Frozen,
		max: uint64(spec.MaxEntries), keySize: uintptr(spec.KeySize), valueSize: uintptr(spec.ValueSize), hostSize: uintptr(spec.ValueSize),
	}
	m.hostReadOnly.Store(spec.Frozen || spec.Flags&bpf.FlagRdonly != 0)
	m.hostWriteOnly = spec.Flags&bpf.FlagWronly != 0
	m.refs.Store(1)
	shape, known := shapes[spec.Type]
	if !known {
		return nil, fmt.Errorf("map %q: maps of type %d: %w", spec.Name, spec.Type, bpf.ErrUnsupported)
	}
	if shape.perCPU {
		m.hostSize = round8(m.valueSize) * uintptr(len(d.cells))
	}
	detail, errno := shape.refuse(&m.spec, rules)
	if errno == 0 && holdsMaps(spec.Type) {
		detail, errno = refuseTemplate(spec.Inner, rules)
	}
	if errno == 0 {
		detail, errno = m.checkBytes()
	}
	if errno != 0 {
		return nil, &MapError{spec.Name, "create", detail, errno}
	}
	m.misses = mapMisses{
		lookup:  &MapError{m.name, "lookup", "no such key", bpf.ENOENT},
		remove:  &MapError{m.name, "delete", "no such key", bpf.ENOENT},
		next:    &MapError{m.name, "next key", "no more keys", bpf.ENOENT},
		exists:  &MapError{m.name, "update", "the key exists and the flag is NOEXIST", bpf.EEXIST},
		missing: &MapError{m.name, "update", "no such key and the flag is EXIST", bpf.ENOENT},
	}
	m.ops = newKind(m)
	return m, nil
}

// checkBytes says what is wrong with the size of the whole.
func (m *Map) checkBytes() (string, bpf.Errno) {
	s := &m.spec
	switch {
	case uint64(len(s.Data)) > uint64(s.ValueSize):
		return fmt.Sprintf("%d initial bytes for a value of %d", len(s.Data), s.ValueSize), bpf.EINVAL
	}
	if high, size := bits.Mul64(24+uint64(s.KeySize)+uint64(m.hostSize), uint64(s.MaxEntries)); high != 0 || size > maxMapBytes {
		return fmt.Sprintf("%d entries of %d bytes are more than %d bytes", s.MaxEntries, m.hostSize, uint64(maxMapBytes)), bpf.ENOMEM
	}
	if n := m.bytesAtOnce(); !hasRoom(n) {
		return fmt.Sprintf("max_entries is %d, for which about %d MiB are needed at once: the system does not have them", s.MaxEntries, n>>20), bpf.ENOMEM
	}
	return "", 0
}

// bytesAtOnce is about how many bytes newKind allocates. Elements of hashes and
// tries are allocated when they are needed; a Bloom filter has a largest size.
func (m *Map) bytesAtOnce() uint64 {
	switch m.spec.Type {
	case bpf.MapHash, bpf.MapPercpuHash, bpf.MapLRUHash, bpf.MapLRUPercpu, bpf.MapHashOfMaps:
		return 8 << bits.Len64(m.max-1) // initHash, without what it adds for small maps
	case bpf.MapRingbuf, bpf.MapUserRingbuf:
		return 2 * m.max
	case bpf.MapLPMTrie, bpf.MapBloomFilter, bpf.MapPerfEvent:
		return 0
	case bpf.MapProgArray, bpf.MapArrayOfMaps:
		return 24 * m.max // a pointer, and what hosts hold
	}
	return (uint64(m.hostSize) + 8) * m.max
}

// Spec is what the map was made from. What it refers to must not be changed.
func (m *Map) Spec() MapSpec { return m.spec }

// Name is the map's name in C.
func (m *Map) Name() string { return m.name }

// Type is the map's type by Linux number.
func (m *Map) Type() bpf.MapType { return m.spec.Type }

// KeySize is the size of a key in bytes.
func (m *Map) KeySize() uint32 { return m.spec.KeySize }

// ValueSize is the size of a value in bytes.
func (m *Map) ValueSize() uint32 { return m.spec.ValueSize }

// HostSize is the size in bytes of a value in calls of hosts: ValueSize, or for a
// per-CPU map PossibleCPU times ValueSize rounded up to 8.
func (m *Map) HostSize() int { return int(m.hostSize) }

// MaxEntries is the number of elements of an array or of slots of a program
// array, the most keys of a hash.
func (m *Map) MaxEntries() uint32 { return m.spec.MaxEntries }

// Flags are the map's BPF_F_ flags.
func (m *Map) Flags() uint32 { return m.spec.Flags }

// Len is the number of keys, or of elements of a type without keys, at the
// moment; for arrays it is MaxEntries.
func (m *Map) Len() int { return m.ops.count() }

// Close gives up the creator's hold on the map. When no instance uses it, it
// is closed: programs cannot reach it and later calls return an error that
// wraps os.ErrClosed. Its memory goes when nothing refers to it. Maps of an
// instance are closed by Instance.Close. A second call does nothing.
func (m *Map) Close() error {
	if m == nil || m.dropped.Swap(true) || m.closed.Load() {
		return nil
	}
	m.release()
	return nil
}

// retain adds a holder; false when the map is closed.
func (m *Map) retain() bool {
	for {
		n := m.refs.Load()
		if n <= 0 {
			return false
		}
		if m.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// release drops a holder. The last one closes the map.
func (m *Map) release() {
	if m.refs.Add(-1) == 0 {
		m.closed.Store(true)
		m.ops.close()
	}
}
