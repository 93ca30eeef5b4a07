package ir

// What the passes may rely on, and where each keeps to it:
//
// Facts are used when the IR is built (reachable edges, regions, constants,
// array lookups, divisors). Behind that the passes know what the IR says:
// tokens, guards, spans, reaches, flags, and their own analysis of bits and
// bounds (known, prove).
//
// Memory. A load may take the place of another with the same address and the
// same token (values), of bytes that were stored (slots), or of several that
// stand in one block under one token (wide). Loads of map values are left
// alone: somebody else may write between two of them. A store is dropped only
// when no later load, helper or callee reads its bytes (deadstores).
//
// Motion. Nothing with a guard moves up. Moved in front of a loop (hoist) are
// pure values and loads that are legal anywhere, at fixed places. Executed in
// vain (select) are pure values. Copied (thread) are blocks of pure values.
//
// Constants stand at the front of the entry block until the last pass, place.

// Pass improves one function. Run reports whether it changed anything. Every
// pass keeps the invariants of the package and gives the same result for the
// same input.
type Pass struct {
	Name string
	Run  func(*Func) bool
}

// Passes returns the list that Optimize runs, in order. Passes whose work
// others make again possible stand in it several times.
func Passes() []Pass {
	return []Pass{
		{"copies", copies},
		{"fold", fold},
		{"dead", dead},
		{"slots", slots},
		{"copies", copies},
		{"fold", fold},
		{"narrow", narrow},
		{"fold", fold},
		{"values", values},
		{"dead", dead},
		{"booleans", booleans},
		{"thread", thread},
		{"copies", copies},
		{"prove", prove},
		{"fold", fold},
		{"dead", dead},
		{"wide", wide},
		{"slots", slots},
		{"copies", copies},
		{"fold", fold},
		{"dead", dead},
		{"deadstores", deadStores},
		{"select", selects},
		{"values", values},
		{"fold", fold},
		{"copies", copies},
		{"dead", dead},
		{"hoist", hoist},
		{"stride", stride},
		{"fuel", fuel},
		{"preempt", preempt},
		{"layout", layout},
		{"place", place},
	}
}

// Optimize runs the passes on every function of the program.
func Optimize(p *Program) {
	Trace(p, func(*Func, string, bool) {})
}

// Trace optimises like Optimize and calls after behind each pass, with the
// function as it then is, the name of the pass and whether it changed it. The
// first call has the name "build" and comes before any pass.
func Trace(p *Program, after func(f *Func, pass string, changed bool)) {
	for _, f := range p.Funcs {
		after(f, "build", true)
		for _, pass := range Passes() {
			changed := pass.Run(f)
			after(f, pass.Name, changed)
		}
	}
}
