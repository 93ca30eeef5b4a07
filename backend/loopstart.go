package backend

// alignLimit is the size of loops that gain from their place, in machine
// instructions. Longer ones do not fit into the part of the processor that a
// place helps.
const alignLimit = 64

// loopStarts returns the first block, in final order, of each innermost loop
// that is short and calls nothing but on cold paths.
func loopStarts(place []*Block) []*Block {
	var starts []*Block
	seen := make(map[*Block]bool)
	for _, b := range place {
		if h := b.head; h != nil && !seen[h] && !b.Cold && shortLoop(place, h) {
			starts = append(starts, b)
		}
		seen[b.head] = true
	}
	return starts
}

// shortLoop reports whether the loop of head h is short, innermost and without
// calls.
func shortLoop(place []*Block, h *Block) bool {
	n := 0
	for _, b := range place {
		switch {
		case b.head != h && inLoop(b, h):
			return false
		case b.head == h && !b.Cold:
			if n += len(b.Insts); b.calls || n > alignLimit {
				return false
			}
		}
	}
	return true
}
