//go:build !amd64 || race

package rtlib

import "sync/atomic"

// storeRelaxed stores without any order to later accesses. On arm64 it is
// STLR, which costs no fence.
func storeRelaxed(p *uint64, v uint64) { atomic.StoreUint64(p, v) }

// storeRelease stores after every earlier access of this goroutine.
func storeRelease(p *uint64, v uint64) { atomic.StoreUint64(p, v) }
