package rtlib

import (
	_ "unsafe" // for go:linkname

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Spin locks in values of maps (struct bpf_spin_lock): a latch that a program has
// between bpf_spin_lock and bpf_spin_unlock, or a host or an update with F_LOCK
// while it copies the value.
//
// In the kernel interrupts are off while a program has a lock, so whoever spins
// waits for some instructions. Here the goroutine that has it can lose its
// processor: the operating system stops its thread, or a loop lets others run
// (Preempt). So whoever waits looks some times and then lets other goroutines
// run between its looks (latch). That is enough with one processor, and while
// the garbage collector stops the world: the waiting is Go code, which can be
// preempted anywhere. Who comes next among those who wait is not promised.
//
// A program has at most one lock, calls nothing while it has it but what unlocks,
// and cannot end before: the verifier has proven it. What is left are panics and
// budgets, for which the Frame notes the lock (hold).

// SpinLock is bpf_spin_lock.
//
//go:linkname SpinLock bpf2go/rtlib/v1.SpinLock
//go:nocheckptr
func SpinLock(fr *abi.Frame, lock uint64) uint64 {
	(*latch)(ptr(lock)).lock()
	f := (*Frame)(fr.Private.P)
	f.held = append(f.held, hold{kind: holdLock, addr: lock})
	return 0
}

// SpinUnlock is bpf_spin_unlock.
//
//go:linkname SpinUnlock bpf2go/rtlib/v1.SpinUnlock
//go:nocheckptr
func SpinUnlock(fr *abi.Frame, lock uint64) uint64 {
	(*Frame)(fr.Private.P).dropLock(lock)
	(*latch)(ptr(lock)).unlock()
	return 0
}
