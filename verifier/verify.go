package verifier

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
	"github.com/bpf2go-native/bpf2go-native/verifier/check"
	"github.com/bpf2go-native/bpf2go-native/verifier/explore"
	"github.com/bpf2go-native/bpf2go-native/verifier/flow"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/state"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
)

// Limits of a proof; zero Options have these.
const (
	MaxProcessed = 2_000_000 // instructions
	MaxStates    = 500_000
	MaxBytes     = 1 << 30 // of stored states, estimated
)

// Options change how a program is verified. No option skips a check.
type Options struct {
	// Strict refuses what is otherwise accepted with a warning: reads of
	// stack bytes that were never written, pointers stored in maps.
	Strict bool
	// Fuel, when not 0, is the number of instructions after which code ends a
	// run: loops need no proof that they end.
	Fuel uint64
	// MaxProcessed, MaxStates and MaxBytes are limits; 0 is the default.
	MaxProcessed, MaxStates, MaxBytes int
	// Stats, when not nil, is filled in whatever the verdict.
	Stats *Stats

	// confirmed, when not nil, gets every certificate that the checker has
	// confirmed, for tests.
	confirmed func(*transfer.Env, *check.Certificate)
}

// Stats counts the work that a verdict took.
type Stats struct {
	Insns     int // slots of the program
	Processed int // instructions executed on abstract states by all searches
	Checked   int // and by the checker
	States    int // stored, the most of one search
	Bytes     int // of stored states, estimated, at most at one time
	// Joined: exact states were too many.
	Joined bool
	// Unweakened: the checker refused the weakened certificate and confirmed
	// the one without weakening.
	Unweakened bool
}

// Verify proves that a program is safe. A refusal is an *Error; one about a
// feature that is not supported wraps bpf.ErrUnsupported.
func Verify(obj *frontend.Object, p *frontend.Program, opt Options) (*Facts, error) {
	v := &verification{obj: obj, p: p, opt: opt.withDefaults()}
	v.opt.Stats.Insns = len(p.Insns)
	if p.Hook == nil || p.Hook.Status < table.Verified {
		return nil, v.refuse(unsupportedHook(p), nil)
	}
	env := transfer.NewEnv(obj, p)
	env.Strict = opt.Strict
	graph, fault := flow.Analyse(env)
	if fault != nil {
		return nil, v.refuse(fault, nil)
	}
	seen, err := v.prove(env, graph, v.hasFrozen())
	if err != nil && v.hasFrozen() {
		// Again, with the values of read-only data.
		env.Fold = true
		seen, err = v.prove(env, graph, false)
	}
	if err != nil {
		seen, err = v.meter(env, graph, err)
	}
	return v.facts(env, seen, err)
}

func (o Options) withDefaults() Options {
	set := func(n *int, d int) {
		if *n == 0 {
			*n = d
		}
	}
	set(&o.MaxProcessed, MaxProcessed)
	set(&o.MaxStates, MaxStates)
	set(&o.MaxBytes, MaxBytes)
	if o.Stats == nil {
		o.Stats = new(Stats)
	}
	*o.Stats = Stats{}
	return o
}

// verification is one call of Verify.
type verification struct {
	obj *frontend.Object
	p   *frontend.Program
	opt Options
}

// prove searches for a certificate and has it checked: exactly first, with
// half of the budget, then, if that is too much, with joined states, and at
// last exactly with all of it. A quick proof ends at the first limit.
func (v *verification) prove(env *transfer.Env, g *flow.Graph, quick bool) (*check.Seen, error) {
	limits := v.limits()
	first := limits
	first.Insns, first.Nodes, first.Bytes = first.Insns/2, first.Nodes/2, first.Bytes/2
	if quick {
		first.Insns /= 4
	}
	mode := explore.Mode{Weaken: true, Delay: 2}
	search := explore.New(env, g, mode)
	res, seen, err := v.try(env, g, search, first)
	if limited(res.Fault) && !quick {
		lossy := explore.Mode{Weaken: true, Lossy: true, Delay: 2}
		if _, seen, _ := v.try(env, g, explore.New(env, g, lossy), limits); seen != nil {
			v.opt.Stats.Joined = true
			return seen, nil
		}
		v.opt.Stats.Processed -= res.Processed // they are counted again
		res, seen, err = v.try(env, g, search, limits)
	}
	switch {
	case seen != nil || quick && res.Fault != nil:
		return seen, err
	case res.Fault == nil: // the weakened states were refused
		mode.Weaken = false
		_, seen, err = v.try(env, g, explore.New(env, g, mode), limits)
		v.opt.Stats.Unweakened = seen != nil
		return seen, err
	}
	// What was refused may be a state of the widening: widen later or never.
	for _, delay := range []int{12, limits.Insns} {
		if res.Widened == 0 || limited(res.Fault) {
			break
		}
		mode.Delay = delay
		var late error
		if res, seen, late = v.try(env, g, explore.New(env, g, mode), first); seen != nil {
			return seen, nil
		}
		if !limited(res.Fault) {
			err = late
		}
	}
	return nil, err
}

func (v *verification) limits() explore.Limits {
	return explore.Limits{Insns: v.opt.MaxProcessed, Nodes: v.opt.MaxStates, Bytes: v.opt.MaxBytes}
}

// limited reports whether a search was stopped by a limit.
func limited(f *transfer.Fault) bool {
	return f != nil && (f.Code == reason.TooManyInsns || f.Code == reason.TooMuchMemory)
}

// try searches and has the certificate checked.
func (v *verification) try(env *transfer.Env, g *flow.Graph, search *explore.Search, limits explore.Limits) (*explore.Result, *check.Seen, error) {
	res := search.Run(limits)
	stats := v.opt.Stats
	stats.Processed += res.Processed
	stats.States, stats.Bytes = max(stats.States, res.Nodes), max(stats.Bytes, res.Bytes)
	if res.Fault != nil {
		return res, nil, v.refuse(res.Fault, res)
	}
	// The checker executes what the search did; weaker states may take
	// branches that the search did not.
	seen, err := check.Run(env, res.Certificate, 2*uint64(res.Processed)+1000)
	if err != nil {
		return res, nil, v.refuse(&transfer.Fault{Code: reason.Internal, Reg: transfer.NoReg, What: err.Error()}, nil)
	}
	stats.Checked += seen.Executed
	if f := g.Stack(env, stackOf(seen), laterOf(env, res.Certificate)); f != nil {
		return &explore.Result{Fault: f}, nil, v.refuse(f, nil)
	}
	if v.opt.confirmed != nil {
		v.opt.confirmed(env, res.Certificate)
	}
	return res, seen, nil
}

// stackOf is how many bytes of stack each function touches.
func stackOf(seen *check.Seen) []int {
	l := make([]int, len(seen.Funcs))
	for i := range seen.Funcs {
		l[i] = int(-seen.Funcs[i].Lowest)
	}
	return l
}

// laterOf says which functions the run time calls after the program.
func laterOf(env *transfer.Env, c *check.Certificate) []bool {
	l := make([]bool, len(env.Funcs))
	for _, r := range c.Roots {
		if r.Kind == transfer.RootTimer {
			l[r.Func] = true
		}
	}
	return l
}

// hasFrozen reports whether the program uses read-only data.
func (v *verification) hasFrozen() bool {
	for _, in := range v.p.Insns {
		if in.Op == bpf.OpLdImm && in.Kind == bpf.KindMapValue && in.Imm >= 0 && in.Imm < int64(len(v.obj.Maps)) && v.obj.Maps[in.Imm].Frozen {
			return true
		}
	}
	return false
}

// HashProgram identifies the instructions that facts belong to.
func HashProgram(p *frontend.Program) [32]byte {
	h := sha256.New()
	var b [24]byte
	for _, in := range p.Insns {
		b = [24]byte{byte(in.Op), in.Width, in.From, byte(in.Kind), byte(in.Dst), byte(in.Src)}
		binary.LittleEndian.PutUint32(b[8:], uint32(in.Off))
		binary.LittleEndian.PutUint64(b[16:], uint64(in.Imm))
		h.Write(b[:])
	}
	return [32]byte(h.Sum(nil))
}

var kinds = [state.NumKinds]Kind{
	state.Uninit: KindUninit, state.Scalar: KindScalar, state.PtrCtx: KindPtrCtx, state.PtrStack: KindPtrStack,
	state.PtrPacket: KindPtrPacket, state.PtrMeta: KindPtrMeta, state.PtrPacketEnd: KindPtrPacketEnd,
	state.PtrMapValue: KindPtrMapValue, state.ConstMap: KindConstMap,
	state.PtrMem: KindPtrMem, state.PtrFunc: KindPtrFunc, state.PtrObj: KindPtrObj, state.PtrDynptr: KindPtrObj,
}
