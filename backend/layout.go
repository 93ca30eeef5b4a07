package backend

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
	f.layout = append(f.layout, cold...)
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
	switch {
	case in.Op == OpRet:
		jump(nil)
	case in.Op == OpJump:
		jump(thread(b.Succs[0].To))
	default:
		yes, no := thread(b.Succs[0].To), thread(b.Succs[1].To)
		switch {
		case yes == no:
			jump(yes)
		case yes == next:
			inverse := *in
			inverse.Cond ^= 1
			add(&inverse, true, no)
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

// markFlags tells which instructions stand between flags and their reader.
func markFlags(f *Func, place []*Block, first []int, code []Line) {
	end := len(code)
	for i := len(place) - 1; i >= 0; i-- {
		live := false
		for j := end - 1; j >= first[place[i].ID]; j-- {
			in := code[j].Inst
			row := &f.Target.Ops[in.Op]
			in.FlagsLive = live
			live = live && !row.WritesFlags || row.ReadsFlags
		}
		end = first[place[i].ID]
	}
}
