package bpf

// Rules is where platforms differ in meaning, one value per platform (RulesOf).
// Maps and programs hold the rules of their object; nothing asks for the
// platform itself. Sources: the behaviour of Linux's kernel/bpf/arraymap.c,
// hashtab.c and prog_array, and of eBPF for Windows' maps.
type Rules struct {
	// ArrayDeleteZeroes: deleting an element of an array sets it to zero
	// and succeeds. Else it is EINVAL, whatever the index.
	ArrayDeleteZeroes bool
	// ArrayDeleteBounds is the error of deleting at an index that is not
	// below max_entries.
	ArrayDeleteBounds Errno
	// ArrayNoExist is the error of an update of an array with NOEXIST:
	// every element exists. An index out of bounds is found first.
	ArrayNoExist Errno
	// ArrayUpdateBounds is the error of an update at an index that is not
	// below max_entries.
	ArrayUpdateBounds Errno
	// ArrayNextKeyRestarts: the key after an index that is not below
	// max_entries is 0. Else there is none (ENOENT).
	ArrayNextKeyRestarts bool
	// ArrayKeyAny: arrays may have keys of any size of which the first
	// bytes, at most 4, are the index. Else the size has to be 4.
	ArrayKeyAny bool
	// MapNeedsFlags: types that cannot be preallocated (LPM tries) must be told
	// so by BPF_F_NO_PREALLOC.
	MapNeedsFlags bool
	// HashFull is the error of inserting into a hash map that has
	// max_entries keys. Replacing a value is always possible.
	HashFull Errno
	// TrieFull is the error of inserting into an LPM trie that has max_entries
	// prefixes. Replacing a value is always possible.
	TrieFull Errno
	// TrieLookupLength is the error of a host's lookup in an LPM trie with a
	// prefix length of more bits than the key has. Programs get no value.
	TrieLookupLength Errno
	// QueueFull is the error of pushing to a full queue or stack.
	QueueFull Errno
	// QueueEmpty is the error that programs get when they pop or peek an
	// empty queue or stack. Hosts get ENOENT.
	QueueEmpty Errno
	// QueueNoExist: a push may have the flag NOEXIST, which then says
	// nothing. Else it is EINVAL.
	QueueNoExist bool
	// QueueNextKey is the error of asking a queue or stack for a key.
	QueueNextKey Errno
	// ProgArrayDeleteEmpty is the error of deleting an empty slot of a
	// program array or an array of maps; 0 is success.
	ProgArrayDeleteEmpty Errno
	// ProgArrayExist: an update of a program array or an array of maps may
	// have the flag EXIST, which then says nothing. Else it is EINVAL, as
	// NOEXIST always is.
	ProgArrayExist bool
	// InnerMaxEntries: the inner maps of a map of maps have the type, the
	// sizes and the max_entries of its template. Else they have its type,
	// sizes and flags, and arrays its max_entries but for the flag
	// INNER_MAP.
	InnerMaxEntries bool
	// BatchByKey: batches of lookups go by keys in all types, may give fewer
	// elements than there is room for and need room for one. Else hash maps
	// go by buckets, and the end of a map is told with its last elements.
	BatchByKey bool
	// BatchFlags are the flags that elements of a batch may have.
	BatchFlags uint64
	// TailCallNone and TailCallLimit are r0 after a tail call that was
	// refused: no program is there, or 33 were taken already.
	TailCallNone, TailCallLimit int32
	// PerfArrayBytes: max_entries of a perf event array is the size in
	// bytes of each CPU's ring. Else it is the number of rings.
	PerfArrayBytes bool
	// RingFull is the error of output to a full ring buffer.
	RingFull Errno
	// RingNoPage is the error of a ring whose size is a power of two, but not a
	// multiple of a page.
	RingNoPage Errno
	// RingLengths: output of no bytes, or of more than a ring has, is EINVAL.
	// Else a record can be empty, and one that is too long finds the ring full.
	RingLengths bool
	// RingDelete is the error of deleting from a ring buffer, which has no keys.
	RingDelete Errno
	// PerfFull is the error of output to a full ring of a perf event array.
	PerfFull Errno
	// PerfNoContext is the error of output with a length of context in a program
	// whose context is no packet, PerfLongContext that of more than the packet
	// has.
	PerfNoContext, PerfLongContext Errno
	// RingFlagsIgnored: flags of an output say nothing. Else those that are not
	// known are EINVAL.
	RingFlagsIgnored bool
	// ChecksumFolds: csum_diff gives 16 bits. Else it gives the plain sum of
	// 16-bit words.
	ChecksumFolds bool
	// NameMax is the longest name of a map or program in bytes.
	NameMax int

	// helperCodes are the results of helpers by error: what r0 is the
	// negative of. Errors without an entry give their own number.
	helperCodes [numErrnos]int8
}

// RulesOf returns the rules of a platform. They are constants; the result is
// shared by all callers.
func RulesOf(p Platform) *Rules {
	if p == Windows {
		return &windowsRules
	}
	return &linuxRules
}

var linuxRules = Rules{
	ArrayDeleteBounds:    EINVAL,
	ArrayNoExist:         EEXIST,
	ArrayUpdateBounds:    E2BIG,
	ArrayNextKeyRestarts: true,
	MapNeedsFlags:        true,
	HashFull:             E2BIG,
	TrieFull:             ENOSPC,
	TrieLookupLength:     ENOENT,
	QueueFull:            E2BIG,
	QueueEmpty:           ENOENT,
	QueueNextKey:         EINVAL,
	ProgArrayDeleteEmpty: ENOENT,
	BatchFlags:           UpdateLock,
	RingDelete:           ENOTSUP,
	RingFull:             EAGAIN,
	RingNoPage:           EINVAL,
	PerfFull:             ENOSPC,
	PerfNoContext:        EINVAL,
	PerfLongContext:      EFAULT,
	ChecksumFolds:        true,
	NameMax:              15,
}

// windowsRules: capacity of hash maps is enforced with E2BIG, which the
// snapshot that they follow does not do (change 3348, being reverted).
var windowsRules = Rules{
	ArrayDeleteZeroes: true,
	ArrayDeleteBounds: EINVAL,
	ArrayNoExist:      EINVAL,
	ArrayUpdateBounds: EINVAL,
	ArrayKeyAny:       true,
	HashFull:          E2BIG,
	TrieFull:          E2BIG,
	TrieLookupLength:  EINVAL,
	QueueFull:         ENOSPC,
	QueueEmpty:        ENODATA,
	QueueNoExist:      true,
	QueueNextKey:      ENOTSUP,
	ProgArrayExist:    true,
	InnerMaxEntries:   true,
	BatchByKey:        true,
	BatchFlags:        UpdateNoExist | UpdateExist,
	TailCallNone:      -6,  // INVALID_ARGUMENT
	TailCallLimit:     -27, // NO_MORE_TAIL_CALLS
	PerfArrayBytes:    true,
	RingFull:          ENOMEM,
	RingNoPage:        ENOMEM,
	PerfFull:          ENOMEM,
	PerfNoContext:     ENOTSUP,
	PerfLongContext:   EINVAL,
	RingLengths:       true,
	RingDelete:        EINVAL,
	RingFlagsIgnored:  true,
	NameMax:           63,
	helperCodes: [numErrnos]int8{
		EINVAL:  6,  // INVALID_ARGUMENT
		EEXIST:  8,  // OBJECT_ALREADY_EXISTS
		ENOMEM:  12, // NO_MEMORY
		ENOTSUP: 18, // OPERATION_NOT_SUPPORTED
		ENOENT:  19, // KEY_NOT_FOUND
		EPERM:   20, // ACCESS_DENIED
		E2BIG:   29, // OUT_OF_SPACE
		ENOSPC:  29, // OUT_OF_SPACE
		ENODATA: 7,  // OBJECT_NOT_FOUND
		EFAULT:  31, // INVALID_POINTER
	},
}

// HelperResult is r0 after a helper that failed with e: the negative error
// number on Linux, the negative internal result code on Windows.
func (r *Rules) HelperResult(e Errno) uint64 {
	code := int64(e)
	if e >= 0 && e < numErrnos && r.helperCodes[e] != 0 {
		code = int64(r.helperCodes[e])
	}
	return uint64(-code)
}
