package ir

import "github.com/bpf2go-native/bpf2go-native/bpf/table"

// deadStores removes stores to the function's own stack that nothing reads: no
// load, no helper that gets the address, no callee. It is a backward analysis
// of which bytes may still be read.
func deadStores(f *Func) bool {
	d := &storeKiller{frame: newFrame(f)}
	trimmed := d.trimZero(f)
	d.measure(f)
	if d.size == 0 {
		return trimmed
	}
	order := reversePostorder(f)
	words := (d.size + 63) / 64
	in := make([][]uint64, f.NumIDs) // by Block.ID: bytes read later, at its begin
	for _, b := range order {
		in[b.ID] = make([]uint64, words)
	}
	for again := true; again; {
		again = false
		for i := len(order) - 1; i >= 0; i-- {
			b := order[i]
			live := d.leaving(b, in, words)
			d.backwards(b, live, nil)
			for k, x := range live {
				if x != in[b.ID][k] {
					in[b.ID][k] = x
					again = true
				}
			}
		}
	}
	r := newRenames(f)
	changed := trimmed
	for _, b := range order {
		gone := map[*Value]bool{}
		d.backwards(b, d.leaving(b, in, words), gone)
		if len(gone) == 0 {
			continue
		}
		changed = true
		b.keep(func(v *Value) bool {
			if gone[v] {
				r[v.ID] = v.Mem[0]
			}
			return !gone[v]
		})
	}
	if changed {
		r.apply(f)
	}
	return changed
}

// trimZero forgets to clear stack bytes at entry when nothing reads them any
// more.
func (d *storeKiller) trimZero(f *Func) bool {
	if f.ZeroLo == f.ZeroHi {
		return false
	}
	read := false
	for _, b := range f.Blocks {
		for _, v := range b.Values {
			all := d.frame.reads(v, func(off int64, size int) {
				read = read || off < int64(f.ZeroHi) && int64(f.ZeroLo) < off+int64(size)
			})
			read = read || all
		}
	}
	if !read {
		f.ZeroLo, f.ZeroHi = 0, 0
	}
	return !read
}

type storeKiller struct {
	frame *frame
	low   int64 // smallest offset from r10 of an access
	size  int   // bytes from low that accesses touch
}

// measure finds the part of the stack that stores write.
func (d *storeKiller) measure(f *Func) {
	first := true
	var high int64
	for _, b := range f.Blocks {
		for _, v := range b.Values {
			off, ok := d.frame.place(v)
			if !ok || v.Op.Row().Class != ClassStore {
				continue
			}
			end := off + int64(v.Op.Row().Width)
			if first {
				d.low, high, first = off, end, false
			}
			d.low, high = min(d.low, off), max(high, end)
		}
	}
	d.size = int(high - d.low)
}

// leaving is what is read behind b. Behind a return nothing is.
func (d *storeKiller) leaving(b *Block, in [][]uint64, words int) []uint64 {
	live := make([]uint64, words)
	for _, e := range b.Succs {
		for k, x := range in[e.To.ID] {
			live[k] |= x
		}
	}
	return live
}

// backwards goes over b from its end. With a map it collects dead stores.
func (d *storeKiller) backwards(b *Block, live []uint64, gone map[*Value]bool) {
	for i := len(b.Values) - 1; i >= 0; i-- {
		v := b.Values[i]
		off, ok := d.frame.place(v)
		if ok && v.Op.Row().Class == ClassStore && v.Region == table.RegionStack {
			if !d.any(live, off, int(v.Op.Row().Width)) {
				if gone != nil {
					gone[v] = true
				}
				continue
			}
			d.mark(live, off, int(v.Op.Row().Width), false)
			continue
		}
		if d.frame.reads(v, func(off int64, size int) { d.mark(live, off, size, true) }) {
			for k := range live {
				live[k] = ^uint64(0)
			}
		}
	}
}

// mark sets or clears bytes.
func (d *storeKiller) mark(live []uint64, off int64, size int, set bool) {
	for x := off - d.low; size > 0; x, size = x+1, size-1 {
		switch {
		case x < 0 || x >= int64(d.size):
		case set:
			live[x/64] |= 1 << (x % 64)
		default:
			live[x/64] &^= 1 << (x % 64)
		}
	}
}

func (d *storeKiller) any(live []uint64, off int64, size int) bool {
	for x := off - d.low; size > 0; x, size = x+1, size-1 {
		if live[x/64]&(1<<(x%64)) != 0 {
			return true
		}
	}
	return false
}
