// Package ringbuf has the API of github.com/cilium/ebpf/ringbuf over rtlib: it
// takes a ring buffer of a collection and gives its records, in the order in
// which programs reserved them. Code that used that package changes its import
// path.
//
//	rd, err := ringbuf.NewReader(objs.Events)
//	for {
//		record, err := rd.Read() // a copy
//		if errors.Is(err, ringbuf.ErrClosed) {
//			return
//		}
//		…
//	}
//
// ReadLease and Records, which that package does not have, give the memory of
// the ring itself: nothing is copied, and the space is the programs' again when
// the function or the iteration is done with it. A reader that waits takes no
// processor time; a program that wakes it does not wait and allocates nothing.
//
// Writer is for user ring buffers, from which programs take samples by
// bpf_user_ringbuf_drain. Its methods are those of libbpf's user_ring_buffer.
//
// Refused: maps of other types, and a second reader or writer of a map, which
// would share the position in the ring with the first.
package ringbuf
