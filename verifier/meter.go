package verifier

import (
	"errors"

	"github.com/bpf2go-native/bpf2go-native/verifier/check"
	"github.com/bpf2go-native/bpf2go-native/verifier/explore"
	"github.com/bpf2go-native/bpf2go-native/verifier/flow"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
	"github.com/bpf2go-native/bpf2go-native/verifier/transfer"
)

// useFuel is the advice for programs of which only the end is not proven.
const useFuel = "-fuel N accepts the program, in which only the end of the loop is not proven: a run ends with an error after N instructions"

// meter looks at a refusal again: with a budget for runs, loops need not end. A
// refusal about nothing else is withdrawn with Options.Fuel, and gets an advice
// without; one about something else that was hidden behind it is given instead.
func (v *verification) meter(env *transfer.Env, g *flow.Graph, refusal error) (*check.Seen, error) {
	if !aboutEnd(refusal) {
		return nil, refusal
	}
	metered := *env
	metered.Metered = true
	if v.opt.Fuel != 0 {
		seen, err := v.metered(&metered, g, v.limits())
		if seen == nil && aboutEnd(err) {
			err = refusal // it has a path
		}
		return seen, err
	}
	// Only for the advice: it is not worth as much.
	quiet := verification{obj: v.obj, p: v.p, opt: v.opt}
	quiet.opt.Stats, quiet.opt.confirmed = new(Stats), nil
	limits := v.limits()
	limits.Insns, limits.Nodes, limits.Bytes = limits.Insns/8, limits.Nodes/8, limits.Bytes/8
	var e *Error
	if seen, _ := quiet.metered(&metered, g, limits); seen != nil && errors.As(refusal, &e) {
		e.Advice = useFuel
	}
	return nil, refusal
}

// aboutEnd reports whether a refusal is one that a search may end with when a
// loop does not end.
func aboutEnd(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case reason.InfiniteLoop, reason.TooManyInsns, reason.TooMuchMemory, reason.Internal:
		return true
	}
	return false
}

// metered searches with joined states, as every loop may be endless.
func (v *verification) metered(env *transfer.Env, g *flow.Graph, limits explore.Limits) (*check.Seen, error) {
	mode := explore.Mode{Weaken: true, Lossy: true, Delay: 2, Metered: true}
	res, seen, err := v.try(env, g, explore.New(env, g, mode), limits)
	if seen == nil && res.Fault == nil { // the weakened states were refused
		mode.Weaken = false
		_, seen, err = v.try(env, g, explore.New(env, g, mode), limits)
	}
	return seen, err
}
