package rtlib

import (
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// CsumDiff is bpf_csum_diff: the checksum seed with the bytes at from taken out
// and those at to put in. Sizes are multiples of 4. On Linux the result is
// folded to 16 bits, as it is since Linux 6.13; on Windows it is the plain sum
// of 16-bit words.
//
//go:linkname CsumDiff bpf2go/rtlib/v1.CsumDiff
//go:nocheckptr
func CsumDiff(fr *abi.Frame, from, fromSize, to, toSize, seed uint64) uint64 {
	rules := (*Instance)(fr.Inst.P).rules
	// Sizes are 32-bit numbers whatever the upper half says.
	n, k := uintptr(uint32(fromSize)), uintptr(uint32(toSize))
	switch {
	case (n|k)&3 != 0:
		return rules.HelperResult(bpf.EINVAL)
	case !rules.ChecksumFolds:
		return uint64(uint32(seed) + sum16(ptr(to), k) + uint32(n/2)*0xffff - sum16(ptr(from), n))
	}
	// As net/core/filter.c: which of these it is decides between the two
	// forms of zero.
	sum := uint32(seed)
	switch {
	case n != 0 && k != 0:
		sum = add1(sum32(ptr(to), k, sum), ^sum32(ptr(from), n, 0))
	case k != 0:
		sum = sum32(ptr(to), k, sum)
	case n != 0:
		sum = ^sum32(ptr(from), n, ^sum)
	}
	return uint64((sum + (sum>>16 | sum<<16)) >> 16)
}

// add1 adds with the carry put back: one's complement.
func add1(a, b uint32) uint32 {
	s := uint64(a) + uint64(b)
	return uint32(s) + uint32(s>>32)
}

// sum32 is the one's complement sum of n bytes in 32-bit words and seed: 0 only
// when all are 0.
//
//go:norace
func sum32(p unsafe.Pointer, n uintptr, seed uint32) uint32 {
	sum := uint64(seed)
	for i := uintptr(0); i < n; i += 4 {
		sum += uint64(load32(unsafe.Add(p, i)))
	}
	sum = sum>>32 + sum&0xffffffff
	return uint32(sum>>32 + sum)
}

// sum16 is the sum of n bytes in 16-bit words.
//
//go:norace
func sum16(p unsafe.Pointer, n uintptr) uint32 {
	var sum uint32
	for i := uintptr(0); i < n; i += 4 {
		w := load32(unsafe.Add(p, i))
		sum += w>>16 + w&0xffff
	}
	return sum
}
