package ir

// selects turns small branches into OpSelect: both ways compute little without
// effects and meet again, and what they make differs in few values. A branch
// that ends a loop stays one.
func selects(f *Func) bool {
	return convert(f, func(y, n way) bool { return len(y.values())+len(n.values()) <= selectWork })
}

// booleans does so only where a branch gives nothing but its outcome as 0 or 1,
// which makes the number a comparison.
func booleans(f *Func) bool {
	return convert(f, func(y, n way) bool {
		if len(y.values())+len(n.values()) > 0 {
			return false
		}
		for i, a := range y.out.Args {
			b := n.out.Args[i]
			if a != b && !(isNumber(a, 0) && isNumber(b, 1) || isNumber(a, 1) && isNumber(b, 0)) {
				return false
			}
		}
		return true
	})
}

func convert(f *Func, worth func(yes, no way) bool) bool {
	changed := false
	for again := true; again; {
		again = false
		g := newGraph(f)
		for i := len(g.rpo) - 1; i >= 0; i-- {
			if selectAt(f, g, g.rpo[i], worth) {
				again = true
			}
		}
		if again {
			unreachable(f)
			dead(f)
			changed = true
		}
	}
	return changed
}

const (
	selectWork   = 2 // values computed in vain at most
	selectValues = 2 // selects at most
)

// selectAt converts the branch of b.
func selectAt(f *Func, g *graph, b *Block, worth func(yes, no way) bool) bool {
	if b.Kind != BlockIf {
		return false
	}
	yes, no := arm(b, 0), arm(b, 1)
	to := yes.out.To
	if to != no.out.To || g.dominates(to, b) || yes.block == nil && no.block == nil && to == b {
		return false
	}
	differ := 0
	for i := range yes.out.Args {
		if yes.out.Args[i] != no.out.Args[i] {
			if to.Params[i].Type != TypeInt {
				return false
			}
			differ++
		}
	}
	if !yes.pure() || !no.pure() || differ > selectValues || !worth(yes, no) {
		return false
	}
	for _, a := range []way{yes, no} {
		for _, v := range a.values() {
			v.Block = b
			b.Values = append(b.Values, v)
		}
	}
	var args []*Value
	for i, x := range yes.out.Args {
		y := no.out.Args[i]
		if x != y {
			x = f.NewValue(b, OpSelect, b.Ctl.PC, 0, b.Ctl, x, y)
		}
		args = append(args, x)
	}
	for _, e := range b.Succs {
		e.To.dropPred(b)
	}
	for _, a := range []way{yes, no} {
		if a.block != nil {
			// Its jump stays, so that it is dropped like any other block
			// that is never reached.
			b.Insns += a.block.Insns
			a.block.Values = nil
			a.block.Succs[0].To.dropPred(a.block)
			a.block.ret(f.Const(0))
		}
	}
	b.jumpTo(to, args...)
	return true
}

// way is one of the two ways out of a branch up to where they meet.
type way struct {
	block *Block // that lies on it, or nil
	out   Edge   // by which it ends
}

func arm(b *Block, i int) way {
	e := b.Succs[i]
	t := e.To
	if t.Kind == BlockJump && len(t.Preds) == 1 && len(t.Params) == 0 && t.Succs[0].To != t {
		return way{t, t.Succs[0]}
	}
	return way{nil, e}
}

func (a way) values() []*Value {
	if a.block == nil {
		return nil
	}
	return a.block.Values
}

// pure reports whether the way's values may be computed in vain.
func (a way) pure() bool {
	for _, v := range a.values() {
		if v.Op.Row().Class != ClassPure || costly[v.Op] {
			return false
		}
	}
	return true
}

// costly operations are not worth computing in vain.
var costly = [NumOps]bool{
	OpUDiv64: true, OpUDiv32: true, OpSDiv64: true, OpSDiv32: true,
	OpUMod64: true, OpUMod32: true, OpSMod64: true, OpSMod32: true,
	OpMapPtr: true, OpMapValues: true, OpMapMax: true, OpMapStep: true,
}
