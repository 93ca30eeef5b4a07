package rtlib

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Instance is one load of an object: its maps, its data sections and its
// programs. Loads of one object share nothing.
type Instance struct {
	spec   *ObjectSpec
	domain *domain
	rules  *bpf.Rules
	slots  unsafe.Pointer // first of table; programs index it
	table  []abi.MapSlot
	closed atomic.Bool
	status unsafe.Pointer // *error of bound runs, changed by sync/atomic
	trace  tracer
	clock  func() uint64 // nil for the system's

	maps     []*Map
	programs []Program
	byName   map[string]*Map
}

// InstanceOptions are choices of who loads an object. The zero value is a
// load as the object says.
type InstanceOptions struct {
	// MapReplacements are used in place of new maps, by name. Each must have
	// the type, sizes and flags that the object declares and the entries that
	// programs rely on. The instance does not close them.
	MapReplacements map[string]*Map
	// MaxEntries replaces max_entries of new maps, by name.
	MaxEntries map[string]uint32
	// Variables are initial bytes of global variables, by name, with the size
	// of the variable. Constants can be set only here.
	Variables map[string][]byte
	// Trace gets each line of trace_printk in one Write with a newline at the
	// end. Nil is os.Stderr; use io.Discard for none. Lines come one at a
	// time, so Write must not run a program of the instance that traces: it
	// would wait for itself.
	Trace io.Writer
	// NoSlots leaves the program arrays and maps of maps of the object empty:
	// who loads it stores programs with Map.UpdateProgram, maps with UpdateMap.
	NoSlots bool
	// Clock is what programs read as ktime_get_ns and its relatives, in
	// nanoseconds; jiffies64 is in units of 4 ms of it. Nil is the system's
	// clocks. Goroutines that run programs call it at once.
	Clock func() uint64
	// PoisonFreed overwrites values of maps with a pattern when they
	// become free, to find values that are used too long. For tests.
	PoisonFreed bool
}

// NewInstance loads an object. opts can be nil. Errors name the object and
// what differs: an ABI version, a map, a variable. Nothing of the instance
// exists after an error.
func NewInstance(spec *ObjectSpec, opts *InstanceOptions) (*Instance, error) {
	if spec == nil {
		return nil, fmt.Errorf("new instance: the object is nil: %w", os.ErrInvalid)
	}
	if opts == nil {
		opts = new(InstanceOptions)
	}
	inst, err := newInstance(process(), spec, opts)
	if err != nil {
		return nil, fmt.Errorf("object %q: %w", spec.Name, err)
	}
	return inst, nil
}

// newInstance is NewInstance in a domain.
func newInstance(d *domain, spec *ObjectSpec, opts *InstanceOptions) (*Instance, error) {
	if spec.ABI != abi.Version {
		return nil, fmt.Errorf("generated for version %d of rtlib's ABI, this rtlib has %d; generate it again: %w", spec.ABI, abi.Version, bpf.ErrUnsupported)
	}
	inst := &Instance{spec: spec, domain: d, rules: bpf.RulesOf(spec.Platform), byName: make(map[string]*Map, len(spec.Maps))}
	inst.status = unsafe.Pointer(&noError)
	inst.clock = opts.Clock
	inst.trace.out = opts.Trace
	if opts.Trace == nil {
		inst.trace.out = os.Stderr
	}
	if err := inst.checkOptions(opts); err != nil {
		return nil, err
	}
	for i := range spec.Maps {
		m, err := inst.addMap(&spec.Maps[i], opts)
		if err != nil {
			inst.releaseMaps()
			return nil, err
		}
		inst.maps = append(inst.maps, m)
		inst.byName[spec.Maps[i].Name] = m
	}
	inst.fillSlots()
	if err := inst.setVariables(opts.Variables); err != nil {
		inst.releaseMaps()
		return nil, err
	}
	if err := inst.addPrograms(); err != nil {
		inst.releaseMaps()
		return nil, err
	}
	if err := errors.Join(inst.fillPrograms(opts), inst.fillMaps(opts)); err != nil {
		inst.releaseMaps()
		return nil, err
	}
	return inst, nil
}

// checkOptions refuses names that the object does not have: a misspelt
// replacement would be ignored silently.
func (inst *Instance) checkOptions(opts *InstanceOptions) error {
	known := make(map[string]bool, len(inst.spec.Maps))
	for i := range inst.spec.Maps {
		known[inst.spec.Maps[i].Name] = true
	}
	for _, name := range sortedKeys(opts.MapReplacements) {
		if !known[name] {
			return fmt.Errorf("replacement for map %q: the object has no such map: %w", name, os.ErrNotExist)
		}
		if _, both := opts.MaxEntries[name]; both {
			return fmt.Errorf("map %q: a replacement and max_entries exclude each other: %w", name, os.ErrInvalid)
		}
	}
	for _, name := range sortedKeys(opts.MaxEntries) {
		if !known[name] {
			return fmt.Errorf("max_entries of map %q: the object has no such map: %w", name, os.ErrNotExist)
		}
	}
	return nil
}

// addMap creates a map or takes the replacement.
func (inst *Instance) addMap(spec *MapSpec, opts *InstanceOptions) (*Map, error) {
	if m, replaced := opts.MapReplacements[spec.Name]; replaced {
		if err := inst.checkReplacement(spec, m); err != nil {
			return nil, err
		}
		if !m.retain() {
			return nil, fmt.Errorf("map %q: replacement: %w", spec.Name, errClosed("map", m.name))
		}
		return m, nil
	}
	own := *spec
	if n, set := opts.MaxEntries[spec.Name]; set {
		own.MaxEntries = n
	}
	own.poison = opts.PoisonFreed
	if own.MaxEntries < spec.MinEntries {
		return nil, errFewEntries(spec, own.MaxEntries)
	}
	if spec.Section && own.MaxEntries != 1 {
		return nil, fmt.Errorf("map %q: a data section has 1 entry, not %d: %w", spec.Name, own.MaxEntries, os.ErrInvalid)
	}
	m, err := newMap(inst.domain, inst.rules, own)
	if err != nil {
		return nil, err
	}
	return m, nil
}

// errFewEntries is the error of a map that is too small for the proof of a
// program.
func errFewEntries(spec *MapSpec, n uint32) error {
	return fmt.Errorf("map %q: max_entries %d, but the code of program %q was made for at least %d: %w",
		spec.Name, n, spec.ReliedBy, spec.MinEntries, os.ErrInvalid)
}

// checkReplacement compares a replacement with what the object declares.
func (inst *Instance) checkReplacement(spec *MapSpec, m *Map) error {
	if m == nil {
		return fmt.Errorf("map %q: the replacement is nil: %w", spec.Name, os.ErrInvalid)
	}
	for _, c := range []struct {
		what       string
		have, want uint32
	}{
		{"type", uint32(m.spec.Type), uint32(spec.Type)},
		{"key size", m.spec.KeySize, spec.KeySize},
		{"value size", m.spec.ValueSize, spec.ValueSize},
		{"flags", m.spec.Flags, spec.Flags},
	} {
		if c.have != c.want {
			return fmt.Errorf("map %q: the replacement has %s %d, the object needs %d: %w", spec.Name, c.what, c.have, c.want, os.ErrInvalid)
		}
	}
	if spec.Inner != nil {
		if detail := spec.Inner.differs(m.spec.Inner, inst.rules); detail != "" {
			return fmt.Errorf("map %q: the replacement has another template: %s: %w", spec.Name, detail, os.ErrInvalid)
		}
	}
	switch {
	case m.rules != inst.rules:
		return fmt.Errorf("map %q: the replacement follows the rules of another platform than %s: %w", spec.Name, inst.spec.Platform, os.ErrInvalid)
	case m.domain != inst.domain:
		return fmt.Errorf("map %q: the replacement is not of this process: %w", spec.Name, os.ErrInvalid)
	case m.spec.MaxEntries < spec.MinEntries:
		return errFewEntries(spec, m.spec.MaxEntries)
	case spec.Frozen && (!m.frozen || m.spec.Data != spec.Data):
		return fmt.Errorf("map %q: read-only data cannot be replaced; program %q was made for its bytes: %w", spec.Name, spec.ReliedBy, os.ErrInvalid)
	}
	return nil
}

// fillSlots makes the table that programs read.
func (inst *Instance) fillSlots() {
	inst.table = make([]abi.MapSlot, max(1, len(inst.maps)))
	for i, m := range inst.maps {
		inst.table[i].Map.P = unsafe.Pointer(m)
		inst.table[i].Values.P = m.values
		inst.table[i].Max = m.max
		inst.table[i].Step = m.step
	}
	inst.slots = unsafe.Pointer(&inst.table[0])
}

// addPrograms makes the programs.
func (inst *Instance) addPrograms() error {
	inst.programs = make([]Program, len(inst.spec.Programs))
	for i := range inst.spec.Programs {
		spec := &inst.spec.Programs[i]
		if spec.Entry == nil {
			return fmt.Errorf("program %q: no code for this platform; generate the object again: %w", spec.Name, bpf.ErrUnsupported)
		}
		for _, index := range spec.Maps {
			if uint(index) >= uint(len(inst.maps)) {
				return fmt.Errorf("program %q: map %d of %d; generate the object again: %w", spec.Name, index, len(inst.maps), os.ErrInvalid)
			}
		}
		p := &inst.programs[i]
		p.inst, p.spec, p.entry, p.reclaims, p.kind = inst, spec, spec.Entry, spec.Reclaims, kindOf(spec.Hook)
		p.minLen = uint64(spec.MinLen)
		p.init()
	}
	return nil
}

// init makes what calls of the program look at.
func (p *Program) init() {
	p.target = new(target)
	p.target.program.Store(p)
	p.body = p.entry
	if p.spec.TailCalls {
		p.body = p.fromGo()
	}
	if p.holds = p.spec.Holds; p.holds {
		p.body = p.holding(p.body)
	}
	p.run = p.body
	if p.reclaims {
		p.run = p.inEpoch()
	}
	p.refuseAll()
	if p.minLen > 0 {
		p.accepts[hookMinLen].Store(p.inst)
		return
	}
	p.accepts[hookOther].Store(p.inst)
	p.accepts[p.kind].Store(p.inst)
}

// refuseAll makes every direct call of the program take the path to an error.
func (p *Program) refuseAll() {
	for k := range p.accepts {
		p.accepts[k].Store(noInstance)
	}
}

// Name is the name of the object.
func (inst *Instance) Name() string { return inst.spec.Name }

// Spec returns the object. It must not be changed.
func (inst *Instance) Spec() *ObjectSpec { return inst.spec }

// Map returns a map by its name in C, nil when there is none.
func (inst *Instance) Map(name string) *Map { return inst.byName[name] }

// Program returns a program by the name of its function, nil when there is
// none.
func (inst *Instance) Program(name string) *Program {
	for i := range inst.programs {
		if p := &inst.programs[i]; p.spec.Name == name {
			return p
		}
	}
	return nil
}

// Close ends the instance: later runs return an error that wraps os.ErrClosed,
// and so do calls on its maps when no other instance uses them. Its programs
// leave the program arrays of other instances: tail calls to them are refused.
// Runs that are under way end as they would. A second call does nothing.
//
// Close waits for the runs of the process in which maps' memory is used again,
// for a second. When one has not ended then, Close has closed the instance all
// the same, its maps' memory stays until the run lets go of it, and the error
// wraps os.ErrDeadlineExceeded: a helper that blocks, that called Close, or
// that panicked on a Frame which neither ran again nor was closed.
func (inst *Instance) Close() error {
	if inst == nil || !inst.closed.CompareAndSwap(false, true) {
		return nil
	}
	err := inst.errClosed()
	atomic.StorePointer(&inst.status, unsafe.Pointer(&err))
	reclaims, ended := false, true
	for i := range inst.programs {
		inst.programs[i].refuseAll()
		inst.programs[i].target.program.Store(nil)
		reclaims = reclaims || inst.programs[i].reclaims
	}
	if reclaims {
		ended = inst.domain.synchronize(closeWait)
	}
	inst.releaseMaps()
	if !ended {
		return fmt.Errorf("object %q: close: a run in this process has not ended after %v, or it panicked and its frame is open; close frames first: %w",
			inst.Name(), closeWait, os.ErrDeadlineExceeded)
	}
	return nil
}

// closeWait is the patience of Instance.Close.
const closeWait = time.Second

// releaseMaps lets go of all maps.
func (inst *Instance) releaseMaps() {
	for _, m := range inst.maps {
		m.release()
	}
}

// errClosed is the error of a use after Close; inst may be nil.
func (inst *Instance) errClosed() error {
	if inst == nil {
		return fmt.Errorf("the instance is nil: %w", os.ErrInvalid)
	}
	return errClosed("instance", inst.Name())
}
