// Package flow looks at a program without executing it: it refuses control
// flow that no state can make legal, and tells the search where to store
// states and which registers are read later. The checker does not rely on
// it: Step asserts again what matters for safety.
package flow
