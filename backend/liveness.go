package backend

// Distances to the next use, in instructions. A use behind a call is far: the
// call takes the register anyway. A use behind a loop is farther.
const (
	distCall = 200
	distCold = 500
	distExit = 2000
	distFar  = 180 // a value whose next use is farther gets no register at a merge
)

// liveReg is a value that is live at the end of a block.
type liveReg struct {
	reg  Reg
	dist int32 // to its next use, from the end of the block
}

// liveSet is a sparse set of values with distances.
type liveSet struct {
	pos  []int32 // by register - FirstVirtual: index + 1 into list
	list []liveReg
}

func newLiveSet(f *Func) *liveSet { return &liveSet{pos: make([]int32, f.NextReg-FirstVirtual)} }

func (s *liveSet) clear() {
	for _, x := range s.list {
		s.pos[x.reg-FirstVirtual] = 0
	}
	s.list = s.list[:0]
}

// set sets r's distance.
func (s *liveSet) set(r Reg, dist int32) {
	if p := s.pos[r-FirstVirtual]; p != 0 {
		s.list[p-1].dist = dist
		return
	}
	s.list = append(s.list, liveReg{r, dist})
	s.pos[r-FirstVirtual] = int32(len(s.list))
}

// lower sets r's distance when it is new or nearer, and reports whether it
// did.
func (s *liveSet) lower(r Reg, dist int32) bool {
	if p := s.pos[r-FirstVirtual]; p != 0 && s.list[p-1].dist <= dist {
		return false
	}
	s.set(r, dist)
	return true
}

func (s *liveSet) remove(r Reg) {
	p := s.pos[r-FirstVirtual]
	if p == 0 {
		return
	}
	last := s.list[len(s.list)-1]
	s.list[p-1] = last
	s.pos[last.reg-FirstVirtual] = p
	s.list = s.list[:len(s.list)-1]
	s.pos[r-FirstVirtual] = 0
}

// liveness computes for each block the values that are live at its end. The
// arguments of its edges are not among them unless they live on.
func liveness(f *Func) [][]liveReg {
	out := make([][]liveReg, len(f.Blocks))
	s := newLiveSet(f)
	dirty := make([]bool, len(f.Blocks))
	for i := range dirty {
		dirty[i] = true
	}
	merge := newLiveSet(f)
	for again := true; again; {
		again = false
		for i := len(f.Blocks) - 1; i >= 0; i-- {
			b := f.Blocks[i]
			if !dirty[i] {
				continue
			}
			dirty[i] = false
			liveIn(f, b, out[i], s)
			for _, p := range b.Preds {
				if addLive(&out[p.ID], s, merge, edgeDistance(p, b)) {
					dirty[p.ID] = true
					again = true
				}
			}
		}
	}
	return out
}

// edgeDistance is how far the beginning of b is from the end of p.
func edgeDistance(p, b *Block) int32 {
	switch {
	case b.Depth < p.Depth:
		return distExit
	case b.Cold && !p.Cold, p.Seldom != 0 && p.Succs[p.Seldom-1].To == b:
		return distCold
	}
	return 1
}

// liveIn leaves in s what is live at the beginning of b.
func liveIn(f *Func, b *Block, out []liveReg, s *liveSet) {
	s.clear()
	n := int32(len(b.Insts))
	for _, x := range out {
		s.set(x.reg, x.dist+n)
	}
	for _, e := range b.Succs {
		for _, a := range e.Args {
			s.lower(a, n)
		}
	}
	var buf [5]*Reg
	for i := len(b.Insts) - 1; i >= 0; i-- {
		in := &b.Insts[i]
		if in.Dst != 0 {
			s.remove(in.Dst)
		}
		if f.Target.Ops[in.Op].Call {
			for j := range s.list {
				s.list[j].dist += distCall
			}
		}
		for _, r := range in.operands(&buf) {
			if r.Virtual() {
				s.set(*r, int32(i))
			}
		}
	}
	for _, p := range b.Params {
		s.remove(p)
	}
}

// addLive merges what is live at the beginning of a successor into out.
func addLive(out *[]liveReg, in, merge *liveSet, delta int32) bool {
	merge.clear()
	for _, x := range *out {
		merge.set(x.reg, x.dist)
	}
	changed := false
	for _, x := range in.list {
		// Distances saturate, so that the iteration ends.
		d := min(x.dist+delta, 1<<20)
		if merge.lower(x.reg, d) {
			changed = true
		}
	}
	if changed {
		*out = append((*out)[:0], merge.list...)
	}
	return changed
}
