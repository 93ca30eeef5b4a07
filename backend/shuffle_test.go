package backend

import (
	"math/rand/v2"
	"testing"
)

// TestShuffle executes random parallel moves over registers, slots and
// constants and compares with what they mean.
func TestShuffle(t *testing.T) {
	const registers, slots = 6, 5
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 5000 {
		var places []location
		for i := range registers {
			places = append(places, location(i+1))
		}
		for i := range slots {
			places = append(places, slotOf(FirstVirtual+Reg(i)))
		}
		s := &shuffler{a: &alloc{f: &Func{}}}
		want := make(map[location]int64)
		for i, l := range places {
			want[l] = int64(100 + i)
		}
		before := clone(want)
		for _, to := range places {
			switch r.IntN(4) {
			case 0:
			case 1:
				s.pending = append(s.pending, transfer{to: to, imm: int64(r.IntN(50))})
				want[to] = s.pending[len(s.pending)-1].imm
			default:
				if from := places[r.IntN(len(places))]; from != to {
					s.pending = append(s.pending, transfer{to: to, from: from})
					want[to] = before[from]
				}
			}
		}
		s.run()
		for _, in := range s.code {
			perform(before, &in)
		}
		for _, l := range places {
			if before[l] != want[l] {
				t.Fatalf("round %d: place %d is %d, want %d: %v", round, l, before[l], want[l], s.code)
			}
		}
	}
}

func clone(m map[location]int64) map[location]int64 {
	c := make(map[location]int64)
	for k, v := range m {
		c[k] = v
	}
	return c
}

// perform executes an instruction before slots have numbers.
func perform(m map[location]int64, in *Instr) {
	slot := func(id int64) location {
		if id < 0 {
			return scratchBase + location(id+1)
		}
		return location(-id)
	}
	switch in.Op {
	case OpMove:
		m[location(in.Dst)] = m[location(in.Args[0])]
	case OpConst:
		m[location(in.Dst)] = in.Imm
	case OpSpill:
		m[slot(in.Imm)] = m[location(in.Args[0])]
	case OpReload:
		m[location(in.Dst)] = m[slot(in.Imm)]
	case OpSlotMove:
		m[slot(in.Imm)] = m[slot(int64(in.Mem.Disp))]
	case OpSlotConst:
		m[slot(int64(in.Mem.Disp))] = in.Imm
	case OpSwap:
		x, y := location(in.Args[0]), location(in.Args[1])
		m[x], m[y] = m[y], m[x]
	}
}
