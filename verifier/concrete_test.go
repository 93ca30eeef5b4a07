package verifier_test

import (
	"errors"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/internal/interp"
	"github.com/bpf2go-native/bpf2go-native/verifier"
	"github.com/bpf2go-native/bpf2go-native/verifier/check"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
)

// proof is a confirmed certificate with what a follower needs.
type proof struct {
	obj  *frontend.Object
	p    *frontend.Program
	env  *transfer.Env
	cert *check.Certificate
	// stops are the decisions of each entry's paths at points, by the key of
	// the path (see step).
	stops []map[uint64]int32
	seen  *check.Seen
}

// prove verifies a program, nil when it is refused.
func prove(t testing.TB, obj *frontend.Object, p *frontend.Program) *proof {
	t.Helper()
	for _, limit := range []int{20000, 1 << 20} { // half of it is unrolled
		if l, err := verifier.Prove(obj, p, verifier.Options{MaxProcessed: limit}); err == nil && len(l) > 0 {
			last := l[len(l)-1]
			return newProof(t, obj, p, last.Env, last.Cert)
		}
	}
	return nil
}

func newProof(t testing.TB, obj *frontend.Object, p *frontend.Program, env *transfer.Env, cert *check.Certificate) *proof {
	t.Helper()
	seen, err := check.Run(env, cert, 1<<24)
	if err != nil {
		t.Fatal(err)
	}
	pr := &proof{obj: obj, p: p, env: env, cert: cert, seen: seen, stops: make([]map[uint64]int32, len(cert.Entries))}
	for i := range cert.Entries {
		pr.stops[i] = pr.decisions(t, i)
	}
	return pr
}

// step is the key of a path that executes slot pc and goes on at Next (way 0)
// or Taken (way 1).
func step(key uint64, pc int, way uint64) uint64 {
	key = (key ^ uint64(pc)<<1 ^ way) * 0x9e3779b97f4a7c15
	return key ^ key>>29
}

// decisions walks the paths of an entry as the checker does and gives each
// its stop.
func (pr *proof) decisions(t testing.TB, i int) map[uint64]int32 {
	type branch struct {
		pc  int
		key uint64
		s   *state.State
	}
	e := &pr.cert.Entries[i]
	m := transfer.Machine{Env: pr.env}
	rest, found := e.Stops, map[uint64]int32{}
	pending := []branch{{e.PC, 1, e.State.Clone()}}
	for len(pending) > 0 {
		b := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		m.S, m.PC = b.s, b.pc
		for key := b.key; ; {
			if key != 1 && pr.cert.Points[m.PC] && len(rest) > 0 {
				stop := rest[0]
				rest, found[key] = rest[1:], stop
				if stop != check.Through {
					break
				}
			}
			pc := m.PC
			if f := m.Step(); f != nil {
				t.Fatalf("confirmed, but %v", f)
			}
			if m.Taken != nil {
				pending = append(pending, branch{m.Target, step(key, pc, 1), m.Taken})
			}
			if m.Next < 0 {
				break
			}
			m.PC, key = m.Next, step(key, pc, 0)
		}
	}
	return found
}

// place is where an abstract execution is: on a path from an entry.
type place struct {
	entry int
	key   uint64
	pc    int
	s     *state.State
}

// root is an abstract execution that began in a function of its own: the
// program, a global function, a callback of a timer.
type root struct {
	base int     // depth of its first frame
	at   []place // where it may be; one of them is right
}

// lockstep executes a program on abstract states beside the interpreter,
// along the paths of a certificate, and checks that every concrete state is
// one of the abstract state.
type lockstep struct {
	*proof
	t     testing.TB
	m     transfer.Machine
	roots []root // active ones, the last is running
	ended bool   // the program has called another one, or itself again
	// called: the last instruction was a tail call, which may have been taken.
	called bool
	sum    tally
	// arrived is called when a path of the program comes to where it stops,
	// or begins (from -1); c is a state of from's path that is in s.
	arrived func(c *interp.State, from, to int, s *state.State)
}

func newLockstep(t testing.TB, pr *proof) *lockstep {
	l := &lockstep{proof: pr, t: t}
	l.m.Env = pr.env
	return l
}

func (l *lockstep) trace(c *interp.State) {
	if l.ended = l.ended || c.Prog != nil && c.Prog != l.p; l.ended {
		return
	}
	depth := len(c.Frames) - 1
	if depth == 0 && c.PC == 0 && l.called {
		l.ended = true // by itself
		return
	}
	in := l.p.Insns[c.PC]
	h := table.HelperFor(bpf.Linux, l.p.Hook, int32(in.Imm))
	l.called = in.Op == bpf.OpCall && in.Kind == bpf.KindHelper && h != nil && h.Ret == table.RetNeverOnSuccess
	for len(l.roots) > 0 && l.roots[len(l.roots)-1].base > depth {
		l.roots = l.roots[:len(l.roots)-1]
	}
	switch {
	case len(l.roots) == 0, depth == 0 && len(l.roots[0].at) == 0:
		l.roots = []root{{0, l.starts(c)}}
	case l.m.Note.Root != nil && l.m.Note.Root.Kind == transfer.RootGlobal && depth > l.roots[len(l.roots)-1].depth():
		l.roots = append(l.roots, root{depth, l.starts(c)})
	}
	l.sum.steps++
	run := &l.roots[len(l.roots)-1]
	run.at = l.after(l.find(c, run))
}

// depth is that of the running frame before the last instruction was a call.
func (r *root) depth() int { return r.base + r.at[0].s.Depth() }

// starts are the entries of the roots that begin at the slot.
func (l *lockstep) starts(c *interp.State) (at []place) {
	for _, r := range l.cert.Roots {
		e := &l.cert.Entries[r.Entry]
		if e.PC == c.PC {
			at = append(at, place{int(r.Entry), 1, e.PC, e.State.Clone()})
		}
	}
	return at
}

// find returns the abstract place that the concrete state is in.
func (l *lockstep) find(c *interp.State, run *root) place {
	why := "no abstract execution comes here"
	for k := 0; k < len(run.at); k++ { // grows
		at := run.at[k]
		if at.pc == c.PC {
			w := wrong(l.proof, c, run.base, at.s)
			if w == "" {
				if at.key == 1 && run.base == 0 && l.arrived != nil {
					l.arrived(c, -1, at.entry, at.s)
				}
				return l.stop(c, run.base, at)
			}
			why = w
		}
		if at.s.Frame(at.s.Depth()).Busy != 0 { // a helper goes on after a callback
			run.at = append(run.at, l.after(l.stop(nil, 0, at))...)
		}
	}
	l.t.Fatalf("before slot %d: %s\n%s", c.PC, why, listing(l.p))
	return place{}
}

// stop changes to the entry where the path stops, if it does.
func (l *lockstep) stop(c *interp.State, base int, at place) place {
	if at.key == 1 || !l.cert.Points[at.pc] {
		return at
	}
	to, ok := l.stops[at.entry][at.key]
	switch {
	case !ok:
		l.t.Fatalf("slot %d: the certificate has no stop for a path of entry %d", at.pc, at.entry)
	case to == check.Through:
		return at
	}
	e := &l.cert.Entries[to]
	if c != nil {
		if why := wrong(l.proof, c, base, e.State); why != "" {
			l.t.Fatalf("slot %d: entry %d: %s\n%s", at.pc, to, why, listing(l.p))
		}
		l.sum.points++
		if l.arrived != nil && base == 0 {
			l.arrived(c, at.entry, int(to), at.s)
		}
	}
	return place{entry: int(to), key: 1, pc: e.PC, s: e.State.Clone()}
}

// after executes the instruction at a place.
func (l *lockstep) after(at place) (next []place) {
	m := &l.m
	m.S, m.PC = at.s, at.pc
	if f := m.Step(); f != nil {
		l.t.Fatalf("abstract execution is refused: %v", f)
	}
	if m.Next >= 0 {
		next = append(next, place{at.entry, step(at.key, at.pc, 0), m.Next, m.S})
	}
	if m.Taken != nil {
		next = append(next, place{at.entry, step(at.key, at.pc, 1), m.Target, m.Taken})
	}
	return next
}

// tally counts what following met.
type tally struct {
	runs, steps, points int
	unsupported         int // runs that ended at what the interpreter does not know
}

func (a *tally) add(b tally) {
	a.runs, a.steps, a.points, a.unsupported = a.runs+b.runs, a.steps+b.steps, a.points+b.points, a.unsupported+b.unsupported
}

// longest is how many instructions of a run are followed; a program that is
// proven to end sooner has to.
func longest() uint64 { return uint64(scaled(3000)) }

// scaled is the size of a test, a tenth of it with -short.
func scaled(n int) int {
	if testing.Short() {
		return max(n/10, 1)
	}
	return n
}

// follow runs a program in lockstep with a certificate on n inputs.
func (pr *proof) follow(t testing.TB, n int, arrived func(c *interp.State, from, to int, s *state.State)) (sum tally) {
	r := rand.New(rand.NewPCG(1, uint64(len(pr.p.Insns))))
	for range n {
		l := newLockstep(t, pr)
		l.arrived = arrived
		m, err := interp.New(pr.obj, interp.Options{ZeroStack: pr.readsUnwritten(), Trace: l.trace, Seed: r.Uint64(), MayGoto: r.Uint64N(64) + 1})
		if errors.Is(err, bpf.ErrUnsupported) {
			return tally{unsupported: 1}
		} else if err != nil {
			t.Fatal(err)
		}
		fill(r, pr.obj, m)
		in := input(r)
		if pr.p.Hook.Memory {
			in = memory(r)
		}
		in.MaxInsns = min(pr.seen.MaxInsns, longest())
		_, err = m.Run(pr.p, in)
		l.sum.runs++
		sum.add(l.sum)
		switch {
		case err == nil || l.ended || pr.seen.MaxInsns > longest() && strings.Contains(err.Error(), "instructions executed"):
		case errors.Is(err, bpf.ErrUnsupported):
			sum.unsupported++
		default:
			t.Fatalf("accepted, but: %v\n%s", err, listing(pr.p))
		}
	}
	return sum
}

// follow proves a program and follows its certificate.
func follow(t testing.TB, obj *frontend.Object, p *frontend.Program, n int) tally {
	t.Helper()
	pr := prove(t, obj, p)
	if pr == nil {
		return tally{}
	}
	return pr.follow(t, n, nil)
}

// readsUnwritten reports whether the program may read stack bytes that it has
// not written: they are zero then, as the facts ask the run time for.
func (pr *proof) readsUnwritten() bool {
	for i := range pr.seen.Insns {
		if pr.seen.Insns[i].Uninit {
			return true
		}
	}
	return false
}

// fill gives maps random contents; keys and values are often small.
func fill(r *rand.Rand, obj *frontend.Object, m *interp.Machine) {
	for _, d := range obj.Maps {
		if d.Data != nil || d.Type != bpf.MapHash && d.Type != bpf.MapArray || m.Map(d.Name) == nil {
			continue
		}
		for k := range uint32(4) {
			key, value := make([]byte, d.KeySize), make([]byte, d.ValueSize)
			for i := range value {
				value[i] = byte(r.Uint32() >> r.UintN(32))
			}
			for i := range key {
				key[i] = byte(r.Uint32() >> r.UintN(40))
			}
			if d.Type == bpf.MapArray {
				key = []byte{byte(k), 0, 0, 0}
			}
			_ = m.Map(d.Name).Update(key, value, 0) // a full map will do
		}
	}
}

// input draws a packet: random bytes, often with the types that programs ask
// for.
func input(r *rand.Rand) interp.Input {
	b := make([]byte, r.IntN(120))
	for i := range b {
		b[i] = byte(r.Uint32() >> r.UintN(32))
	}
	set := func(at int, v ...byte) {
		for i, x := range v {
			if at+i < len(b) {
				b[at+i] = x
			}
		}
	}
	types := [][]byte{{8, 0}, {0x86, 0xdd}, {0x81, 0}, {0x88, 0xa8}}
	if r.IntN(4) > 0 {
		at := 12
		for range r.IntN(4) {
			set(at, types[2+r.IntN(2)]...)
			at += 4
		}
		k := r.IntN(2)
		set(at, types[k]...)
		at += 2
		if k == 0 {
			set(at, 0x45+byte(r.IntN(3)))
			set(at+2, byte(r.IntN(2)), 60)
			set(at+6, 0, 0)
			set(at+9, []byte{6, 17, 1}[r.IntN(3)])
		} else {
			set(at, 0x60)
			set(at+6, []byte{6, 17, 58}[r.IntN(3)])
		}
	}
	in := interp.Input{Data: b, Meta: make([]byte, 4*r.IntN(3)), Ctx: make([]uint64, 8)}
	for i := range in.Ctx {
		in.Ctx[i] = uint64(r.Uint32() >> r.UintN(32))
	}
	return in
}

// source is a program of the repository.
type source struct {
	name string
	obj  *frontend.Object
	p    *frontend.Program
}

// stricter are programs in which the interpreter refuses what the kernel and
// the verifier accept, and why that is harmless.
var stricter = map[string]string{
	"xdp/made again":                                            "a dynptr that holds no reference may be overwritten",
	"xdp/made again, one slot further":                          "the same",
	"xdp/bytes read after submit":                               "bytes of a dynptr that has ended are any number",
	"xdp/slice outlives the function of its dynptr":             "the memory is a map value's and outlives the dynptr",
	"sched_cls/kernel's tcp_sock":                               "a view of a held socket may be released in its place",
	"xdp/tail call of a function with the caller's reservation": "the program called ends in the caller, which goes on and submits",
	"xdp/size that nobody has":                                  "a reservation that is too large gives NULL",
	"sched_cls/listener outlives the release":                   "a listener is not held and lives until the program ends",
	"sched_cls/slice after the dynptr was overwritten":          "the slice is of the packet and ends when that moves",
	"xdp/slice after a write":                                   "a write through a dynptr moves the packet of an skb only",
	"sched_cls/numbers while locked":                            "iterators of numbers only compute and may be used under a lock",
}

// sources are the cases that are accepted and all programs of objects.
func sources(t *testing.T) (l []source) {
	add := func(name, hook, code, text string, maps []*frontend.Map) {
		if code == "" {
			if stricter[hook+"/"+name] != "" {
				return
			}
			obj, p := assembleWith(t, hook, text, maps)
			l = append(l, source{hook + "/" + name, obj, p})
		}
	}
	for _, c := range programCases {
		add(c.name, "xdp", c.code, c.text, testMaps)
	}
	for _, c := range rawCases {
		add(c.name, "raw", c.code, c.text, testMaps)
	}
	for _, c := range loopCases {
		add(c.name, "xdp", c.code, c.text, testMaps)
	}
	for _, c := range objectCases() {
		add(c.name, c.hook, c.code, c.text, objectMaps)
	}
	for _, name := range ourObjects(t) {
		obj := load(t, filepath.Join("..", name))
		for _, p := range obj.Programs {
			l = append(l, source{name + "/" + p.Name, obj, p})
		}
	}
	return l
}

// TestConcrete: every state that the interpreter comes to in an accepted
// program is one of the abstract state that the certificate has there.
func TestConcrete(t *testing.T) {
	var sum tally
	for _, s := range sources(t) {
		t.Run(s.name, func(t *testing.T) { sum.add(follow(t, s.obj, s.p, scaled(10))) })
	}
	t.Logf("%d runs, %d concrete states, %d of them in entries of certificates; %d runs beyond the interpreter", sum.runs, sum.steps, sum.points, sum.unsupported)
	if sum.steps < scaled(100000) || sum.points < scaled(10000) {
		t.Errorf("only %d concrete states and %d certificate states met", sum.steps, sum.points)
	}
}
