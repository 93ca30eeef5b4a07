package interp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// Options replaces what programs see of the world. The zero value is
// deterministic: a clock that advances by 1,000 ns a reading, a fixed sequence
// of random numbers, CPU 0, process 1, output dropped.
type Options struct {
	Clock   func() uint64 // ktime_get_ns
	Random  func() uint32 // get_prandom_u32
	CPU     func() uint32 // get_smp_processor_id
	PidTgid func() uint64 // get_current_pid_tgid
	Printk  func(string)  // trace_printk

	// Helpers are own helpers by number. They come before the platform's
	// and take any initialised values; r0 is a number. callx with a number
	// calls one, too (the bpf_conformance vectors do so).
	Helpers map[int32]func(args [5]uint64) uint64

	// ZeroStack: stack bytes that were not written read as 0. Otherwise
	// reading them is a fault.
	ZeroStack bool
	// MayGoto is the number of may_goto that a function passes before they
	// jump; 0 is the kernel's 8,388,608.
	MayGoto uint64
	// Seed chooses what is left open: results of helpers, contents that they
	// fill in, failures. Equal seeds give equal runs.
	Seed uint64
	// Adverse makes the world as bad as it may be: other threads write to
	// maps, so that keys appear when a program looks for them and values
	// change between two reads; clock, random numbers and what helpers give
	// are often near the constants of the object's programs.
	Adverse bool
	// Steady: nobody else uses rings. They take records until they are full, have
	// what Map.Produce put there and keep what Map.Dump does not take; no perf
	// buffer is open. Otherwise what rings do is left open, too.
	Steady bool
	// TailReturns: a tail call that a subprogram makes ends this function
	// only, as on Linux: the program that is called returns to its caller.
	TailReturns bool
	// CPUs is how many values a per-CPU map has for a key, 0 for 4.
	CPUs int
	// Headroom is how many bytes a helper may put in front of the packet,
	// metadata included; 0 is the 216 that Linux has in a test run, negative
	// is none.
	Headroom int
	// Trace is called before each instruction. It must not keep the State.
	Trace func(*State)
}

// Machine is an object loaded once: its maps and globals. Runs share it. It is
// not safe for concurrent use.
type Machine struct {
	obj   *frontend.Object
	opt   Options
	order byteOrder
	rules *bpf.Rules
	space space
	maps  []*Map // nil where the definition makes no map
	// oracle decides what is left open.
	oracle    *rand.Rand
	constants []uint64 // of an adverse world
	timers    []*timer
	task      *Region // the running task

	ticks, seed uint64 // state of the default clock and random source
}

// byteOrder is the order of bytes in memory.
type byteOrder interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// New makes the maps of an object. Map types, sizes and flags that are not
// supported are errors that wrap bpf.ErrUnsupported.
func New(obj *frontend.Object, opt Options) (*Machine, error) {
	m := &Machine{obj: obj, opt: opt, order: binary.LittleEndian, rules: bpf.RulesOf(obj.Platform), seed: 1}
	m.oracle = rand.New(rand.NewPCG(opt.Seed, 0x6f7261636c65))
	if obj.BigEndian {
		m.order = binary.BigEndian
	}
	if opt.Adverse {
		m.constants = constantsOf(obj.Programs...)
	}
	m.defaults()
	for k, def := range obj.Maps {
		if def.Err != nil {
			m.maps = append(m.maps, nil)
			continue
		}
		made, err := m.newMap(k, def, false)
		if err != nil {
			return nil, fmt.Errorf("map %s: %w", def.Name, err)
		}
		m.maps = append(m.maps, made)
	}
	for k := range m.maps {
		if err := m.initialise(k); err != nil {
			return nil, fmt.Errorf("map %s: %w", obj.Maps[k].Name, err)
		}
	}
	return m, nil
}

// initialise gives a map of maps or a program array its first elements.
func (m *Machine) initialise(k int) error {
	for _, slot := range m.obj.Maps[k].Slots {
		key := m.order.AppendUint32(nil, uint32(slot.Index))
		if slot.Program != "" {
			if prog := m.program(slot.Program); prog != nil {
				m.maps[k].progs[uint32(slot.Index)] = prog
			}
			continue
		}
		if slot.Map < 0 || slot.Map >= len(m.maps) || m.maps[slot.Map] == nil {
			return errors.New("an initial element is no map")
		}
		// What a program knows of the inner map is the template.
		m.maps[k].inner[string(key)] = m.maps[slot.Map].as(m.maps[k])
	}
	return nil
}

// program returns the program of a name, nil when the object has none.
func (m *Machine) program(name string) *frontend.Program {
	for _, p := range m.obj.Programs {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// fill writes random bytes, often small numbers or, in an adverse world,
// numbers near the constants of programs.
func (m *Machine) fill(b []byte) {
	for k := range b {
		b[k] = byte(m.oracle.Uint32() >> m.oracle.UintN(32))
	}
	if !m.opt.Adverse || m.chance(3) {
		return
	}
	for at := 0; at < len(b); at += 8 {
		var word [8]byte
		m.order.PutUint64(word[:], m.near())
		if m.obj.BigEndian {
			copy(b[at:], word[8-min(8, len(b)-at):])
		} else {
			copy(b[at:], word[:])
		}
	}
}

// near is a number near a constant of the programs.
func (m *Machine) near() uint64 { return near(m.oracle, m.constants) }

func near(rng *rand.Rand, constants []uint64) uint64 {
	if len(constants) == 0 || rng.IntN(8) == 0 {
		return rng.Uint64() >> rng.UintN(64)
	}
	n := constants[rng.IntN(len(constants))] + rng.Uint64N(3) - 1
	switch rng.IntN(4) {
	case 0:
		return -n
	case 1:
		return n&0xffffffff | rng.Uint64()<<32
	}
	return n
}

// constantsOf are the immediates and offsets of instructions, without what
// occurs twice, and some that matter always.
func constantsOf(progs ...*frontend.Program) []uint64 {
	all := []uint64{0, 1, 1 << 31, 1 << 32, 1 << 63, 1 << 7, 1 << 15}
	seen := map[uint64]bool{}
	for _, p := range progs {
		for _, i := range p.Insns {
			for _, n := range []uint64{uint64(i.Imm), uint64(int64(i.Off))} {
				if n != 0 && !seen[n] && (i.Kind == bpf.KindConst) && !i.Jumps() {
					seen[n] = true
					all = append(all, n)
				}
			}
			if i.Conditional() && i.Imm != 0 && !seen[uint64(i.Imm)] {
				seen[uint64(i.Imm)] = true
				all = append(all, uint64(i.Imm))
			}
		}
	}
	return all
}

// chance is true once in n times.
func (m *Machine) chance(n int) bool { return m.oracle.IntN(n) == 0 }

// Map returns the map of a name, nil when the object has none.
func (m *Machine) Map(name string) *Map {
	for k, def := range m.obj.Maps {
		if def.Name == name {
			return m.maps[k]
		}
	}
	return nil
}

func (m *Machine) defaults() {
	if m.opt.CPUs == 0 {
		m.opt.CPUs = 4
	}
	if m.opt.Headroom == 0 {
		m.opt.Headroom = 216
	}
	if m.opt.Clock == nil && m.opt.Adverse {
		m.opt.Clock = m.near
	}
	if m.opt.Random == nil && m.opt.Adverse {
		m.opt.Random = func() uint32 { return uint32(m.near()) }
	}
	if m.opt.Clock == nil {
		m.opt.Clock = func() uint64 { m.ticks += 1000; return m.ticks }
	}
	if m.opt.Random == nil {
		// xorshift64: any sequence will do.
		m.opt.Random = func() uint32 {
			m.seed ^= m.seed << 13
			m.seed ^= m.seed >> 7
			m.seed ^= m.seed << 17
			return uint32(m.seed >> 32)
		}
	}
	if m.opt.CPU == nil {
		m.opt.CPU = func() uint32 { return 0 }
	}
	if m.opt.PidTgid == nil {
		m.opt.PidTgid = func() uint64 { return 1<<32 | 1 }
	}
	if m.opt.Printk == nil {
		m.opt.Printk = func(string) {}
	}
	if m.opt.MayGoto == 0 {
		m.opt.MayGoto = 8 << 20
	}
}
