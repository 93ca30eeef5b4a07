package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"regexp"
	"strconv"
	"strings"
)

// A Mutant is one small error.
type Mutant struct {
	ID   int
	File string // from the root of the module
	Line int
	Func string
	Kind string // "relax", "drop check", ...
	From string // source text
	To   string
	Nth  int // of mutants that are the same in all of the above but Line
}

// Key names a mutant independent of its line.
func (m *Mutant) Key() string {
	k := fmt.Sprintf("%s %s: %s: %s => %s", m.File, m.Func, m.Kind, m.From, m.To)
	if m.Nth > 0 {
		k += fmt.Sprintf(" #%d", m.Nth+1)
	}
	return k
}

// wrap rewrites the source text of [pos, end).
type wrap struct {
	pos, end int
	text     func(inner string) string
}

// file finds the mutants of one file.
type file struct {
	fset  *token.FileSet
	info  *types.Info
	pkg   *types.Package
	name  string
	src   string
	next  *int // number of the next mutant
	fn    string
	wraps []wrap
	found []*Mutant
}

// untouched are functions whose result nothing is proven with: names,
// messages, estimates, search keys.
var untouched = regexp.MustCompile(`^(Hash|Bytes|String|Error|Words|fault|does|need|unsupported|Weak|.*[wW]ords|panic)$`)

// messages are calls whose arguments are text for readers.
var messages = regexp.MustCompile(`^(fault|does|need|unsupported|arith|Sprintf|Sprint|Errorf|panic|Words|bytes|at|span|plus)$`)

func (f *file) offset(p token.Pos) int { return f.fset.Position(p).Offset }

func (f *file) text(n ast.Node) string { return f.src[f.offset(n.Pos()):f.offset(n.End())] }

// mutant records a mutant of n and returns its number as text.
func (f *file) mutant(n ast.Node, kind, from, to string) string {
	*f.next++
	m := &Mutant{ID: *f.next, File: f.name, Line: f.fset.Position(n.Pos()).Line, Func: f.fn, Kind: kind, From: oneLine(from), To: oneLine(to)}
	f.found = append(f.found, m)
	return strconv.Itoa(m.ID)
}

func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 160 {
		s = s[:157] + "..."
	}
	return s
}

func (f *file) wrap(n ast.Node, text func(inner string) string) {
	f.wraps = append(f.wraps, wrap{f.offset(n.Pos()), f.offset(n.End()), text})
}

// find walks the functions of a file.
func (f *file) find(root *ast.File) {
	for _, d := range root.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Body != nil && !untouched.MatchString(d.Name.Name) {
				f.fn = d.Name.Name
				f.body(d.Body, d.Type)
			}
		case *ast.GenDecl:
			if d.Tok != token.VAR {
				continue
			}
			for _, s := range d.Specs { // functions in tables
				v := s.(*ast.ValueSpec)
				f.fn = v.Names[0].Name
				ast.Inspect(v, func(n ast.Node) bool {
					if l, ok := n.(*ast.FuncLit); ok {
						f.body(l.Body, l.Type)
						return false
					}
					return true
				})
			}
		}
	}
}

// body walks the statements of a function.
func (f *file) body(b *ast.BlockStmt, sig *ast.FuncType) {
	ast.Inspect(b, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			f.body(n.Body, n.Type)
			return false
		case *ast.GenDecl:
			return n.Tok != token.CONST
		case *ast.ArrayType, *ast.KeyValueExpr:
			return f.keepsElements(n)
		case *ast.IfStmt:
			f.condition(n.Cond, "check")
		case *ast.ForStmt:
			if n.Cond != nil {
				f.negate(n.Cond)
			}
		case *ast.SwitchStmt:
			if n.Tag == nil {
				for _, c := range n.Body.List {
					for _, e := range c.(*ast.CaseClause).List {
						f.condition(e, "case")
					}
				}
			}
		case *ast.BlockStmt:
			f.statements(n.List)
		case *ast.CaseClause:
			f.statements(n.Body)
		case *ast.ReturnStmt:
			f.results(n)
		case *ast.BinaryExpr:
			if f.constant(n) {
				f.literal(n)
				return false
			}
			f.binary(n)
		case *ast.CallExpr:
			return f.call(n)
		case *ast.BasicLit:
			f.literal(n)
		case *ast.UnaryExpr:
			if f.constant(n) {
				f.literal(n)
				return false
			}
		}
		return true
	})
}

// keepsElements: lengths of arrays and keys are left alone.
func (f *file) keepsElements(n ast.Node) bool {
	if kv, ok := n.(*ast.KeyValueExpr); ok {
		_, field := kv.Key.(*ast.Ident)
		return field
	}
	return false
}

// condition can be dropped or taken for true; comparisons are changed in
// binary.
func (f *file) condition(e ast.Expr, what string) {
	if f.constant(e) {
		return
	}
	src := f.text(e)
	never := f.mutant(e, "drop "+what, src, "false")
	always := f.mutant(e, what+" true", src, "true")
	f.wrap(e, func(s string) string {
		return fmt.Sprintf("(mutant == %s || mutant != %s && (%s))", always, never, s)
	})
}

func (f *file) negate(e ast.Expr) {
	id := f.mutant(e, "negate", f.text(e), "!("+f.text(e)+")")
	f.wrap(e, func(s string) string { return fmt.Sprintf("((mutant == %s) != (%s))", id, s) })
}

func (f *file) constant(e ast.Expr) bool { return f.info.Types[e].Value != nil }

// statements that can be left out are.
func (f *file) statements(list []ast.Stmt) {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.AssignStmt:
			if s.Tok == token.DEFINE {
				continue
			}
			if id, ok := s.Lhs[0].(*ast.Ident); ok && id.Name == "_" {
				continue
			}
		case *ast.IncDecStmt:
		case *ast.ExprStmt:
			if c, ok := s.X.(*ast.CallExpr); ok && messages.MatchString(called(c)) {
				continue
			}
		case *ast.BranchStmt:
			if s.Tok != token.CONTINUE && s.Tok != token.BREAK {
				continue
			}
		default:
			continue
		}
		id := f.mutant(s, "drop statement", f.text(s), "")
		f.wrap(s, func(t string) string { return fmt.Sprintf("if mutant != %s { %s }", id, t) })
	}
}

// relaxed are the mutants of comparisons.
var relaxed = map[token.Token][]string{
	token.LSS: {"<=", ">="}, token.LEQ: {"<", ">"}, token.GTR: {">=", "<="}, token.GEQ: {">", "<"},
	token.EQL: {"!="}, token.NEQ: {"=="},
}

// exchanged are the mutants of arithmetic.
var exchanged = map[token.Token]string{
	token.ADD: "-", token.SUB: "+", token.AND: "|", token.OR: "&", token.SHL: ">>", token.SHR: "<<",
	token.XOR: "|", token.AND_NOT: "&", token.MUL: "+", token.QUO: "*",
}

func (f *file) binary(n *ast.BinaryExpr) {
	x, y := f.text(n.X), f.text(n.Y)
	if n.Op == token.LAND || n.Op == token.LOR {
		f.side(n, n.X, y)
		f.side(n, n.Y, x)
		return
	}
	if ops := relaxed[n.Op]; ops != nil {
		var when, not []string
		for _, op := range ops {
			to := fmt.Sprintf("%s %s %s", x, op, y)
			id := f.mutant(n, "compare", f.text(n), to)
			when = append(when, fmt.Sprintf("mutant == %s && (%s)", id, to))
			not = append(not, "mutant != "+id)
		}
		f.wrap(n, func(s string) string {
			return fmt.Sprintf("(%s || %s && (%s))", strings.Join(when, " || "), strings.Join(not, " && "), s)
		})
		return
	}
	if op := exchanged[n.Op]; op != "" {
		if b, ok := f.info.TypeOf(n).Underlying().(*types.Basic); ok && b.Info()&types.IsInteger != 0 {
			to := fmt.Sprintf("%s %s %s", x, op, y)
			f.choose(n, "operator", to, f.typeName(f.info.TypeOf(n)))
		}
	}
}

// choose wraps an expression that is replaced by another of its type.
func (f *file) choose(n ast.Expr, kind, to, typ string) {
	if typ == "" {
		return
	}
	id := f.mutant(n, kind, f.text(n), to)
	f.wrap(n, func(s string) string { return fmt.Sprintf("mutated[%s](%s, %s, %s)", typ, id, s, to) })
}

// typeName is a type as the file can write it, "" when it cannot.
func (f *file) typeName(t types.Type) string {
	if b, ok := t.(*types.Basic); ok && b.Info()&types.IsUntyped != 0 {
		t = types.Default(t)
	}
	ok := true
	s := types.TypeString(t, func(p *types.Package) string {
		if p == f.pkg {
			return ""
		}
		if !strings.Contains(f.src, p.Path()+`"`) {
			ok = false
		}
		return p.Name()
	})
	if !ok {
		return ""
	}
	return s
}

// side drops one operand of && or ||.
func (f *file) side(n *ast.BinaryExpr, e ast.Expr, other string) {
	id := f.mutant(e, "drop side", f.text(n), other)
	f.wrap(e, func(s string) string {
		if n.Op == token.LAND {
			return fmt.Sprintf("(mutant == %s || (%s))", id, s)
		}
		return fmt.Sprintf("(mutant != %s && (%s))", id, s)
	})
}

func called(c *ast.CallExpr) string {
	switch e := c.Fun.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// call exchanges min and max; it returns whether arguments are looked at.
func (f *file) call(c *ast.CallExpr) bool {
	name := called(c)
	if messages.MatchString(name) {
		for _, a := range c.Args { // a call in a chain: m.fault(…).need(…)
			_ = a
		}
		return false
	}
	if other := map[string]string{"min": "max", "max": "min"}[name]; other != "" && !f.constant(c) {
		if _, plain := c.Fun.(*ast.Ident); plain {
			f.choose(c, "extreme", other+f.src[f.offset(c.Lparen):f.offset(c.End())], f.typeName(f.info.TypeOf(c)))
		}
	}
	return true
}

// literal changes a constant by one.
func (f *file) literal(e ast.Expr) {
	tv := f.info.Types[e]
	if tv.Type == nil || tv.Value == nil || tv.Value.Kind() != constant.Int {
		return
	}
	v, ok := constant.Int64Val(tv.Value)
	typ := f.typeName(tv.Type)
	b, basic := tv.Type.Underlying().(*types.Basic)
	if !ok || typ == "" || !basic || b.Info()&types.IsInteger == 0 {
		return
	}
	up := f.mutant(e, "constant", f.text(e), strconv.FormatInt(v+1, 10))
	down := ""
	if v > 0 || b.Info()&types.IsUnsigned == 0 {
		down = f.mutant(e, "constant", f.text(e), strconv.FormatInt(v-1, 10))
	}
	f.wrap(e, func(s string) string {
		s = fmt.Sprintf("mutated[%s](%s, %s, %d)", typ, up, s, v+1)
		if down != "" {
			s = fmt.Sprintf("mutated[%s](%s, %s, %d)", typ, down, s, v-1)
		}
		return s
	})
}

// results: a truth value becomes true or false, an abstract value a tighter
// one.
func (f *file) results(r *ast.ReturnStmt) {
	for _, e := range r.Results {
		t := f.info.TypeOf(e)
		if t == nil {
			continue
		}
		if b, ok := t.Underlying().(*types.Basic); ok && b.Info()&types.IsBoolean != 0 {
			f.truth(e)
			continue
		}
		if n, ok := t.(*types.Named); ok && tighter[n.Obj().Name()] != "" && n.Obj().Pkg() != nil {
			name := f.typeName(t)
			expr := fmt.Sprintf(tighter[n.Obj().Name()], name)
			if !f.keyed(n) {
				continue
			}
			id := f.mutant(e, "tighter result", f.text(e), n.Obj().Name()+" of one number")
			f.wrap(e, func(s string) string {
				return fmt.Sprintf("func(r %s) %s { if mutant == %s { %s }; return r }(%s)", name, name, id, expr, s)
			})
		}
	}
}

// keyed leaves results of packages whose fields the file cannot name.
func (f *file) keyed(n *types.Named) bool { return f.typeName(n) != "" }

// tighter are statements that make a result r stand for fewer numbers.
var tighter = map[string]string{
	"Tnum":   "r.Mask = 0\n_ = %q",
	"Range":  "r.Umax, r.Smax = r.Umin, r.Smin\n_ = %q",
	"Scalar": "r.T.Mask, r.R.Umax, r.R.Smax, r.H.Umax, r.H.Smax = 0, r.R.Umin, r.R.Smin, r.H.Umin, r.H.Smin; r.T.Value = r.R.Umin\n_ = %q",
	"Value":  "r.S.T.Mask, r.S.R.Umax, r.S.R.Smax, r.S.H.Umax, r.S.H.Smax = 0, r.S.R.Umin, r.S.R.Smin, r.S.H.Umin, r.S.H.Smin; r.S.T.Value = r.S.R.Umin\n_ = %q",
}

func (f *file) truth(e ast.Expr) {
	src := f.text(e)
	if f.constant(e) {
		id := f.mutant(e, "result", src, "not "+src)
		f.wrap(e, func(s string) string { return fmt.Sprintf("((mutant == %s) != (%s))", id, s) })
		return
	}
	yes, no := f.mutant(e, "result", src, "true"), f.mutant(e, "result", src, "false")
	f.wrap(e, func(s string) string {
		return fmt.Sprintf("(mutant == %s || mutant != %s && (%s))", yes, no, s)
	})
}
