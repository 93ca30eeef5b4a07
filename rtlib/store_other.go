//go:build !amd64 || race

package rtlib

import "sync/atomic"

// storeRelaxed stores without any order to later accesses. On arm64 it is
// STLR, which costs no fence.
func storeRelaxed(p *uint64, v uint64) { atomic.StoreUint64(p, v) }

// storeRelease stores after every earlier access of this goroutine.
func storeRelease(p *uint64, v uint64) { atomic.StoreUint64(p, v) }

// storeRelease32 is storeRelease for 4 bytes.
func storeRelease32(p *uint32, v uint32) { atomic.StoreUint32(p, v) }
