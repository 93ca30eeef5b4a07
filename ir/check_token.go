package ir

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// current holds, for each region, the token that is current; nil when not
// known yet. The value mixed stands for different tokens on different paths.
type current [table.NumRegions]*Value

var mixed = &Value{Op: OpInvalid}

// tokens checks that every access names the token that is current where it
// runs: the last writer of its region, or the parameter that joins them.
func (c *checker) tokens() error {
	out := make([]current, len(c.g.rpo))
	for changed := true; changed; {
		changed = false
		for i, b := range c.g.rpo {
			cur := c.entering(b, out)
			for _, v := range b.Values {
				cur.update(v)
			}
			if cur != out[i] {
				out[i] = cur
				changed = true
			}
		}
	}
	for _, b := range c.g.rpo {
		cur := c.entering(b, out)
		for _, v := range b.Values {
			for _, m := range v.Mem {
				if !cur.has(m, v, b) {
					return fmt.Errorf("b%d: %s: v%d is not the current token", b.ID, v, m.ID)
				}
			}
			cur.update(v)
		}
	}
	return nil
}

// entering joins the predecessors of b; a parameter joins its region.
func (c *checker) entering(b *Block, out []current) current {
	var cur current
	for _, p := range b.Preds {
		for r, t := range out[c.g.num[p.ID]] {
			switch {
			case cur[r] == nil:
				cur[r] = t
			case t != nil && cur[r] != t:
				cur[r] = mixed
			}
		}
	}
	for _, p := range b.Params {
		if p.Type == TypeMem {
			cur.update(p)
		}
	}
	return cur
}

func (cur *current) update(v *Value) {
	if !v.IsToken() {
		return
	}
	for r := range cur {
		if v.Region&(1<<r) != 0 {
			cur[r] = v
		}
	}
}

// has reports whether m is current for a region that v is about. Where a
// block has several parameters for a region, each of them is.
func (cur *current) has(m, v *Value, b *Block) bool {
	for r, t := range cur {
		if m.Region&(1<<r) == 0 {
			continue
		}
		if t == m || t != nil && t.Op == OpParam && m.Op == OpParam && t.Block == b && m.Block == b {
			return true
		}
	}
	return false
}
