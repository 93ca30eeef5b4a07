package backend

import "slices"

// hoistEdges executes the moves of a loop's back edge in front of the branch
// that takes it, where the way out of the loop does not need the registers
// that they overwrite: the block of the edge becomes empty and the branch goes
// to the loop's head itself. Moves leave the flags alone.
func hoistEdges(f *Func) {
	for _, mid := range f.Blocks {
		if len(mid.Preds) != 1 || len(mid.Succs) != 1 || mid.Cold || mid.Succs[0].To.order > mid.order {
			continue
		}
		from := mid.Preds[0]
		if len(from.Succs) != 2 {
			continue
		}
		other := from.Succs[0].To
		if other == mid {
			other = from.Succs[1].To
		}
		if canHoist(from, mid, other) {
			m := len(mid.Insts) - 1
			n := hoistPlace(f, from, mid.Insts[:m])
			from.Insts = slices.Insert(from.Insts, n, mid.Insts[:m]...)
			mid.Insts = mid.Insts[m:]
			// The other edge of the branch may be a back edge, too: its moves
			// must leave alone what these have put in place.
			mid.live = mid.Succs[0].To.live
		}
	}
}

// hoistPlace returns where in block b moves go: in front of the compare when
// that does not read what they write, so that the processor still sees compare
// and branch as one.
func hoistPlace(f *Func, b *Block, moves []Instr) int {
	n := len(b.Insts) - 1
	if n == 0 || f.Target.Ops[b.Insts[n-1].Op].Compare == 0 {
		return n
	}
	var buf [5]*Reg
	for _, r := range b.Insts[n-1].operands(&buf) {
		for i := range moves {
			if moves[i].Dst == *r {
				return n
			}
		}
	}
	return n - 1
}

func canHoist(from, mid, other *Block) bool {
	written := RegSet(0)
	for i := range mid.Insts[:len(mid.Insts)-1] {
		in := &mid.Insts[i]
		switch {
		case in.Orig != nil:
			return false
		case in.Op == OpMove, in.Op == OpConst, in.Op == OpReload:
			written |= 1 << in.Dst
		default:
			return false
		}
	}
	var buf [5]*Reg
	for _, r := range from.last().operands(&buf) {
		if written.Has(*r) {
			return false
		}
	}
	return written != 0 && written&other.live == 0
}

// layout puts the blocks into their final order, hot ones first, and rotates
// loops whose test is at the top so that it ends the loop.
func layout(f *Func) {
	f.layout = f.layout[:0]
	var cold []*Block
	for _, b := range f.Blocks {
		if b.Cold && b != f.Blocks[0] {
			cold = append(cold, b)
		} else {
			f.layout = append(f.layout, b)
		}
	}
	for _, h := range f.Blocks {
		if h.head == h && !h.Cold {
			rotate(f.layout, h)
		}
	}
	f.layout = append(f.layout, cold...)
}

// rotate moves the head of a loop behind the loop's last block when that jumps
// to it and the head decides whether the loop ends.
func rotate(list []*Block, h *Block) {
	first := -1
	for i, b := range list {
		if b == h {
			first = i
		}
	}
	end := first + 1
	for end < len(list) && inLoop(list[end], h) {
		end++
	}
	if first < 0 || end == first+1 || len(h.Succs) != 2 {
		return
	}
	if inLoop(h.Succs[0].To, h) == inLoop(h.Succs[1].To, h) {
		return
	}
	if last := list[end-1]; len(last.Succs) != 1 || last.Succs[0].To != h {
		return
	}
	copy(list[first:], list[first+1:end])
	list[end-1] = h
}

// inLoop reports whether b belongs to the loop of head h.
func inLoop(b, h *Block) bool {
	for x := b.head; x != nil; x = outer(x) {
		if x == h {
			return true
		}
	}
	return false
}

// empty reports whether b does nothing but end.
func empty(b *Block) bool {
	for i := range b.Insts[:len(b.Insts)-1] {
		if in := &b.Insts[i]; in.Op != OpMove || in.Dst != in.Args[0] {
			return false
		}
	}
	return true
}

// thread follows jumps through empty blocks. It returns nil for the end of the
// function.
func thread(b *Block) *Block {
	for range 1000 {
		if !empty(b) {
			return b
		}
		switch b.last().Op {
		case OpJump:
			b = b.Succs[0].To
		case OpRet:
			return nil
		default:
			return b
		}
	}
	return b
}

// lines lists the instructions in final order with their jumps.
func lines(f *Func) []Line {
	place := make([]*Block, 0, len(f.layout))
	reached := reachedBlocks(f)
	for _, b := range f.layout {
		if reached[b.ID] {
			place = append(place, b)
		}
	}
	first := make([]int, len(f.Blocks))
	target := make([]*Block, 0, len(f.Blocks)) // by line
	var code []Line
	add := func(in *Instr, jump bool, to *Block) {
		code = append(code, Line{Inst: in, Jump: jump})
		target = append(target, to)
	}
	for i, b := range place {
		var next *Block // nil: the end of the function
		if i+1 < len(place) {
			next = place[i+1]
		}
		first[b.ID] = len(code)
		for j := range b.Insts[:len(b.Insts)-1] {
			if in := &b.Insts[j]; in.Op != OpMove || in.Dst != in.Args[0] {
				add(in, false, nil)
			}
		}
		endBlock(f, b, next, add)
	}
	for i := range code {
		code[i].Target = -1
		if code[i].Jump && target[i] != nil {
			code[i].Target = first[target[i].ID]
		}
	}
	if f.Target.LoopAlign != 0 {
		for _, b := range loopStarts(place) {
			if i := first[b.ID]; i < len(code) {
				code[i].Align = true
			}
		}
	}
	markFlags(f, place, first, code)
	return code
}

// endBlock emits the jumps at the end of b; next follows it.
func endBlock(f *Func, b, next *Block, add func(*Instr, bool, *Block)) {
	in := b.last()
	jump := func(to *Block) {
		if to != next {
			add(&Instr{Op: OpJump, PC: in.PC}, true, to)
		}
	}
	switch in.Op {
	case OpRet:
		jump(nil)
	case OpJump:
		jump(thread(b.Succs[0].To))
	default:
		yes, no := thread(b.Succs[0].To), thread(b.Succs[1].To)
		switch {
		case yes == no:
			jump(yes)
		case yes == next, no != next && no != nil && yes != nil && colder(yes, no):
			inverse := *in
			inverse.Cond ^= 1
			add(&inverse, true, no)
			jump(yes)
		default:
			add(in, true, yes)
			jump(no)
		}
	}
}

// reachedBlocks finds the blocks that remain when jumps are threaded.
func reachedBlocks(f *Func) []bool {
	reached := make([]bool, len(f.Blocks))
	reached[f.Blocks[0].ID] = true
	work := []*Block{f.Blocks[0]}
	for len(work) > 0 {
		b := work[len(work)-1]
		work = work[:len(work)-1]
		for _, e := range b.Succs {
			if to := thread(e.To); to != nil && !reached[to.ID] {
				reached[to.ID] = true
				work = append(work, to)
			}
		}
	}
	return reached
}

// markFlags tells which instructions stand between flags and their reader,
// which may be in a later block (see reuseFlags).
func markFlags(f *Func, place []*Block, first []int, code []Line) {
	needs := flagReaders(f)
	end := len(code)
	for i := len(place) - 1; i >= 0; i-- {
		live := false
		for _, e := range place[i].Succs {
			live = live || needs[e.To.ID]
		}
		for j := end - 1; j >= first[place[i].ID]; j-- {
			in := code[j].Inst
			row := &f.Target.Ops[in.Op]
			in.FlagsLive = live
			live = live && !row.WritesFlags || row.ReadsFlags
		}
		end = first[place[i].ID]
	}
}

// flagReaders returns, by block, whether it reads flags that were set before
// it.
func flagReaders(f *Func) []bool {
	needs := make([]bool, len(f.Blocks))
	for again := true; again; {
		again = false
		for i := len(f.Blocks) - 1; i >= 0; i-- {
			b := f.Blocks[i]
			live := false
			for _, e := range b.Succs {
				live = live || needs[e.To.ID]
			}
			for j := len(b.Insts) - 1; j >= 0; j-- {
				row := &f.Target.Ops[b.Insts[j].Op]
				live = live && !row.WritesFlags && !row.Call || row.ReadsFlags
			}
			if live != needs[b.ID] {
				needs[b.ID], again = live, true
			}
		}
	}
	return needs
}
