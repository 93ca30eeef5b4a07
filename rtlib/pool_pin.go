//go:build !race

package rtlib

import (
	"sync/atomic"
	_ "unsafe" // go:linkname
)

// procPin keeps the goroutine on its P and returns the P's number. The runtime
// marks both functions as linkable from other packages, and promises to keep
// them so (runtime/proc.go); Go 1.25 and 1.26 have them.
//
//go:linkname procPin runtime.procPin
func procPin() int

// procUnpin ends procPin.
//
//go:linkname procUnpin runtime.procUnpin
func procUnpin()

// take returns this P's Frame, nil when it is busy or there is none.
func (p *pool) take() *Frame {
	var f *Frame
	if i := procPin(); i < len(p.cells) {
		// The load comes before every access to the Frame: it may be another
		// thread that gave it back.
		if c := &p.cells[i]; atomic.LoadUint64(&c.busy) == 0 {
			f = c.frame
			c.busy = 1
		}
	}
	procUnpin()
	return f
}

// settle makes a borrowed Frame that of this P if the P has none.
func (p *pool) settle(f *Frame) {
	if i := procPin(); i < len(p.cells) && p.cells[i].frame == nil {
		c := &p.cells[i]
		c.frame, c.busy = f, 1
		f.home = c
	}
	procUnpin()
}
