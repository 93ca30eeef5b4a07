// Package perf has the API of github.com/cilium/ebpf/perf over rtlib: it takes a
// perf event array of a collection and gives the samples of programs, those of
// one CPU in order. Code that used that package changes its import path.
//
//	rd, err := perf.NewReader(objs.Events, os.Getpagesize())
//	for {
//		record, err := rd.Read() // a copy
//		if errors.Is(err, perf.ErrClosed) {
//			return
//		}
//		if record.LostSamples != 0 {
//			…
//		}
//	}
//
// CPUs are execution slots (rtlib.Frame). The reader makes a ring for each, up
// to max_entries of the array; a map without max_entries has one for each CPU.
// Without a reader programs get ENOENT. Maps with the rules of Windows have
// rings of max_entries bytes from the start, and programs lose what they do not
// hold.
//
// ReadLease, which that package does not have, gives the memory of the ring
// itself. A reader that waits takes no processor time.
//
// Refused: other maps, and a second reader of a map.
package perf
