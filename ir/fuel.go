package ir

import (
	"math/bits"

	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// fuel ends an invocation before it has executed more than Func.Fuel eBPF
// instructions. What is left is a number that the head of each loop and the
// begin of each function lower by a cost:
//
//	head:  left = left - cost; if left < 0 goto spent
//	       ...
//	spent: OutOfFuel(frame); return 0
//
// A block belongs to the innermost loop around it, or to the function; the cost
// is the sum of Block.Insns of what belongs to the loop or the function. Between
// two visits of a head a block that belongs to its loop runs at most once, so no
// more is executed than was paid for. A jump back into a loop with several ways
// in pays for the whole function.
//
// The number is a value, in a register. Only around calls it is in Frame.Fuel:
// the caller stores it, the callee loads it and stores what it leaves, which is
// below 0 when it is used up (rtlib's OutOfFuel); then the caller returns, too.
// A program that a tail call leads to has a budget of its own.
//
// It runs behind the optimisations, which it would hinder and which are not
// hindered by what they do not see.
func fuel(f *Func) bool {
	if f.Fuel == 0 {
		return false
	}
	m := &meter{f: f, g: newGraph(f), cost: make([]int64, f.NumIDs), left: map[*Block]*Value{}, asks: map[*Block]bool{}}
	m.costs()
	m.shared = !f.Entry || calls(f)
	m.constants()
	if m.shared {
		m.tokens()
	}
	for _, b := range m.g.rpo {
		m.block(b)
	}
	m.arguments()
	f.MaxInsns = min(f.MaxInsns, uint64(f.Fuel))
	copies(f)
	dead(f)
	return true
}

// outOfFuel is the rtlib function func(fr *abi.Frame, program uint64) uint64
// that notes the end of the run.
const outOfFuel = "OutOfFuel"

type meter struct {
	f      *Func
	g      *graph            // of the begin
	cost   []int64           // by Block.ID, of heads and the entry
	left   map[*Block]*Value // what is left at the end of a block
	asks   map[*Block]bool   // blocks whose last parameter is what is left
	shared bool              // it has to be in Frame.Fuel at times
	enter  []*Value          // by position in g.rpo: token of the Frame at the begin of a block
	gone   *Block            // returns
	spent  *Block            // says why and returns
	consts map[int64]*Value
	// Of the block at work.
	b     *Block
	now   *Value // what is left
	token *Value // of the Frame
}

func calls(f *Func) bool {
	for _, b := range f.Blocks {
		for _, v := range b.Values {
			if v.Op == OpCallFunc {
				return true
			}
		}
	}
	return false
}

// costs finds what heads and the entry have to pay for.
func (m *meter) costs() {
	owned := make([]bool, m.f.NumIDs)
	all := int64(0)
	for _, b := range m.g.rpo {
		all += int64(b.Insns)
	}
	for _, l := range m.g.loops(m.f) {
		for _, b := range l.blocks {
			if !owned[b.ID] {
				owned[b.ID] = true
				m.cost[l.head.ID] += int64(b.Insns)
			}
		}
		m.cost[l.head.ID] = max(m.cost[l.head.ID], 1)
	}
	for i, b := range m.g.rpo {
		if !owned[b.ID] {
			m.cost[m.g.rpo[0].ID] += int64(b.Insns)
		}
		for _, e := range b.Succs {
			if m.g.num[e.To.ID] <= i && !m.g.dominates(e.To, b) {
				m.cost[e.To.ID] = max(all, 1)
			}
		}
	}
}

// constants makes all numbers that are needed, while the entry is whole.
func (m *meter) constants() {
	m.consts = map[int64]*Value{}
	number := func(x int64) { m.consts[x] = m.f.Const(uint64(x)) }
	number(0)
	number(1)
	number(int64(m.f.Program))
	first := m.g.rpo[0]
	number(m.f.Fuel - m.cost[first.ID])
	for _, b := range m.g.rpo {
		number(m.cost[b.ID])
	}
}

// block counts in block b of the original function.
func (m *meter) block(b *Block) {
	values, first := b.Values, b == m.g.rpo[0]
	kind, ctl, succs := b.Kind, b.Ctl, b.Succs
	m.b, b.Values = b, nil
	if m.shared {
		m.token = m.enter[m.g.num[b.ID]]
	}
	switch {
	case first:
		// What has no operands stays in front, tokens first.
		values = tokensFirst(values)
		for len(values) > 0 && len(values[0].Args) == 0 && values[0].Op.Row().Class != ClassCall {
			m.add(values[0])
			values = values[1:]
		}
		m.begin()
	case len(b.Preds) == 1:
		m.now = m.left[b.Preds[0]]
	default:
		m.now = m.f.NewParam(b, TypeInt, 0)
		m.asks[b] = true
	}
	if !first && m.cost[b.ID] > 0 {
		m.pay(m.cost[b.ID])
	}
	for _, v := range values {
		if v.Op == OpCallFunc {
			m.call(v)
			continue
		}
		m.add(v)
	}
	if kind == BlockRet && !m.f.Entry {
		m.save()
	}
	last := m.b
	last.Kind, last.Ctl, last.Succs = kind, ctl, succs
	m.left[last] = m.now
	if last == b {
		return
	}
	for _, e := range succs {
		for i, p := range e.To.Preds {
			if p == b {
				e.To.Preds[i] = last
			}
		}
	}
}

func tokensFirst(values []*Value) []*Value {
	var tokens, others []*Value
	for _, v := range values {
		if v.Op == OpMem {
			tokens = append(tokens, v)
		} else {
			others = append(others, v)
		}
	}
	return append(tokens, others...)
}

// begin pays for what the function executes outside of loops.
func (m *meter) begin() {
	cost := m.cost[m.b.ID]
	if !m.f.Entry {
		m.load(m.token)
		if cost > 0 {
			m.pay(cost)
		}
		return
	}
	m.now = m.consts[m.f.Fuel-cost]
	if m.f.Fuel < cost {
		m.leave(m.consts[1], m.out())
	}
}

// add appends a value of the original function.
func (m *meter) add(v *Value) {
	v.Block = m.b
	m.b.Values = append(m.b.Values, v)
	if v.IsToken() && v.Region&table.RegionCtx != 0 {
		m.token = v
	}
}

// pay lowers what is left and ends the invocation when that is too little.
func (m *meter) pay(cost int64) {
	m.now = m.f.NewValue(m.b, OpSub64, m.b.PC, 0, m.now, m.consts[cost])
	m.leave(m.negative(), m.out())
}

// negative tells whether it is used up.
func (m *meter) negative() *Value {
	v := m.f.NewValue(m.b, OpSlt64, m.b.PC, 0, m.now, m.consts[0])
	v.Flags = FlagUnlikely
	return v
}

// leave goes to block to when cond holds, and on in a new block.
func (m *meter) leave(cond *Value, to *Block) {
	from, on := m.b, m.f.NewBlock(m.b.PC)
	from.branch(cond, Edge{To: to}, Edge{To: on})
	m.b = on
}

// out returns the block that ends the invocation.
func (m *meter) out() *Block {
	if m.spent == nil {
		m.spent = m.f.NewBlock(m.b.PC)
		v := m.f.NewValue(m.spent, OpCall, m.b.PC, 0, m.consts[int64(m.f.Program)])
		v.Sym, v.Flags, v.Spans = outOfFuel, FlagUnlikely, []Span{{Arg: 0}}
		m.spent.ret(m.consts[0])
	}
	return m.spent
}

// back returns the block that returns when a callee has ended the invocation.
func (m *meter) back() *Block {
	if m.gone == nil {
		m.gone = m.f.NewBlock(m.b.PC)
		m.gone.ret(m.consts[0])
	}
	return m.gone
}

// call surrounds a call of a function.
func (m *meter) call(v *Value) {
	saved := m.save()
	if i := bits.TrailingZeros32(uint32(table.RegionCtx)); len(v.Mem) == table.NumRegions {
		v.Mem[i] = saved
	} else {
		v.Mem = append(v.Mem, saved)
	}
	m.add(v)
	m.load(v)
	m.leave(m.negative(), m.back())
}

// save stores what is left in the Frame, load reads it from there.
func (m *meter) save() *Value {
	frame := m.f.NewValue(m.b, OpFrame, m.b.PC, 0)
	v := m.f.NewValue(m.b, OpStore64, m.b.PC, abi.OffFuel, frame, m.now)
	v.Region, v.Mem = table.RegionCtx, []*Value{m.token}
	m.token = v
	return v
}

func (m *meter) load(token *Value) {
	frame := m.f.NewValue(m.b, OpFrame, m.b.PC, 0)
	m.now = m.f.NewValue(m.b, OpLoad64, m.b.PC, abi.OffFuel, frame)
	m.now.Region, m.now.Mem = table.RegionCtx, []*Value{token}
}

// arguments passes what is left to the blocks that ask for it.
func (m *meter) arguments() {
	for b, left := range m.left {
		for i := range b.Succs {
			if e := &b.Succs[i]; m.asks[e.To] {
				e.Args = append(e.Args, left)
			}
		}
	}
}
