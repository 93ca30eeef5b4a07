package rtlib

import (
	"math/bits"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// bpf_iter_bits: the numbers of the bits that are set in words of 64 bits.
//
// The 16 bytes on the program's stack are struct bpf_iter_bits (linux/bpf.h),
// which programs cannot look into:
//
//	 0 the word when there is one; else the index of Frame.bits
//	 8 number of bits, 0 for an iterator that gives nothing
//	12 the bit that came last, at first -1: what Next returns the address of
//
// Words are copied when the iterator is made. More than one go to memory of the
// Frame. Each place of a stack has at most one iterator, so memory that was not
// destroyed, because a panic or a budget ended the run, is found again by the
// next iterator there: a Frame never has more than a place for each 16 bytes of
// its stacks, and mostly one.

// bitsState is struct bpf_iter_bits.
type bitsState struct {
	word uint64
	n    int32
	bit  int32
}

// bitWords is memory for the words of an iterator.
type bitWords struct {
	owner uint64 // address of the iterator, 0 when it is free
	words []uint64
}

// maxBitWords is the limit of bpf_iter_bits_new (kernel/bpf/helpers.c,
// BITS_ITER_NR_WORDS_MAX).
const maxBitWords = 511

// IterBitsNew makes an iterator at address it for the bits of words of 8 bytes
// at address at, which any number can be: it returns 0, or EINVAL for no words,
// E2BIG for more than 511, EFAULT when they are not in memory that the program
// can have. An iterator that was refused gives nothing and is destroyed as
// others.
//
//go:linkname IterBitsNew bpf2go/rtlib/v1.IterBitsNew
//go:nocheckptr
//go:norace
func IterBitsNew(fr *abi.Frame, it, at, words uint64) uint64 {
	s, n := (*bitsState)(ptr(it)), uint32(words)
	*s = bitsState{bit: -1}
	f := (*Frame)(fr.Private.P)
	rules := (*Instance)(fr.Inst.P).rules
	switch {
	case n == 0:
		return rules.HelperResult(bpf.EINVAL)
	case n > maxBitWords:
		return rules.HelperResult(bpf.E2BIG)
	case !f.readable(at, uint64(n)*8):
		return rules.HelperResult(bpf.EFAULT)
	}
	s.n = int32(64 * n)
	if n == 1 {
		s.word = load64(ptr(at))
		return 0
	}
	var w *bitWords
	s.word, w = f.takeBits(it, int(n))
	for i := range w.words {
		w.words[i] = load64(ptr(at + 8*uint64(i)))
	}
	return 0
}

// IterBitsNext returns the address of the number of the next bit, a 32-bit
// number that can be read until the next call, or 0 after the last.
//
//go:linkname IterBitsNext bpf2go/rtlib/v1.IterBitsNext
//go:nocheckptr
//go:norace
func IterBitsNext(fr *abi.Frame, it uint64) uint64 {
	s := (*bitsState)(ptr(it))
	words := []uint64{s.word}
	if s.n > 64 {
		words = (*Frame)(fr.Private.P).bits[s.word].words
	}
	for bit := s.bit + 1; bit < s.n; bit = (bit | 63) + 1 {
		if w := words[bit/64] >> (bit % 64); w != 0 {
			s.bit = bit + int32(bits.TrailingZeros64(w))
			return it + uint64(unsafe.Offsetof(s.bit))
		}
	}
	s.bit = s.n
	return 0
}

// IterBitsDestroy ends an iterator.
//
//go:linkname IterBitsDestroy bpf2go/rtlib/v1.IterBitsDestroy
//go:nocheckptr
//go:norace
func IterBitsDestroy(fr *abi.Frame, it uint64) uint64 {
	if s := (*bitsState)(ptr(it)); s.n > 64 {
		(*Frame)(fr.Private.P).bits[s.word].owner = 0
	}
	return 0
}

// takeBits returns memory for n words of the iterator at an address and its
// index: what the last iterator there has left, or what is free, or new memory.
func (f *Frame) takeBits(it uint64, n int) (uint64, *bitWords) {
	index := len(f.bits)
	for i, w := range f.bits {
		if w.owner == it {
			index = i
			break
		}
		if w.owner == 0 {
			index = i
		}
	}
	if index == len(f.bits) {
		f.bits = append(f.bits, &bitWords{})
	}
	w := f.bits[index]
	w.owner = it
	if cap(w.words) < n {
		w.words = make([]uint64, maxBitWords)
	}
	w.words = w.words[:n]
	return uint64(index), w
}

// readable reports whether size bytes at an address are of the stacks, of the
// packet or of one map of the instance that runs.
//
// It is for addresses that no proof is about. The kernel reads such memory with
// faults caught; here what is not the program's could be anything of the
// process.
func (f *Frame) readable(at, size uint64) bool {
	inside := func(start, bytes uint64) bool { return at >= start && at-start <= bytes && size <= bytes-(at-start) }
	fr := &f.abi
	if inside(uint64(uintptr(unsafe.Pointer(&fr.Stack))), uint64(len(fr.Stack))) || inside(fr.DataMeta, fr.DataEnd-fr.DataMeta) {
		return true
	}
	for _, m := range (*Instance)(fr.Inst.P).maps {
		if n := m.ops.memory(at); n != 0 && n >= size {
			return true
		}
	}
	return false
}
