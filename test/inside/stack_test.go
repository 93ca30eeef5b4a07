package inside

import (
	"runtime"
	"sync"
	"testing"
)

// descendStack calls f with at least depth times 64 bytes of stack in use.
//
//go:noinline
func descendStack(depth int, f func()) byte {
	var pad [64]byte
	pad[depth%64] = byte(depth)
	if depth == 0 {
		f()
		return pad[0]
	}
	return descendStack(depth-1, f) + pad[depth%64]
}

// TestStackGrowsAtEntry enters programs with every amount of stack left, in
// fresh goroutines: at some depths it is the prologue of the TEXT that finds
// too little and starts again on a larger stack.
func TestStackGrowsAtEntry(t *testing.T) {
	inst := load(t, nil)
	mem := memory(5 + 8)
	for _, s := range spokenPrograms() {
		want := s.result(mem)
		for _, w := range ways(t, inst, s.name) {
			for depth := range 400 {
				inGoroutine(func() { descendStack(depth, func() { w.must(t, mem, want) }) })
			}
		}
	}
	if n := counted(t, inst, 0); n != 1200 {
		t.Errorf("%d runs counted, want 1200", n)
	}
}

// inGoroutine runs f in a new goroutine and waits. A new goroutine has the
// smallest stack.
func inGoroutine(f func()) {
	var wg sync.WaitGroup
	wg.Go(f)
	wg.Wait()
}

// TestStackGrowsInHelper moves the stack while a program waits for a helper:
// by growth to several sizes, by shrinking in a collection, and both.
func TestStackGrowsInHelper(t *testing.T) {
	mem := memory(1 + 8) // chain begins at its first function, twice
	for _, c := range []struct {
		name string
		in   inject
	}{
		{"growth", func() { descendStack(200, func() {}) }},
		{"more growth", func() { descendStack(20_000, func() {}) }},
		{"collection", runtime.GC},
		{"growth and shrinking", func() { descendStack(5_000, runtime.GC); runtime.GC(); runtime.GC() }},
		{"scheduling", runtime.Gosched},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines := 0
			inst := load(t, func() { lines++; c.in() })
			f, hop := newFrame(t, inst), inst.Program("hop")
			for depth := 0; depth < 40; depth += 8 {
				inGoroutine(func() {
					descendStack(depth, func() {
						for _, s := range spokenPrograms() {
							mustRun(t, f, inst.Program(s.name), mem, s.result(mem))
						}
					})
				})
			}
			inGoroutine(func() { runHops(t, f, hop, &lines) })
		})
	}
}
