package ir

import "github.com/bpf2go-native/bpf2go-native/bpf/table"

// tokens finds the token of the Frame that is current where each block begins.
// Blocks where several meet that nobody needed so far get a parameter, the
// first of them first: what follows from it is looked at anew.
func (m *meter) tokens() {
	first := m.g.rpo[0]
	if !hasFrameToken(first) {
		v := m.f.newValue(OpMem, -1)
		v.Region, v.Block = table.RegionCtx, first
		first.Values = append([]*Value{v}, first.Values...)
	}
	var leave []*Value
	made := map[*Block]*Value{}
	for {
		m.enter, leave = m.flow()
		b := m.meeting(leave)
		if b == nil {
			break
		}
		made[b] = m.f.NewParam(b, TypeMem, table.RegionCtx)
	}
	for i, b := range m.g.rpo {
		for j := range b.Succs {
			if e := &b.Succs[j]; made[e.To] != nil {
				e.Args = append(e.Args, leave[i])
			}
		}
	}
}

func hasFrameToken(b *Block) bool {
	for _, v := range b.Values {
		if v.Op == OpMem && v.Region&table.RegionCtx != 0 {
			return true
		}
	}
	return false
}

// flow computes the tokens at the begin and end of each block, by position;
// mixed where several meet.
func (m *meter) flow() (enter, leave []*Value) {
	enter, leave = make([]*Value, len(m.g.rpo)), make([]*Value, len(m.g.rpo))
	for changed := true; changed; {
		changed = false
		for i, b := range m.g.rpo {
			t := m.joined(b, leave)
			for _, p := range b.Params {
				if p.Type == TypeMem && p.Region&table.RegionCtx != 0 {
					t = p
				}
			}
			enter[i] = t
			for _, v := range b.Values {
				if v.IsToken() && v.Region&table.RegionCtx != 0 {
					t = v
				}
			}
			if t != leave[i] {
				leave[i], changed = t, true
			}
		}
	}
	return enter, leave
}

// joined is the token that all predecessors leave, as far as they have one.
func (m *meter) joined(b *Block, leave []*Value) *Value {
	var t *Value
	for _, p := range b.Preds {
		switch x := leave[m.g.num[p.ID]]; {
		case t == nil:
			t = x
		case x != nil && x != t:
			return mixed
		}
	}
	return t
}

// meeting returns a block where different tokens meet, all of them known.
func (m *meter) meeting(leave []*Value) *Block {
	for i, b := range m.g.rpo {
		if m.enter[i] != mixed {
			continue
		}
		known := true
		for _, p := range b.Preds {
			known = known && leave[m.g.num[p.ID]] != mixed
		}
		if known {
			return b
		}
	}
	return nil
}
