//go:build amd64 && !race

package rtlib

// On amd64 every store is a release store (Intel SDM vol. 3, §9.2.2), and an
// aligned one of 8 bytes is atomic. The compiler keeps stores in order, and does
// not move one across the call of the program that follows or precedes it, nor
// across the loads, stores and helper calls of a Go body that it inlines there:
// they are ordered by the memory they may share. sync/atomic would use XCHG, a
// full fence.

// storeRelaxed stores without any order to later accesses.
func storeRelaxed(p *uint64, v uint64) { *p = v }

// storeRelease stores after every earlier access of this goroutine.
func storeRelease(p *uint64, v uint64) { *p = v }

// storeRelease32 is storeRelease for 4 bytes.
func storeRelease32(p *uint32, v uint32) { *p = v }
