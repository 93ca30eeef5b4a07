package rtlib

import (
	"fmt"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// operations is what can be done with maps of one type. Each type has an
// implementation with its state in a file of its own, which embeds refuses for
// the operations that it does not have.
//
// Keys have m.keySize bytes; no address is kept after the call. Errors are
// those of the map's platform.
type operations interface {
	// What programs do. fr is the Frame of the run: its slot is the CPU. The
	// verifier has proven the memory behind addresses.

	// lookup is the address of a key's value, or of the inner Map; 0 when there
	// is none.
	lookup(fr *abi.Frame, key unsafe.Pointer) uint64
	// lookupAt is the address of the value of a CPU, 0 when there is none.
	lookupAt(fr *abi.Frame, key unsafe.Pointer, cpu uint64) uint64
	update(fr *abi.Frame, key, value unsafe.Pointer, flags uint64) bpf.Errno
	remove(fr *abi.Frame, key unsafe.Pointer) bpf.Errno
	push(fr *abi.Frame, value unsafe.Pointer, flags uint64) bpf.Errno
	pop(fr *abi.Frame, value unsafe.Pointer) bpf.Errno
	peek(fr *abi.Frame, value unsafe.Pointer) bpf.Errno
	// each is the address of the next element's value, 0 at the end.
	each(fr *abi.Frame, w *walk) uint64

	// What hosts do. A value has m.hostSize bytes: those of all CPUs, each
	// rounded up to 8, when the type is one per CPU. Types without keys have a
	// nil key: read peeks, write pushes, take pops.

	read(key, value unsafe.Pointer, flags uint64) bpf.Errno
	write(key, value unsafe.Pointer, flags uint64) bpf.Errno
	erase(key unsafe.Pointer) bpf.Errno
	// take reads and erases.
	take(key, value unsafe.Pointer, flags uint64) bpf.Errno
	// next is the key after key, the first after nil and where the type starts
	// again.
	next(key, out unsafe.Pointer) bpf.Errno
	// count is the number of elements now.
	count() int
	// memory is how many bytes from an address on are memory of the map's
	// values, 0 when the address is not in any.
	memory(addr uint64) uint64
	// explain is the detail of an error's text: why op gave errno.
	explain(op string, errno bpf.Errno, flags uint64) string

	// close is called once, when nobody holds the map any more.
	close()
}

// newKind makes the implementation of m's type with its state; nil when this
// release does not have the type. The specification has been checked by
// checkSpec.
func newKind(m *Map) operations {
	switch m.spec.Type {
	case bpf.MapArray:
		return newArray(m)
	case bpf.MapHash:
		return newHash(m)
	case bpf.MapPercpuHash:
		return newPerCPUHash(m)
	case bpf.MapPercpuArray:
		return newPerCPUArray(m)
	case bpf.MapProgArray:
		return newProgArray(m)
	case bpf.MapArrayOfMaps:
		return newMapArray(m)
	case bpf.MapHashOfMaps:
		return newMapHash(m)
	case bpf.MapPerfEvent:
		return newPerfArray(m)
	case bpf.MapRingbuf, bpf.MapUserRingbuf:
		return newRing(m)
	case bpf.MapLRUHash:
		return newLRU(m)
	case bpf.MapLRUPercpu:
		return newLRUPerCPU(m)
	case bpf.MapQueue, bpf.MapStack:
		return newQueue(m)
	case bpf.MapBloomFilter:
		return newBloom(m)
	case bpf.MapStackTrace:
		return newStackMap(m)
	case bpf.MapLPMTrie:
		return newTrie(m)
	}
	return nil
}

// shape is what sizes and flags a type allows, as Linux has it.
type shape struct {
	flags      uint32 // of map_flags
	needs      uint32 // flags that must be set
	key, value uint32 // the only size in bytes; 0 for any from 1 to the largest
	minKey     uint32
	maxKey     uint32 // 0 for any
	keyless    bool
	valueless  bool
	perCPU     bool
	perf       bool // sizes are those of refusePerf
	ring       bool // max_entries is the size of a ring in bytes
}

const (
	accessFlags = bpf.FlagRdonly | bpf.FlagWronly | bpf.FlagRdonlyProg | bpf.FlagWronlyProg
	lruFlags    = accessFlags | bpf.FlagNoCommonLRU | bpf.FlagZeroSeed | bpf.FlagNumaNode
	hashFlags   = accessFlags | bpf.FlagNoPrealloc | bpf.FlagZeroSeed | bpf.FlagNumaNode
	slotFlags   = bpf.FlagRdonly | bpf.FlagWronly | bpf.FlagNumaNode

	// maxKey is the longest key of a hash map in bytes: what fits on a stack.
	maxKey = 512
)

// shapes are the types that newKind makes. NUMA_NODE says where the kernel would
// allocate the map; Go's allocator is not asked. A test compares the rows with
// the compiler's.
var shapes = map[bpf.MapType]shape{
	bpf.MapArray:     {flags: accessFlags | bpf.FlagMmapable | bpf.FlagInnerMap | bpf.FlagNumaNode, key: 4},
	bpf.MapHash:      {flags: hashFlags, maxKey: maxKey},
	bpf.MapProgArray: {flags: slotFlags, key: 4, value: 4},

	bpf.MapArrayOfMaps: {flags: slotFlags, key: 4, value: 4},
	bpf.MapHashOfMaps:  {flags: hashFlags, value: 4, maxKey: maxKey},

	bpf.MapPerfEvent:   {flags: slotFlags | bpf.FlagPreserve, perf: true},
	bpf.MapRingbuf:     {flags: bpf.FlagNumaNode, keyless: true, valueless: true, ring: true},
	bpf.MapUserRingbuf: {flags: bpf.FlagNumaNode, keyless: true, valueless: true, ring: true},
	bpf.MapLRUHash:     {flags: lruFlags, maxKey: maxKey},
	bpf.MapLRUPercpu:   {flags: lruFlags &^ bpf.FlagNumaNode, maxKey: maxKey, perCPU: true},
	bpf.MapQueue:       {flags: accessFlags | bpf.FlagNumaNode, keyless: true},
	bpf.MapStack:       {flags: accessFlags | bpf.FlagNumaNode, keyless: true},
	bpf.MapBloomFilter: {flags: accessFlags | bpf.FlagNumaNode | bpf.FlagZeroSeed, keyless: true},
	bpf.MapStackTrace:  {flags: slotFlags | bpf.FlagStackBuildID, key: 4},

	bpf.MapPercpuHash:  {flags: hashFlags &^ bpf.FlagNumaNode, maxKey: maxKey, perCPU: true},
	bpf.MapPercpuArray: {flags: accessFlags, key: 4, perCPU: true},

	bpf.MapLPMTrie: {flags: accessFlags | bpf.FlagNoPrealloc | bpf.FlagNumaNode, needs: bpf.FlagNoPrealloc, minKey: triePrefix + 1, maxKey: trieMaxKey},
}

// isLRU reports whether a full map of the type gives up a key.
func isLRU(t bpf.MapType) bool { return t == bpf.MapLRUHash || t == bpf.MapLRUPercpu }

// refuse says what is wrong with the sizes and flags of a map of the type.
func (t *shape) refuse(s *MapSpec, rules *bpf.Rules) (string, bpf.Errno) {
	anyKey := (s.Type == bpf.MapArray || s.Type == bpf.MapPercpuArray) && rules.ArrayKeyAny
	switch {
	case s.Type != bpf.MapBloomFilter && s.Extra != 0:
		return fmt.Sprintf("map_extra is %d; maps of this type have none", s.Extra), bpf.EINVAL
	case isLRU(s.Type) && s.Flags&^lruFlags == bpf.FlagNoPrealloc:
		return "LRU maps cannot have the flag NO_PREALLOC", bpf.ENOTSUP
	case s.MaxEntries == 0:
		return "max_entries is 0", bpf.EINVAL
	case t.perf:
		if detail, errno := refusePerf(s, rules); errno != 0 {
			return detail, errno
		}
		return t.refuseFlags(s.Flags, rules)
	case t.keyless && s.KeySize != 0:
		return fmt.Sprintf("the key size is %d, maps of this type have no keys", s.KeySize), bpf.EINVAL
	case !t.keyless && s.KeySize == 0:
		return "the key size is 0", bpf.EINVAL
	case t.key != 0 && s.KeySize != t.key && !anyKey:
		return fmt.Sprintf("the key size is %d, maps of this type have keys of %d bytes", s.KeySize, t.key), bpf.EINVAL
	case s.KeySize < t.minKey:
		return fmt.Sprintf("the key size is %d, maps of this type have keys of at least %d bytes", s.KeySize, t.minKey), bpf.EINVAL
	case t.valueless && s.ValueSize != 0:
		return fmt.Sprintf("the value size is %d, maps of this type have no values", s.ValueSize), bpf.EINVAL
	case !t.valueless && s.ValueSize == 0:
		return "the value size is 0", bpf.EINVAL
	case t.maxKey != 0 && s.KeySize > t.maxKey:
		errno := bpf.E2BIG
		if s.Type == bpf.MapLPMTrie {
			errno = bpf.EINVAL
		}
		return fmt.Sprintf("keys of %d bytes are longer than %d", s.KeySize, t.maxKey), errno
	case t.value != 0 && s.ValueSize != t.value:
		return fmt.Sprintf("the value size is %d, maps of this type have values of %d bytes", s.ValueSize, t.value), bpf.EINVAL
	case s.Type == bpf.MapBloomFilter && s.Extra > maxBloomHashes:
		return fmt.Sprintf("map_extra is %d; it is the number of hash functions, up to %d", s.Extra, maxBloomHashes), bpf.EINVAL
	case s.Type == bpf.MapStackTrace && refuseStacks(s) != "":
		return refuseStacks(s), bpf.EINVAL
	}
	if detail, errno := t.refuseFlags(s.Flags, rules); errno != 0 || !t.ring {
		return detail, errno
	}
	return refuseRing(s.MaxEntries, rules)
}

func (t *shape) refuseFlags(flags uint32, rules *bpf.Rules) (string, bpf.Errno) {
	switch {
	case flags&^t.flags != 0:
		return fmt.Sprintf("flags %#x are not flags of this map type", flags&^t.flags), bpf.EINVAL
	case flags&bpf.FlagNoCommonLRU != 0 && flags&bpf.FlagNumaNode != 0:
		return "NO_COMMON_LRU and NUMA_NODE exclude each other", bpf.EINVAL
	case t.needs&^flags != 0 && rules.MapNeedsFlags:
		return fmt.Sprintf("maps of this type need the flags %#x", t.needs), bpf.EINVAL
	case flags&(bpf.FlagRdonly|bpf.FlagWronly) == bpf.FlagRdonly|bpf.FlagWronly,
		flags&(bpf.FlagRdonlyProg|bpf.FlagWronlyProg) == bpf.FlagRdonlyProg|bpf.FlagWronlyProg:
		return "read-only and write-only exclude each other", bpf.EINVAL
	}
	return "", 0
}

// refuses are the operations that a type does not have. Implementations embed
// it.
type refuses struct{ m *Map }

func (refuses) lookup(*abi.Frame, unsafe.Pointer) uint64           { return 0 }
func (refuses) lookupAt(*abi.Frame, unsafe.Pointer, uint64) uint64 { return 0 }
func (refuses) update(*abi.Frame, unsafe.Pointer, unsafe.Pointer, uint64) bpf.Errno {
	return bpf.ENOTSUP
}
func (refuses) remove(*abi.Frame, unsafe.Pointer) bpf.Errno            { return bpf.ENOTSUP }
func (refuses) push(*abi.Frame, unsafe.Pointer, uint64) bpf.Errno      { return bpf.ENOTSUP }
func (refuses) pop(*abi.Frame, unsafe.Pointer) bpf.Errno               { return bpf.ENOTSUP }
func (refuses) peek(*abi.Frame, unsafe.Pointer) bpf.Errno              { return bpf.ENOTSUP }
func (refuses) each(*abi.Frame, *walk) uint64                          { return 0 }
func (refuses) read(unsafe.Pointer, unsafe.Pointer, uint64) bpf.Errno  { return bpf.ENOTSUP }
func (refuses) write(unsafe.Pointer, unsafe.Pointer, uint64) bpf.Errno { return bpf.ENOTSUP }
func (refuses) erase(unsafe.Pointer) bpf.Errno                         { return bpf.ENOTSUP }
func (refuses) take(unsafe.Pointer, unsafe.Pointer, uint64) bpf.Errno  { return bpf.ENOTSUP }
func (refuses) next(unsafe.Pointer, unsafe.Pointer) bpf.Errno          { return bpf.ENOTSUP }
func (refuses) memory(uint64) uint64                                   { return 0 }
func (refuses) close()                                                 {}
func (r refuses) count() int                                           { return int(r.m.max) }
func (r refuses) explain(op string, errno bpf.Errno, flags uint64) string {
	switch {
	case errno == bpf.ENOTSUP:
		return fmt.Sprintf("maps of type %d have no such operation", r.m.spec.Type)
	case op == "update" && flags&^bpf.UpdateLock > bpf.UpdateExist:
		return fmt.Sprintf("flags %d; 0 (any), 1 (no exist) and 2 (exist) are possible", flags)
	case flags&bpf.UpdateLock != 0 && errno == bpf.EINVAL:
		return "the flag F_LOCK needs values with a struct bpf_spin_lock"
	case errno == bpf.EEXIST:
		return "the key exists and the flag is NOEXIST"
	case errno == bpf.ENOENT && op == "update":
		return "no such key and the flag is EXIST"
	case errno == bpf.ENOENT:
		return "no such key"
	case errno == bpf.E2BIG || errno == bpf.ENOSPC:
		return fmt.Sprintf("the map is full, max_entries is %d", r.m.max)
	}
	return "not possible for maps of this type"
}
