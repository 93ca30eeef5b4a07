package verifier_test

import (
	"errors"
	"flag"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier"
)

var (
	mutants     = flag.Int("mutants", 3000, "mutated programs to run in TestMutants")
	mutantsSeed = flag.Uint64("mutants-seed", 1, "seed of TestMutants")
)

// mutate changes a program in one to three places: constants, registers,
// offsets, sizes, operations, instructions dropped or copied.
func mutate(r *rand.Rand, insns []bpf.Instruction) []bpf.Instruction {
	l := slices.Clone(insns)
	for range 1 + r.IntN(3) {
		pc := r.IntN(len(l))
		in := &l[pc]
		if in.Op == bpf.OpInvalid || in.Op == bpf.OpLdImm && r.IntN(8) > 0 {
			continue
		}
		switch r.IntN(9) {
		case 0:
			if in.Src == bpf.RegImm && in.Kind == bpf.KindConst && in.Op < bpf.OpJa {
				in.Imm += int64(r.IntN(9)) - 4
			}
		case 1:
			if in.Src == bpf.RegImm && in.Kind == bpf.KindConst && in.Op != bpf.OpExit {
				in.Imm = int64(int32(r.Uint32())) >> r.UintN(32)
			}
		case 2:
			if in.Op >= bpf.OpLoad || in.Op == bpf.OpInvalid {
				in.Off += int32(r.IntN(17) - 8)
			}
		case 3:
			if in.Op != bpf.OpExit && in.Op != bpf.OpCall && in.Op != bpf.OpJa {
				in.Dst = bpf.Reg(r.IntN(11))
			}
		case 4:
			if in.Src < bpf.R10 {
				in.Src = bpf.Reg(r.IntN(11))
			}
		case 5:
			switch {
			case in.Op <= bpf.OpArsh && in.Op != bpf.OpInvalid:
				in.Op = bpf.OpAdd + bpf.Op(r.IntN(int(bpf.OpArsh)))
			case in.Op >= bpf.OpJeq && in.Op <= bpf.OpJset:
				in.Op = bpf.OpJeq + bpf.Op(r.IntN(int(bpf.OpJset-bpf.OpJeq)+1))
			}
		case 6:
			switch {
			case in.Op == bpf.OpLoad || in.Op == bpf.OpStore:
				in.Width = []uint8{1, 2, 4, 8}[r.IntN(4)]
			case in.Op <= bpf.OpMov || in.Op >= bpf.OpJeq && in.Op <= bpf.OpJset:
				in.Width ^= 4 ^ 8
			}
		case 7: // drop: become a harmless instruction of the same length
			if in.Op != bpf.OpExit && in.Op != bpf.OpLdImm {
				*in = bpf.Instruction{Op: bpf.OpMov, Width: 8, Dst: bpf.R9, Src: bpf.RegImm}
			}
		case 8: // copy another one here
			o := l[r.IntN(len(l))]
			if o.Op != bpf.OpInvalid && o.Op != bpf.OpLdImm && in.Op != bpf.OpLdImm && in.Op != bpf.OpExit &&
				o.Op != bpf.OpCall && !o.Jumps() {
				*in = o
			}
		}
	}
	return l
}

// generator makes mutants of the cases, accepted and refused.
type generator struct {
	r     *rand.Rand
	seeds []seed
}

type seed struct {
	maps []*frontend.Map
	p    *frontend.Program
}

func newGenerator(t testing.TB, random uint64) *generator {
	g := &generator{r: rand.New(rand.NewPCG(random, 99))}
	for _, c := range programCases {
		_, p := assemble(t, "xdp", c.text)
		g.seeds = append(g.seeds, seed{testMaps, p})
	}
	return g
}

func (g *generator) next() (*frontend.Object, *frontend.Program) {
	from := g.seeds[g.r.IntN(len(g.seeds))]
	p := *from.p
	p.Insns = mutate(g.r, p.Insns)
	obj := &frontend.Object{Name: "mutant.o", License: "GPL", Programs: []*frontend.Program{&p}, Maps: from.maps}
	return obj, &p
}

// TestMutants: mutated programs that are accepted run without a fault and
// within what the verifier believes.
func TestMutants(t *testing.T) {
	g := newGenerator(t, *mutantsSeed)
	accepted, unweakened := 0, 0
	n := scaled(*mutants)
	for range n {
		obj, p := g.next()
		stats := verifier.Stats{}
		_, err := verifier.Verify(obj, p, verifier.Options{Stats: &stats, MaxProcessed: 20000})
		var e *verifier.Error
		if err != nil {
			if !errors.As(err, &e) || e.Code == "V090" {
				t.Fatalf("%v\n%s", err, listing(p))
			}
			continue
		}
		if stats.Unweakened {
			unweakened++
			t.Logf("weakened certificate refused:\n%s", listing(p))
		}
		accepted++
		follow(t, obj, p, 4)
	}
	t.Logf("%d of %d accepted, %d without weakening", accepted, n, unweakened)
	if accepted < n/10 {
		t.Errorf("only %d of %d were accepted", accepted, n)
	}
}

// TestObjectMutants: the same of compiled programs.
func TestObjectMutants(t *testing.T) {
	g := newGenerator(t, *mutantsSeed)
	g.seeds = nil
	for _, name := range goodObjects(t) {
		obj := load(t, name)
		if p := obj.Programs[0]; len(p.Insns) < 400 {
			g.seeds = append(g.seeds, seed{obj.Maps, p})
		}
	}
	accepted := 0
	for range scaled(*mutants) / 10 {
		obj, p := g.next()
		if _, err := verifier.Verify(obj, p, verifier.Options{MaxProcessed: 20000}); err != nil {
			continue
		}
		accepted++
		follow(t, obj, p, 2)
	}
	t.Logf("%d of %d accepted", accepted, scaled(*mutants)/10)
}
