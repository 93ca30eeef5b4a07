package interp

import (
	"encoding/binary"
	"fmt"

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
	// Trace is called before each instruction. It must not keep the State.
	Trace func(*State)
}

// State is what Trace sees: the machine before an instruction.
type State struct {
	PC     int                 // slot of the instruction
	Regs   *[bpf.NumRegs]Value // registers of the running function
	Stacks []*Region           // stacks by depth, the last is the running function's
	Insns  uint64              // instructions executed before
}

// Machine is an object loaded once: its maps and globals. Runs share it. It is
// not safe for concurrent use.
type Machine struct {
	obj   *frontend.Object
	opt   Options
	order binary.ByteOrder
	rules *bpf.Rules
	space space
	maps  []*Map

	ticks, seed uint64 // state of the default clock and random source
}

// New makes the maps of an object. Map types, sizes and flags that are not
// supported are errors that wrap bpf.ErrUnsupported.
func New(obj *frontend.Object, opt Options) (*Machine, error) {
	m := &Machine{obj: obj, opt: opt, order: binary.LittleEndian, rules: bpf.RulesOf(obj.Platform), seed: 1}
	if obj.BigEndian {
		m.order = binary.BigEndian
	}
	m.defaults()
	for k, def := range obj.Maps {
		made, err := m.newMap(k, def)
		if err != nil {
			return nil, fmt.Errorf("map %s: %w", def.Name, err)
		}
		m.maps = append(m.maps, made)
	}
	return m, nil
}

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
