package explore

import (
	"fmt"
	"slices"

	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
)

// maxPath is how many instructions of a failing path are kept.
const maxPath = 1 << 14

// path fills in how the current instruction was reached.
func (x *search) path(f *transfer.Fault) {
	l := []Step{{PC: f.PC, Depth: x.m.S.Depth()}}
	if len(x.nodes) == 0 || x.nodes[x.node].runs == nil {
		return // a root that cannot begin
	}
	k, r := x.node, x.run
	at := len(x.nodes[k].runs[r].recs)
	taken := false // the last record of this piece is a jump that was taken
	for {
		run := &x.nodes[k].runs[r]
		for i := at - 1; i >= 0; i-- {
			rec := &run.recs[i]
			l = append(l, Step{int(rec.pc), int(rec.depth), taken || rec.flags&tookJump != 0})
			taken = false
			if len(l) > maxPath {
				x.res.Cut = true
				break
			}
		}
		if x.res.Cut {
			break
		}
		if run.from >= 0 {
			at, r, taken = int(run.at)+1, run.from, true
			continue
		}
		n := &x.nodes[k]
		if n.parent < 0 {
			break
		}
		k, r = n.parent, n.run
		at = len(x.nodes[k].runs[r].recs)
	}
	slices.Reverse(l)
	x.res.Path = l
}

// endless is the fault of a path that comes back to open node k.
func (x *search) endless(k int32) *transfer.Fault {
	pc := x.head(k)
	f := &transfer.Fault{Code: reason.InfiniteLoop, PC: pc, Reg: transfer.NoReg}
	f.What = fmt.Sprintf("the loop that begins here comes back in the same state after %d instructions", x.since(k))
	f.Need = "bound the loop by a counter"
	return f
}

// since counts the instructions executed since node k was stored.
func (x *search) since(k int32) int {
	total := x.steps
	for i := x.node; i != k && i >= 0; i = x.nodes[i].parent {
		p := &x.nodes[x.nodes[i].parent]
		for r := x.nodes[i].run; r >= 0; {
			run := &p.runs[r]
			total += len(run.recs)
			if run.from >= 0 {
				total -= len(p.runs[run.from].recs) - int(run.at) - 1
			}
			r = run.from
		}
	}
	return total
}

// head is the least slot of the cycle that began at node k: in compiled code
// the head of the loop.
func (x *search) head(k int32) int {
	head := x.nodes[k].pc
	for i := x.node; i >= 0; i = x.nodes[i].parent {
		for r := range x.nodes[i].runs {
			for _, rec := range x.nodes[i].runs[r].recs {
				if int(rec.depth) == x.m.S.Depth() {
					head = min(head, int(rec.pc))
				}
			}
		}
		if i == k {
			break
		}
	}
	return head
}

// limit is the fault of a limit; it names the loop that was run most.
func (x *search) limit(code reason.Code, what string) *transfer.Fault {
	f := &transfer.Fault{Code: code, PC: x.m.PC, Reg: transfer.NoReg, What: what}
	visits := make([]int, len(x.env.Insns))
	for i := x.node; i >= 0; i = x.nodes[i].parent {
		visits[x.nodes[i].pc]++
	}
	most := 0
	for pc, n := range visits {
		if n > visits[most] {
			most = pc
		}
	}
	if visits[most] > 1 {
		f.PC = most
		f.What += fmt.Sprintf("; the loop that begins here was entered at least %d times on one path", visits[most])
		f.Need = "give the loop a smaller bound"
	}
	return f
}
