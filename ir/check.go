package ir

import (
	"fmt"

	"github.com/bpf2go-native/bpf2go-native/bpf/table"
)

// Check verifies the invariants of the package documentation. The error names
// the function, the block and the value.
func Check(f *Func) error {
	c := &checker{f: f, at: make([]int, f.NumIDs)}
	if err := c.run(); err != nil {
		return fmt.Errorf("ir: %s: %w", f.Name, err)
	}
	return nil
}

// CheckProgram checks every function of the program.
func CheckProgram(p *Program) error {
	for _, f := range p.Funcs {
		if err := Check(f); err != nil {
			return err
		}
	}
	return nil
}

type checker struct {
	f  *Func
	g  *graph
	at []int // by Value.ID: 1 + place in its block, 0 when not defined
	by []*Value
}

func (c *checker) run() error {
	if err := c.edges(); err != nil {
		return err
	}
	c.g = newGraph(c.f)
	if err := c.definitions(); err != nil {
		return err
	}
	for _, b := range c.f.Blocks {
		for i, v := range b.Values {
			if err := c.value(b, i, v); err != nil {
				return fmt.Errorf("b%d: %s: %w", b.ID, v, err)
			}
		}
		if err := c.end(b); err != nil {
			return fmt.Errorf("b%d: %w", b.ID, err)
		}
	}
	return c.tokens()
}

// edges checks that the lists of successors and predecessors agree.
func (c *checker) edges() error {
	f := c.f
	if len(f.Blocks) == 0 {
		return fmt.Errorf("no blocks")
	}
	if e := f.Blocks[0]; len(e.Params) != 0 || len(e.Preds) != 0 {
		return fmt.Errorf("b%d is the entry and has parameters or predecessors", e.ID)
	}
	type edge struct{ from, to int }
	count := map[edge]int{}
	known := make([]bool, f.NumIDs)
	for _, b := range f.Blocks {
		if b.ID < 0 || b.ID >= f.NumIDs || known[b.ID] {
			return fmt.Errorf("b%d: id used twice or not below %d", b.ID, f.NumIDs)
		}
		known[b.ID] = true
		if want := [...]int{1, 2, 0}[b.Kind]; len(b.Succs) != want {
			return fmt.Errorf("b%d has %d successors, want %d", b.ID, len(b.Succs), want)
		}
		for _, e := range b.Succs {
			count[edge{b.ID, e.To.ID}]++
		}
		for _, p := range b.Preds {
			count[edge{p.ID, b.ID}]--
		}
	}
	for _, b := range f.Blocks {
		for _, e := range b.Succs {
			if !known[e.To.ID] {
				return fmt.Errorf("b%d goes to b%d, which is not in the function", b.ID, e.To.ID)
			}
			if count[edge{b.ID, e.To.ID}] != 0 {
				return fmt.Errorf("b%d and b%d disagree about their edges", b.ID, e.To.ID)
			}
		}
		for _, p := range b.Preds {
			if count[edge{p.ID, b.ID}] != 0 {
				return fmt.Errorf("b%d and b%d disagree about their edges", p.ID, b.ID)
			}
		}
	}
	return nil
}

func (c *checker) definitions() error {
	c.by = make([]*Value, c.f.NumIDs)
	for _, b := range c.f.Blocks {
		if c.g.num[b.ID] < 0 {
			return fmt.Errorf("b%d is not reachable", b.ID)
		}
		for i, v := range append(b.Params[:len(b.Params):len(b.Params)], b.Values...) {
			param := i < len(b.Params)
			switch {
			case v.ID < 0 || v.ID >= c.f.NumIDs || c.by[v.ID] != nil:
				return fmt.Errorf("b%d: v%d: id used twice or not below %d", b.ID, v.ID, c.f.NumIDs)
			case v.Block != b:
				return fmt.Errorf("b%d: v%d says that it is in another block", b.ID, v.ID)
			case (v.Op == OpParam) != param:
				return fmt.Errorf("b%d: v%d: parameters are in Params and nothing else is", b.ID, v.ID)
			case param && v.Imm != int64(i):
				return fmt.Errorf("b%d: v%d is parameter %d and says %d", b.ID, v.ID, i, v.Imm)
			}
			c.by[v.ID] = v
			c.at[v.ID] = 1 + i - len(b.Params)
		}
	}
	return nil
}

// use checks that v is defined where value number i of block b runs.
func (c *checker) use(v *Value, t Type, b *Block, i int) error {
	if v == nil {
		return fmt.Errorf("an operand is nil")
	}
	if v.ID >= len(c.by) || c.by[v.ID] != v {
		return fmt.Errorf("v%d is not in the function", v.ID)
	}
	if t != TypeMem && v.Type != t {
		return fmt.Errorf("v%d has the wrong type", v.ID)
	}
	if t == TypeMem && !v.IsToken() {
		return fmt.Errorf("v%d is no token", v.ID)
	}
	if v.Block == b && c.at[v.ID] <= i || v.Block != b && c.g.dominates(v.Block, b) {
		return nil
	}
	return fmt.Errorf("v%d does not dominate its use", v.ID)
}

func (c *checker) value(b *Block, i int, v *Value) error {
	row := v.Op.Row()
	if row.Class == 0 {
		return fmt.Errorf("operation %d does not exist", v.Op)
	}
	if row.Args >= 0 && len(v.Args) != row.Args {
		return fmt.Errorf("%d operands, want %d", len(v.Args), row.Args)
	}
	if v.Type != row.Result {
		return fmt.Errorf("wrong type")
	}
	for _, a := range v.Args {
		if err := c.use(a, TypeInt, b, i); err != nil {
			return err
		}
	}
	for _, m := range v.Mem {
		if err := c.use(m, TypeMem, b, i); err != nil {
			return err
		}
	}
	if v.Guard != nil {
		if err := c.use(v.Guard, TypeCtl, b, i); err != nil {
			return err
		}
	}
	if v.Op == OpCallFunc && (v.Fn == nil || len(v.Args) != v.Fn.NumArgs) {
		return fmt.Errorf("the callee takes another number of arguments")
	}
	switch row.Class {
	case ClassLoad, ClassStore, ClassAtomic:
		return memory(v)
	}
	return nil
}

// memory checks that an access names a token for each of its regions.
func memory(v *Value) error {
	if v.Region == 0 {
		return fmt.Errorf("an access needs a region")
	}
	i := 0
	for bit := range table.NumRegions {
		r := table.Region(1) << bit
		if v.Region&r == 0 {
			continue
		}
		if i >= len(v.Mem) || v.Mem[i].Region&r == 0 {
			return fmt.Errorf("no token of %s", regionString(r))
		}
		i++
	}
	if i != len(v.Mem) {
		return fmt.Errorf("more tokens than regions")
	}
	return nil
}

func (c *checker) end(b *Block) error {
	n := len(b.Values)
	if b.Kind != BlockJump {
		if err := c.use(b.Ctl, TypeInt, b, n); err != nil {
			return err
		}
	}
	for _, e := range b.Succs {
		if len(e.Args) != len(e.To.Params) {
			return fmt.Errorf("%d arguments for b%d, want %d", len(e.Args), e.To.ID, len(e.To.Params))
		}
		for i, a := range e.Args {
			p := e.To.Params[i]
			if err := c.use(a, p.Type, b, n); err != nil {
				return fmt.Errorf("argument for v%d: %w", p.ID, err)
			}
			if p.Type == TypeMem && a.Region&p.Region != p.Region {
				return fmt.Errorf("argument for v%d: token of another region", p.ID)
			}
		}
	}
	return nil
}
