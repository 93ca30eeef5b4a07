package targettest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/ir"
)

// Random makes a program from a seed: nested branches and bounded loops over
// a pool of values, with arithmetic, memory, helper calls and preemption
// points. r1 is the buffer's address, r2 and r3 are numbers.
func Random(seed uint64) Case {
	g := &generator{r: rand.New(rand.NewPCG(seed, 1)), id: 10, block: 1}
	name := fmt.Sprintf("random%d", seed)
	g.line("func %s args=3 {\nb0:", name)
	g.line("\tv1 = arg 0\n\tv2 = arg 1\n\tv3 = arg 2")
	g.pool = []string{"v2", "v3"}
	for range 2 + g.r.IntN(14) {
		g.operation()
	}
	g.body(3, 4+g.r.IntN(8))
	sum := g.value()
	for i, v := range g.pool {
		if i%3 == 0 {
			t := g.fresh()
			g.line("\t%s = xor64 %s, %s", t, sum, v)
			sum = t
		}
	}
	g.line("\tret %s\n}", sum)
	var in []Input
	for range 6 {
		in = append(in, Input{0, g.number(), g.number()})
	}
	return Case{Name: name, Text: g.b.String(), Pointers: 1, Inputs: in}
}

type generator struct {
	r     *rand.Rand
	b     strings.Builder
	id    int
	block int
	depth int
	pool  []string // values that may be used here
}

func (g *generator) line(format string, args ...any) {
	fmt.Fprintf(&g.b, format+"\n", args...)
}

func (g *generator) fresh() string {
	g.id++
	return fmt.Sprintf("v%d", g.id)
}

func (g *generator) newBlock() string {
	g.block++
	return fmt.Sprintf("b%d", g.block)
}

func (g *generator) value() string { return g.pool[g.r.IntN(len(g.pool))] }

// number prefers the edges of operations.
func (g *generator) number() uint64 {
	if g.r.IntN(3) > 0 {
		e := edges()
		return e[g.r.IntN(len(e))]
	}
	return g.r.Uint64()
}

// operand is a value or, now and then, a number.
func (g *generator) operand() string {
	if g.r.IntN(5) == 0 {
		return fmt.Sprintf("%d", int64(g.number()))
	}
	return g.value()
}

// operation emits one random value.
func (g *generator) operation() {
	v := g.fresh()
	switch g.r.IntN(14) {
	case 0, 1:
		widths := []string{"load8", "load16", "load32", "load64", "loads8", "loads16", "loads32"}
		g.line("\t%s = %s [%s] packet", v, widths[g.r.IntN(len(widths))], g.place())
	case 2:
		widths := []string{"store8", "store16", "store32", "store64"}
		g.line("\t%s = %s [%s], %s packet", v, widths[g.r.IntN(len(widths))], g.place(), g.operand())
		return
	case 3:
		g.atomic(v)
	case 4:
		if g.r.IntN(3) == 0 {
			g.line("\t%s = call Mix2(%s, %s) map", v, g.operand(), g.value())
			break
		}
		g.line("\t%s = select %s, %s, %s", v, g.value(), g.operand(), g.operand())
	default:
		op := ir.Op(g.r.IntN(ir.NumOps))
		for !op.Foldable() || op.Row().Args > 2 {
			op = ir.Op(g.r.IntN(ir.NumOps))
		}
		if op.Row().Args == 1 {
			g.line("\t%s = %s %s", v, op, g.value())
		} else {
			g.line("\t%s = %s %s, %s", v, op, g.operand(), g.operand())
		}
	}
	g.pool = append(g.pool, v)
}

// place is an address in the buffer.
func (g *generator) place() string {
	if g.r.IntN(2) == 0 {
		return fmt.Sprintf("v1+%d", g.r.IntN(BufSize-8))
	}
	i, a := g.fresh(), g.fresh()
	g.line("\t%s = and64 %s, 15", i, g.value())
	if g.r.IntN(2) == 0 {
		s := g.fresh()
		g.line("\t%s = shl64 %s, %d", s, i, g.r.IntN(4))
		i = s
	}
	g.line("\t%s = add64 v1, %s", a, i)
	return fmt.Sprintf("%s+%d", a, g.r.IntN(100))
}

func (g *generator) atomic(v string) {
	ops := []ir.Op{ir.OpFetchAdd32, ir.OpFetchOr64, ir.OpFetchXor32, ir.OpXchg64, ir.OpFetchAnd64, ir.OpCmpxchg64, ir.OpCmpxchg32}
	op := ops[g.r.IntN(len(ops))]
	third := ""
	if op.Row().Args == 3 {
		third = ", " + g.operand()
	}
	g.line("\t%s = %s [v1+%d], %s%s packet", v, op, 8*g.r.IntN(BufSize/8), g.operand(), third)
}

// body emits n statements; nest bounds how deep they nest.
func (g *generator) body(nest, n int) {
	for range n {
		switch k := g.r.IntN(10); {
		case k < 2 && nest > 0:
			g.branch(nest - 1)
		case k < 4 && nest > 0 && g.depth < 2:
			g.loop(nest - 1)
		default:
			for range 1 + g.r.IntN(6) {
				g.operation()
			}
		}
	}
}

func (g *generator) attributes() string {
	s := ""
	if g.depth > 0 {
		s += fmt.Sprintf(" depth=%d", g.depth)
	}
	if g.r.IntN(5) == 0 {
		s += " cold"
	}
	return s
}

// branch emits an if with a merge of a few values.
func (g *generator) branch(nest int) {
	yes, no, join := g.newBlock(), g.newBlock(), g.newBlock()
	n := g.r.IntN(4)
	outer := len(g.pool)
	args := func() string {
		if n == 0 {
			return ""
		}
		list := make([]string, n)
		for i := range list {
			list[i] = g.operand()
		}
		return "(" + strings.Join(list, ", ") + ")"
	}
	c := g.value()
	if g.r.IntN(2) == 0 {
		k := g.fresh()
		g.line("\t%s = %s %s, %s", k, []string{"ult64", "slt32", "eq64", "test64", "sle64", "ne32"}[g.r.IntN(6)], g.value(), g.operand())
		c = k
	}
	direct := n > 0 && g.r.IntN(3) == 0
	if direct {
		g.line("\tif %s %s else %s%s", c, yes, join, args())
	} else {
		g.line("\tif %s %s else %s", c, yes, no)
	}
	g.line("%s%s:", yes, g.attributes())
	g.body(nest, 1+g.r.IntN(3))
	g.line("\tjump %s%s", join, args())
	g.pool = g.pool[:outer:outer]
	if !direct {
		g.line("%s%s:", no, g.attributes())
		g.body(nest, g.r.IntN(3))
		g.line("\tjump %s%s", join, args())
		g.pool = g.pool[:outer:outer]
	}
	g.open(join, n)
}

// open begins a block with n parameters, which join the pool.
func (g *generator) open(b string, n int) []string {
	params := make([]string, n)
	for i := range params {
		params[i] = g.fresh()
	}
	list := ""
	if n > 0 {
		list = "(" + strings.Join(params, ", ") + ")"
	}
	g.line("%s%s%s:", b, list, g.attributes())
	g.pool = append(g.pool, params...)
	return params
}

// loop emits a loop that ends after a few iterations.
func (g *generator) loop(nest int) {
	head, exit := g.newBlock(), g.newBlock()
	n := 1 + g.r.IntN(6)
	init := make([]string, n)
	for i := range init {
		init[i] = g.operand()
	}
	init[0] = "0"
	g.line("\tjump %s(%s)", head, strings.Join(init, ", "))
	g.depth++
	outer := len(g.pool)
	params := g.open(head, n)
	if g.r.IntN(3) == 0 {
		g.line("\t%s = preempt %d packet", g.fresh(), 1+g.r.IntN(5000))
	}
	g.body(nest, 1+g.r.IntN(4))
	next, more := g.fresh(), g.fresh()
	g.line("\t%s = add64 %s, 1", next, params[0])
	g.line("\t%s = ult64 %s, %d", more, next, 2+g.r.IntN(5))
	args := make([]string, n)
	for i := range args {
		args[i] = g.operand()
		if g.r.IntN(3) == 0 {
			args[i] = params[g.r.IntN(n)]
		}
	}
	args[0] = next
	result := g.operand()
	g.line("\tif %s %s(%s) else %s(%s)", more, head, strings.Join(args, ", "), exit, result)
	g.depth--
	g.pool = g.pool[:outer:outer]
	g.open(exit, 1)
}

// RandomCases makes n programs from seed on.
func RandomCases(seed uint64, n int) []Case {
	list := make([]Case, n)
	for i := range list {
		list[i] = Random(seed + uint64(i))
	}
	return list
}
