package check

// strong finds the strongly connected components of a graph (Tarjan, "Depth-
// first search and linear graph algorithms", 1972) without recursion.
type strong struct {
	next  func(v int32) []int32 // successors; negative ones are none
	index []int32               // by node: order of its first visit, 0 = none
	low   []int32               // the least index that it is known to lead back to
	on    []bool                // in path
	path  []int32               // nodes of components that are not complete
	calls []call
	count int32
}

// call is a node that is being visited; edge is the successor to look at.
type call struct {
	node int32
	edge int
}

func newStrong(nodes int, next func(int32) []int32) *strong {
	return &strong{next: next, index: make([]int32, nodes), low: make([]int32, nodes), on: make([]bool, nodes)}
}

// visit calls emit for every component that root leads to and that was not
// emitted before, after all components that it leads to.
func (t *strong) visit(root int32, emit func(component []int32) error) error {
	if t.index[root] != 0 {
		return nil
	}
	t.enter(root)
	for len(t.calls) > 0 {
		c := &t.calls[len(t.calls)-1]
		v := c.node
		if l := t.next(v); c.edge < len(l) {
			w := l[c.edge]
			c.edge++
			switch {
			case w < 0:
			case t.index[w] == 0:
				t.enter(w)
			case t.on[w]:
				t.low[v] = min(t.low[v], t.index[w])
			}
			continue
		}
		t.calls = t.calls[:len(t.calls)-1]
		if len(t.calls) > 0 {
			u := t.calls[len(t.calls)-1].node
			t.low[u] = min(t.low[u], t.low[v])
		}
		if t.low[v] == t.index[v] {
			if err := emit(t.pop(v)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *strong) enter(v int32) {
	t.count++
	t.index[v], t.low[v], t.on[v] = t.count, t.count, true
	t.path = append(t.path, v)
	t.calls = append(t.calls, call{node: v})
}

// pop removes the component whose first node is v from the path.
func (t *strong) pop(v int32) []int32 {
	i := len(t.path) - 1
	for t.path[i] != v {
		i--
	}
	component := t.path[i:]
	for _, w := range component {
		t.on[w] = false
	}
	t.path = t.path[:i]
	return component
}

// Components calls emit for every strongly connected component of the graph
// that the roots lead to, after all components that it leads to; negative
// successors are none. For the search.
func Components(nodes int, roots []Root, next func(int32) []int32, emit func([]int32)) {
	t := newStrong(nodes, next)
	for i := range roots {
		t.visit(roots[i].Entry, func(c []int32) error { emit(c); return nil }) //nolint:errcheck // emit has none
	}
}
