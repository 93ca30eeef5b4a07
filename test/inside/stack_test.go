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
	mem := memory(5)
	wantSpeak, wantDescend := speakResult(mem), descendResult(mem)
	speak, descend := ways(t, inst, "speak"), ways(t, inst, "descend")
	for depth := range 400 {
		for i := range speak {
			inGoroutine(func() { descendStack(depth, func() { speak[i].must(t, mem, wantSpeak) }) })
			inGoroutine(func() { descendStack(depth, func() { descend[i].must(t, mem, wantDescend) }) })
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
	mem := memory(7)
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
			inst := load(t, c.in)
			speak, descend := inst.Program("speak"), inst.Program("descend")
			f := newFrame(t, inst)
			for depth := range 40 {
				inGoroutine(func() {
					descendStack(depth, func() {
						mustRun(t, f, speak, mem, speakResult(mem))
						mustRun(t, f, descend, mem, descendResult(mem))
					})
				})
			}
		})
	}
}
