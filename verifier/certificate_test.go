package verifier_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/verifier/check"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

// clone is a certificate whose lists can be changed.
func clone(c *check.Certificate) *check.Certificate {
	n := *c
	n.Entries, n.Points, n.Roots, n.Measures = slices.Clone(c.Entries), slices.Clone(c.Points), slices.Clone(c.Roots), slices.Clone(c.Measures)
	return &n
}

// perturb changes one thing of a copy of a certificate.
func perturb(r *rand.Rand, c *check.Certificate) (*check.Certificate, string) {
	n := clone(c)
	k := r.IntN(len(n.Entries))
	e := &n.Entries[k]
	e.State, e.Stops = e.State.Clone(), slices.Clone(e.Stops)
	switch what := r.IntN(7); {
	case what == 0 && len(e.Stops) > 0:
		e.Stops[r.IntN(len(e.Stops))] = int32(r.IntN(len(n.Entries)+1) - 1)
		return n, "another stop"
	case what == 1 && len(e.Stops) > 0:
		e.Stops = e.Stops[:len(e.Stops)-1]
		return n, "a stop less"
	case what == 2:
		e.Stops = append(e.Stops, int32(r.IntN(len(n.Entries))))
		return n, "a stop more"
	case what == 3 && k > 0:
		e.PC = r.IntN(len(n.Points))
		return n, "another slot"
	case what == 4:
		n.Points[r.IntN(len(n.Points))] = r.IntN(2) == 0
		return n, "another point"
	}
	f := e.State.Own(e.State.Depth())
	v := &f.Regs[r.IntN(int(bpf.R10))]
	for range 20 {
		if v.Kind != state.Uninit {
			break
		}
		v = &f.Regs[r.IntN(int(bpf.R10))]
	}
	switch r.IntN(8) {
	case 0:
		*v = state.Const(r.Uint64() >> r.UintN(64))
		return n, "a register made constant"
	case 1:
		*v = state.Unknown()
		return n, "a register made unknown"
	case 2:
		*v = state.Value{}
		return n, "a register dropped"
	case 3:
		v.S = value.Between(v.S.R.Umin, v.S.R.Umin+(v.S.R.Umax-v.S.R.Umin)/2)
		return n, "a range halved"
	case 4:
		v.Off += int64(r.IntN(9) - 4)
		return n, "another offset"
	case 5:
		v.Room += int64(r.IntN(9))
		return n, "more room"
	case 6:
		v.Null, v.Ref = !v.Null, v.Ref+1
		return n, "another nullness"
	}
	v.ID, v.Delta = uint32(r.IntN(4)), uint64(r.IntN(3))
	return n, "another class"
}

// certified are the proofs of the programs of the repository that are not
// very long.
func certified(t *testing.T) (l []*proof) {
	for _, s := range sources(t) {
		if len(s.p.Insns) > 1000 {
			continue
		}
		if pr := prove(t, s.obj, s.p); pr != nil && len(pr.cert.Entries) < 5000 {
			l = append(l, pr)
		}
	}
	return l
}

// TestPerturbed: a certificate that is changed anywhere is refused, or it is
// another right one: then its states still hold what the interpreter does.
func TestPerturbed(t *testing.T) {
	programs := certified(t)
	r := rand.New(rand.NewPCG(*mutantsSeed, 3))
	refused, confirmed := 0, map[string]int{}
	n := scaled(*mutants)
	for range n {
		p := programs[r.IntN(len(programs))]
		bad, what := perturb(r, p.cert)
		if _, err := check.Run(p.env, bad, 1<<22); err != nil {
			refused++
			continue
		}
		confirmed[what]++
		newProof(t, p.obj, p.p, p.env, bad).follow(t, 3, nil)
	}
	t.Logf("%d refused; confirmed and followed: %v", refused, confirmed)
	if refused < n/2 {
		t.Errorf("only %d of %d were refused", refused, n)
	}
}

// TestForged: for programs that are refused no certificate that claims
// nothing is needed, or that ends early, is confirmed.
func TestForged(t *testing.T) {
	for _, c := range programCases {
		if c.code == "" {
			continue
		}
		obj, p := assemble(t, "xdp", c.text)
		env := transfer.NewEnv(obj, p)
		start := state.Entry(p.Hook)
		for _, stops := range [][]int32{nil, {0}, {check.Through}} {
			for _, points := range []bool{false, true} {
				cert := &check.Certificate{Entries: []check.Entry{{State: start, Stops: stops}}, Points: make([]bool, len(p.Insns)), Roots: []check.Root{{Entry: 0}}}
				for pc := range cert.Points {
					cert.Points[pc] = points
				}
				// Structure is not the checker's part: it confirms what runs.
				if _, err := check.Run(env, cert, 1<<16); err == nil && c.code != "V003" {
					t.Errorf("%s: forged certificate confirmed", c.name)
				}
			}
		}
	}
}
