package ir

// copies removes parameters that have one source only, and merges parameters
// of a block that get the same arguments on every edge.
func copies(f *Func) bool {
	c := &copier{r: newRenames(f), args: make([][]*Value, f.NumIDs), users: make([][]*Value, f.NumIDs)}
	for _, b := range f.Blocks {
		for i, p := range b.Params {
			forEdges(b, func(e *Edge) {
				a := e.Args[i]
				c.args[p.ID] = append(c.args[p.ID], a)
				if a.Op == OpParam {
					c.users[a.ID] = append(c.users[a.ID], p)
				}
			})
			c.work = append(c.work, p)
		}
	}
	changed := false
	for again := true; again; {
		again = c.single()
		for _, b := range f.Blocks {
			if c.twins(b) {
				again = true
			}
		}
		changed = changed || again
	}
	if !changed {
		return false
	}
	for _, b := range f.Blocks {
		dropParams(b, func(p *Value) bool { return c.r[p.ID] != nil })
	}
	c.r.apply(f)
	return true
}

type copier struct {
	r     renames
	args  [][]*Value // by Value.ID of a parameter: its sources
	users [][]*Value // parameters that have it as a source
	work  []*Value
}

// single renames parameters with one source until none is left.
func (c *copier) single() bool {
	changed := false
	for len(c.work) > 0 {
		p := c.work[len(c.work)-1]
		c.work = c.work[:len(c.work)-1]
		if c.r[p.ID] != nil {
			continue
		}
		if v := c.source(p); v != nil {
			c.replace(p, v)
			changed = true
		}
	}
	return changed
}

// source is the only value that p can have, nil when there are several.
func (c *copier) source(p *Value) *Value {
	var only *Value
	for _, a := range c.args[p.ID] {
		a = c.r.find(a)
		if a == p || a == only {
			continue
		}
		if only != nil {
			return nil
		}
		only = a
	}
	return only
}

func (c *copier) replace(p, v *Value) {
	c.r[p.ID] = v
	c.work = append(c.work, c.users[p.ID]...)
	if v.Op == OpParam {
		c.users[v.ID] = append(c.users[v.ID], c.users[p.ID]...)
	}
}

// twins merges parameters of b with the same arguments.
func (c *copier) twins(b *Block) bool {
	changed := false
	var kept []*Value
	for _, p := range b.Params {
		if c.r[p.ID] != nil {
			continue
		}
		var twin *Value
		for _, q := range kept {
			if q.Type == p.Type && q.Region == p.Region && c.same(p, q) {
				twin = q
				break
			}
		}
		if twin == nil {
			kept = append(kept, p)
			continue
		}
		c.replace(p, twin)
		changed = true
	}
	return changed
}

func (c *copier) same(p, q *Value) bool {
	for i, a := range c.args[p.ID] {
		a, b := c.r.find(a), c.r.find(c.args[q.ID][i])
		if a != b && (a != p || b != q) {
			return false
		}
	}
	return true
}
