//go:build !race

package rtlib

import _ "unsafe" // go:linkname

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

// take empties the place of this P; nil when it is empty.
func (p *pool) take() *Frame {
	var f *Frame
	if i := procPin(); i < len(p.cells) {
		f = p.cells[i].frame
		p.cells[i].frame = nil
	}
	procUnpin()
	return f
}

// put fills the place of this P and reports whether it was empty.
func (p *pool) put(f *Frame) bool {
	i := procPin()
	done := i < len(p.cells) && p.cells[i].frame == nil
	if done {
		p.cells[i].frame = f
	}
	procUnpin()
	return done
}
