package progen

import (
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// Shrink returns a case with fewer instructions, simpler operands and smaller
// inputs for which fails still holds, as it does for c. It calls fails at most
// limit times; fails must refuse cases that are not valid.
func Shrink(c *Case, limit int, fails func(*Case) bool) *Case {
	s := &shrinker{best: c, left: limit, fails: fails}
	for {
		before := s.left
		progress := s.inputs()
		for k := range s.best.Object.Programs {
			progress = s.remove(k) || progress
			progress = s.simplify(k) || progress
		}
		if !progress || s.left <= 0 || s.left == before {
			return s.best
		}
	}
}

type shrinker struct {
	best  *Case
	left  int
	fails func(*Case) bool
}

// try keeps a case that still fails.
func (s *shrinker) try(c *Case) bool {
	if s.left <= 0 {
		return false
	}
	s.left--
	if !s.fails(c) {
		return false
	}
	s.best = c
	return true
}

// with is the best case with another program k.
func (s *shrinker) with(k int, p *frontend.Program) *Case {
	c, obj := *s.best, *s.best.Object
	obj.Programs = slices.Clone(obj.Programs)
	obj.Programs[k] = p
	c.Object = &obj
	return &c
}

// inputs drops inputs, shortens them and clears their bytes.
func (s *shrinker) inputs() (progress bool) {
	set := func(l []Input) bool {
		c := *s.best
		c.Inputs = l
		return s.try(&c)
	}
	for k := len(s.best.Inputs) - 1; k >= 0 && len(s.best.Inputs) > 1; k-- {
		progress = set(slices.Delete(slices.Clone(s.best.Inputs), k, k+1)) || progress
	}
	for k := range s.best.Inputs {
		change := func(data []byte) bool {
			l := slices.Clone(s.best.Inputs)
			l[k].Data = data
			return set(l)
		}
		for n := len(s.best.Inputs[k].Data) / 2; n > 0; n /= 2 {
			least := s.best.Object.Programs[0].Hook.MinLen
			for d := s.best.Inputs[k].Data; len(d) >= n+least && change(d[:len(d)-n]); d = s.best.Inputs[k].Data {
				progress = true
			}
		}
		d := s.best.Inputs[k].Data
		if slices.ContainsFunc(d, func(b byte) bool { return b != 0 }) && change(make([]byte, len(d))) {
			progress = true
		}
	}
	return progress
}

// remove takes out runs of instructions, long ones first.
func (s *shrinker) remove(k int) (progress bool) {
	for n := len(s.best.Object.Programs[k].Insns) / 2; n > 0; n /= 2 {
		for at := 0; at < len(s.best.Object.Programs[k].Insns); {
			p := without(s.best.Object.Programs[k], at, at+n)
			if p != nil && s.try(s.with(k, p)) {
				progress = true
				continue
			}
			at += max(1, n/2)
		}
	}
	return progress
}

// without is a program without the instructions from slot lo up to hi; nil when
// that leaves nothing or half of a wide load. Jumps to them go to what follows.
func without(p *frontend.Program, lo, hi int) *frontend.Program {
	hi = min(hi, len(p.Insns))
	gone := func(slot int) bool { return slot >= lo && slot < hi }
	for slot := range p.Insns {
		if p.Insns[slot].Wide() && gone(slot) != gone(slot+1) {
			return nil
		}
	}
	place := make([]int, len(p.Insns)+1) // of slots that stay; of others, of what follows
	q := *p
	q.Insns = nil
	for slot, i := range p.Insns {
		place[slot] = len(q.Insns)
		if !gone(slot) {
			q.Insns = append(q.Insns, i)
		}
	}
	place[len(p.Insns)] = len(q.Insns)
	for slot, i := range p.Insns {
		if gone(slot) {
			continue
		}
		j := &q.Insns[place[slot]]
		switch {
		case i.Jumps():
			j.Off = int32(place[i.Target(slot)] - place[slot] - 1)
		case refers(i):
			j.Imm = int64(place[slot+1+int(i.Imm)] - place[slot] - 1)
		}
	}
	q.Funcs = nil
	for _, f := range p.Funcs {
		f.Start, f.End = place[f.Start], place[f.End]
		if f.Start < f.End {
			q.Funcs = append(q.Funcs, f)
		}
	}
	q.Lines = make([]frontend.Line, len(q.Insns))
	if len(q.Funcs) == 0 || !sound(&q) {
		return nil
	}
	return &q
}

// refers reports whether the immediate is the distance to a function.
func refers(i bpf.Instruction) bool {
	return i.Op == bpf.OpCall && i.Kind == bpf.KindLocal || i.Op == bpf.OpLdImm && i.Kind == bpf.KindFunc
}

// sound reports whether references lead to functions.
func sound(p *frontend.Program) bool {
	for slot, i := range p.Insns {
		to := slot + 1 + int(i.Imm)
		if refers(i) && !slices.ContainsFunc(p.Funcs, func(f frontend.Func) bool { return f.Start == to }) {
			return false
		}
	}
	return true
}

// simplify replaces instructions by simpler ones.
func (s *shrinker) simplify(k int) (progress bool) {
	for slot := 0; slot < len(s.best.Object.Programs[k].Insns); slot++ {
		for _, j := range simpler(s.best.Object.Programs[k].Insns[slot]) {
			p := *s.best.Object.Programs[k]
			p.Insns = slices.Clone(p.Insns)
			if p.Insns[slot].Wide() && !j.Wide() {
				continue
			}
			p.Insns[slot] = j
			if s.try(s.with(k, &p)) {
				progress = true
				break
			}
		}
	}
	return progress
}

// simpler are instructions that may do for one, the simplest first.
func simpler(i bpf.Instruction) (l []bpf.Instruction) {
	add := func(change func(*bpf.Instruction)) {
		j := i
		change(&j)
		if j != i {
			l = append(l, j)
		}
	}
	zero := func(j *bpf.Instruction) {
		*j = bpf.Instruction{Op: bpf.OpMov, Width: 8, Dst: i.Dst, Src: bpf.RegImm}
	}
	switch {
	case i.Op == bpf.OpCall:
		add(func(j *bpf.Instruction) { zero(j); j.Dst = bpf.R0 })
	case i.Op == bpf.OpLoad || i.Op == bpf.OpLoadsx || i.Op == bpf.OpLoadAcq:
		add(zero)
	case i.Op == bpf.OpMov && i.Src != bpf.RegImm:
		add(zero)
	}
	if i.Op == bpf.OpLdImm && i.Kind != bpf.KindConst || i.Op == bpf.OpCall || i.Op == bpf.OpExit || i.Op == bpf.OpInvalid {
		return l
	}
	simplest := []int64{0, 1, -1, i.Imm >> 32, i.Imm & 0xff, i.Imm / 2}
	if i.Op >= bpf.OpAdd && i.Op <= bpf.OpMov && i.Src != bpf.RegImm {
		add(func(j *bpf.Instruction) { j.Src, j.Imm = bpf.RegImm, 1 })
	}
	if i.Src == bpf.RegImm && i.Imm != 0 && i.Imm != 1 {
		for _, imm := range simplest {
			if abs(imm) < abs(i.Imm) {
				add(func(j *bpf.Instruction) { j.Imm = imm })
			}
		}
	}
	return l
}

func abs(x int64) uint64 {
	if x < 0 {
		return uint64(-x)
	}
	return uint64(x)
}

// Mutate returns a case in which one operation on numbers is another one with
// the same operands; nil when there is none.
func Mutate(c *Case, r Choices) *Case {
	p := *c.Object.Programs[0]
	var l []int
	for slot, i := range p.Insns {
		if i.Op >= bpf.OpAdd && i.Op <= bpf.OpArsh && i.Src != bpf.RegImm {
			l = append(l, slot)
		}
	}
	if len(l) == 0 {
		return nil
	}
	p.Insns = slices.Clone(p.Insns)
	i := &p.Insns[l[r.IntN(len(l))]]
	for old := i.Op; i.Op == old; {
		i.Op = bpf.OpAdd + bpf.Op(r.IntN(int(bpf.OpArsh-bpf.OpAdd)+1))
	}
	s := shrinker{best: c}
	return s.with(0, &p)
}
