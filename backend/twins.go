package backend

import (
	"fmt"
	"strings"
)

// mergeTwins sends edges that do the same, the same moves to the same block,
// through one block: the last of them, from which the target may follow.
func mergeTwins(f *Func) {
	last := make(map[string]*Block)
	key := make(map[*Block]string)
	for _, b := range f.layout {
		if k := edgeKey(b); k != "" {
			key[b] = k
			last[k] = b
		}
	}
	for _, b := range f.layout {
		for i := range b.Succs {
			if k, ok := key[b.Succs[i].To]; ok {
				b.Succs[i].To = last[k]
			}
		}
	}
}

// edgeKey describes what a block does that only carries the moves of an edge;
// it is "" for others.
func edgeKey(b *Block) string {
	if len(b.Succs) != 1 || b.last().Op != OpJump || len(b.Insts) == 1 {
		return ""
	}
	var s strings.Builder
	fmt.Fprintf(&s, "%d %t", b.Succs[0].To.ID, b.Cold)
	for i := range b.Insts[:len(b.Insts)-1] {
		in := &b.Insts[i]
		if in.Orig != nil {
			return ""
		}
		fmt.Fprintf(&s, " %d %d %v %v %d", in.Op, in.Dst, in.Args, in.Mem, in.Imm)
	}
	return s.String()
}
