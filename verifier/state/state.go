package state

import (
	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/verifier/value"
)

// MaxFrames is the number of frames that calls may stack (as in the kernel).
const MaxFrames = 8

// Frame is one function being run.
type Frame struct {
	Regs   [bpf.NumRegs]Value
	Stack  Stack
	Func   int // index into Program.Funcs
	Return int // slot behind the call; -1 in the entry function
	// Callback: a helper of the caller's frame runs this function; it returns
	// to the helper's call at slot Return.
	Callback uint8 // table.Callback, 0 for a plain call
	// Busy is the number of the helper call (NewID) that runs callbacks of
	// this frame, 0 when none does; at least Turns of them have returned.
	Busy  uint32
	Turns uint32
	// Token numbers this activation of the function; Gotos counts the
	// may_goto instructions that went on. Inclusion does not compare them.
	Token uint32
	Gotos uint32
	// Async: the function runs after the program, called by the run time.
	Async bool

	shared bool
}

// State is an abstract machine state. A frame that two states share is copied
// by the first of them that writes to it.
type State struct {
	frames [MaxFrames]*Frame
	depth  int    // index of the running frame
	lastID uint32 // classes, lookups and references are numbered from here
	refs   []Reference
}

// Entry is the state in which a program of a hook starts.
func Entry(h *table.Hook) *State {
	f := &Frame{Return: -1}
	s := &State{lastID: LenClass}
	s.frames[0] = f
	f.Regs[bpf.R10] = Value{Kind: PtrStack}
	if !h.Memory {
		f.Regs[bpf.R1] = Value{Kind: PtrCtx}
		return s
	}
	f.Regs[bpf.R1] = Value{Kind: PtrPacket, Room: int64(h.MinLen)}
	f.Regs[bpf.R2] = Number(value.Between(uint64(h.MinLen), MaxLen))
	f.Regs[bpf.R2].ID = LenClass
	return s
}

// EntryOf is a state in which function fn starts with no frame below it; r1 to
// r5 are not written.
func EntryOf(fn int) *State {
	f := &Frame{Func: fn, Return: -1}
	s := &State{lastID: LenClass}
	s.frames[0] = f
	f.Regs[bpf.R10] = Value{Kind: PtrStack}
	return s
}

// Clone returns a state that can be changed without changing s.
func (s *State) Clone() *State {
	c := *s
	for i := range s.depth + 1 {
		s.frames[i].shared = true
	}
	return &c
}

// own returns frame i for writing.
func (s *State) own(i int) *Frame {
	f := s.frames[i]
	if f.shared {
		c := *f
		c.shared = false
		c.Stack.shared = true
		s.frames[i], f = &c, &c
	}
	return f
}

// Depth is the index of the running frame, 0 = entry function.
func (s *State) Depth() int { return s.depth }

// Frame returns frame i for reading.
func (s *State) Frame(i int) *Frame { return s.frames[i] }

// Own returns frame i for writing.
func (s *State) Own(i int) *Frame {
	f := s.own(i)
	f.Stack.write()
	return f
}

// Reg returns a register of the running frame for reading.
func (s *State) Reg(r bpf.Reg) *Value { return &s.frames[s.depth].Regs[r] }

// Set gives a register of the running frame a value.
func (s *State) Set(r bpf.Reg, v Value) { s.own(s.depth).Regs[r] = v }

// NewID returns a number for a new class or lookup.
func (s *State) NewID() uint32 {
	s.lastID++
	return s.lastID
}

// Class gives the register's number a class if it has none.
func (s *State) Class(r bpf.Reg) {
	if v := s.Reg(r); v.Kind == Scalar && v.ID == 0 {
		if _, isConst := v.S.IsConst(); !isConst {
			w := &s.own(s.depth).Regs[r]
			w.ID, w.Delta = s.NewID(), 0
		}
	}
}

// Push enters function fn: r1 to r5 are its arguments.
func (s *State) Push(fn, ret int) {
	f := &Frame{Func: fn, Return: ret, Token: s.NewID()}
	caller := s.own(s.depth)
	copy(f.Regs[bpf.R1:bpf.R6], caller.Regs[bpf.R1:bpf.R6])
	clear(caller.Regs[bpf.R0:bpf.R6])
	s.depth++
	f.Regs[bpf.R10] = Value{Kind: PtrStack, Frame: int8(s.depth)}
	s.frames[s.depth] = f
}

// PushCallback enters function fn for the helper called at slot call, which
// keeps its arguments; the callee's registers are not written.
func (s *State) PushCallback(fn, call int, kind uint8) {
	s.own(s.depth)
	s.depth++
	f := &Frame{Func: fn, Return: call, Callback: kind, Token: s.NewID()}
	f.Regs[bpf.R10] = Value{Kind: PtrStack, Frame: int8(s.depth)}
	s.frames[s.depth] = f
}

// PopCallback leaves a callback and returns the slot of the helper's call.
func (s *State) PopCallback() int {
	f := s.frames[s.depth]
	s.frames[s.depth] = nil
	s.depth--
	caller := s.own(s.depth)
	if caller.Turns < MaxTurns {
		caller.Turns++
	}
	return f.Return
}

// MaxTurns is where Frame.Turns stops counting.
const MaxTurns = 1 << 30

// Pop leaves the running function with its r0 and returns the slot to go on
// at. The caller has checked that r0 is no address of the stack that ends.
func (s *State) Pop() int {
	f := s.frames[s.depth]
	s.frames[s.depth] = nil
	s.depth--
	s.own(s.depth).Regs[bpf.R0] = f.Regs[bpf.R0]
	return f.Return
}

// Place names a value of a state: a register or a spilled one.
type Place struct {
	Frame int
	Reg   bpf.Reg // valid when Cell < 0
	Cell  int
}

// Visit calls f for every register and spill of every frame whose value pick
// selects, for writing.
func (s *State) Visit(pick func(*Value) bool, f func(Place, *Value)) {
	for i := s.depth; i >= 0; i-- {
		fr := s.frames[i]
		for r := range fr.Regs {
			if pick(&fr.Regs[r]) {
				fr = s.own(i)
				f(Place{Frame: i, Reg: bpf.Reg(r), Cell: -1}, &fr.Regs[r])
			}
		}
		for c, cell := range fr.Stack.Cells {
			if cell != nil && cell.Size != 0 && pick(&cell.Val) {
				fr = s.own(i)
				v := cell.Val
				f(Place{Frame: i, Cell: c}, &v)
				fr.Stack.Replace(c, v)
			}
		}
	}
}

// Keep forgets the registers of frame i that are not in the set.
func (s *State) Keep(i int, set uint16) {
	f := s.frames[i]
	for r := range f.Regs[:bpf.R10] {
		if set&(1<<r) == 0 && f.Regs[r].Kind != Uninit {
			f = s.own(i)
			f.Regs[r] = Value{}
		}
	}
}

// Bytes estimates the memory of a stored state that it shares with no other.
func (s *State) Bytes() int {
	const frame, fixed = 1500, 400
	return fixed + frame + 8*len(s.frames[s.depth].Stack.Cells)
}
