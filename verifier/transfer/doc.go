// Package transfer is the abstract semantics: what one instruction does to a
// state, and every assertion that makes it legal. It is the core of the
// trusted base, together with packages value, state and check and the tables
// of bpf/table.
//
// # Theorem
//
// Let c be a concrete machine state that an abstract state s stands for, and
// let the instruction at its pc be executed with the semantics of RFC 9669
// and of the helpers' documentation. If Step(s) returns no Fault, then
//
//   - the instruction accesses only memory that it may access: context fields,
//     512 bytes of each active frame's stack, the packet between data and
//     data_end (metadata between data_meta and data, the memory of a Memory
//     hook up to its length), values of maps that were found, data sections,
//     ring buffer records, slices of dynptrs and fields of sockets while they
//     are held; it writes none that is read-only and touches no lock, timer,
//     iterator or dynptr; helpers get what their rows ask for;
//   - what was acquired is given back at most once, and not again by any copy;
//     it has been given back when the program ends. One lock is held at a time,
//     with no other call until it is unlocked;
//   - the next concrete state is one of s afterwards (at Next) or one of
//     Taken (at Target), or the program has ended with a legal result.
//
// # What is assumed, and who guarantees it
//
//   - Regions lie between address 65536 and 2^62 and none is longer than
//     2^48 bytes (every operating system that Go runs on); the metadata ends
//     where the packet starts (rtlib).
//   - A value pointer stays valid until the invocation ends, a map's value
//     has value_size bytes and is aligned to 8, stacks are aligned to 8
//     (rtlib: reclamation by epochs, slabs, Frame).
//   - Ring buffer records have the size that was asked for, are aligned to 8
//     and stay until they are submitted or discarded; sockets until they are
//     released, others until the invocation ends; a dynptr leads to nothing
//     beyond what it was made of, and its data to no more bytes than were asked
//     for (rtlib).
//   - Stack bytes that a Note reports as uninitialised are zeroed at entry or
//     hold any number (rtlib and the targets, by FuncFact.ZeroLo).
//   - Maps have at least the entries and frozen data has the bytes that
//     Facts.Relied names (rtlib refuses an instance otherwise).
//   - Others may write map values and packets at any time: nothing is known
//     of what is read from them, and generated code never reads a checked
//     value again (ir: effect tokens).
//   - Helpers write only what their rows say, and keep r6 to r10 (rtlib; the
//     targets' calling convention).
package transfer
