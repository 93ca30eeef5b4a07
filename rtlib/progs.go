package rtlib

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

// Program arrays: max_entries slots, each empty or with a program that tail
// calls lead to. Programs read a slot by one atomic load; hosts replace what is
// in it at any time, also while programs run.
//
//	slot ─► target ─► Program, or nil once its instance is closed
//
// A slot refers to the program's target, which is the instance's. So it keeps
// the instance of an open program reachable, and Instance.Close empties all
// slots of all arrays with one store for each program, without a list of them.
//
// A program fits into an array when its code was made for the context of those
// that come to it: TailCall passes no arguments, the callee reads the Frame.
// The first program decides for the life of the array, one that is stored or
// one of an instance that may take tail calls through it (struct fit).

// target is what slots refer to: the program while its instance is open.
type target struct{ program atomic.Pointer[Program] }

// progArray is the part of a program array that hosts use. Programs use
// Map.table, the first of slots.
type progArray struct {
	mu    sync.Mutex // of all below and of stores to slots
	slots []atomic.Pointer[target]
	held  []Reference // by slot
	fit   *fit        // nil until the first program
}

// Reference is what a slot of a program array holds besides the program: the
// slot calls Release once, when it lets go of the program.
type Reference interface{ Release() }

// fit is what all programs of an array have in common.
type fit struct {
	hook   string
	layout uint64 // ProgramSpec.Layout
	minLen int
	rules  *bpf.Rules
	domain *domain
}

// fitOf is what programs have in common with p.
func fitOf(p *Program) fit {
	return fit{p.spec.Hook, p.spec.Layout, p.spec.MinLen, p.inst.rules, p.inst.domain}
}

// differs says why a program cannot be where others are; "" when it can.
func (a *fit) differs(b *fit) string {
	switch {
	case a.hook != b.hook:
		return fmt.Sprintf("has hook %q, the programs of the array have %q", b.hook, a.hook)
	case a.minLen != b.minLen:
		return fmt.Sprintf("takes memory of at least %d bytes, the programs of the array of at least %d", b.minLen, a.minLen)
	case a.layout != b.layout:
		return fmt.Sprintf("was made for another context of hook %q than the programs of the array; generate both with one version of the tool and the hook", b.hook)
	case a.rules != b.rules:
		return "is of another platform than the programs of the array"
	case a.domain != b.domain:
		return "is not of this process"
	}
	return ""
}

// newProgArray allocates the slots.
func newProgArray(m *Map) operations {
	m.misses.lookup = &MapError{m.name, "lookup", "the slot is empty or not below max_entries", bpf.ENOENT}
	m.misses.remove = &MapError{m.name, "delete", "the slot is empty", bpf.ENOENT}
	m.progs = &progArray{slots: make([]atomic.Pointer[target], m.max), held: make([]Reference, m.max)}
	m.table = unsafe.Pointer(&m.progs.slots[0])
	return progSlots{refuses{m}}
}

// progSlots is the implementation of program arrays. Values are no bytes:
// UpdateProgram and LookupProgram take programs.
type progSlots struct{ refuses }

func (p progSlots) remove(_ *abi.Frame, key unsafe.Pointer) bpf.Errno { return p.m.progsDelete(key) }
func (p progSlots) erase(key unsafe.Pointer) bpf.Errno                { return p.m.progsDelete(key) }
func (p progSlots) next(key, out unsafe.Pointer) bpf.Errno            { return p.m.indexNext(key, out) }
func (p progSlots) close()                                            { p.m.progs.empty() }

func (p progSlots) explain(op string, errno bpf.Errno, flags uint64) string {
	switch {
	case errno == bpf.ENOTSUP && op == "lookup":
		return "values of program arrays are programs: use LookupProgram"
	case errno == bpf.ENOTSUP && op == "update":
		return "values of program arrays are programs: use UpdateProgram"
	case op == "update" || op == "delete":
		return fmt.Sprintf("the index is not below max_entries %d", p.m.max)
	}
	return p.refuses.explain(op, errno, flags)
}

// slotAt is a slot below max, for programs.
func (m *Map) slotAt(index uint64) *atomic.Pointer[target] {
	return (*atomic.Pointer[target])(unsafe.Add(m.table, uintptr(index)*unsafe.Sizeof(atomic.Pointer[target]{})))
}

// admit lets the array have programs like p, which is stored or refers to it;
// the text says why not. The array is locked.
func (a *progArray) admit(p *Program) string {
	f := fitOf(p)
	if a.fit == nil {
		a.fit = &f
		return ""
	}
	return a.fit.differs(&f)
}

// join checks that the array is one for tail calls of p.
func (m *Map) join(p *Program) error {
	m.progs.mu.Lock()
	defer m.progs.mu.Unlock()
	if detail := m.progs.admit(p); detail != "" {
		return fmt.Errorf("program %q: it refers to program array %q, but it %s: %w", p.Name(), m.name, detail, os.ErrInvalid)
	}
	return nil
}

// UpdateProgram stores p in the slot whose index is key: from now on tail calls
// lead to it, also those of programs that run. One that has been taken runs to
// its end. flags is bpf.UpdateAny.
//
// The slot refers to p's instance, so that nobody else has to. It becomes empty
// when that instance is closed: later tail calls are refused and their programs
// go on, runs of p that are under way end as they would, with the memory of all
// their maps. Instance.Close waits for those that use reclaimed maps, as it does
// for all runs.
//
// held, which may be nil, is released when the slot becomes empty or gets
// another program, or when the map is closed; not when UpdateProgram returns an
// error, nor by Close of p's instance.
//
// Errors: EINVAL when p has another hook or another minimum of memory than the
// programs of the array, for flags and for wrong lengths; E2BIG for an index
// that is not below max_entries (EINVAL with Windows' rules); EPERM for a map
// that hosts may not write; os.ErrClosed for the map and the program.
func (m *Map) UpdateProgram(key []byte, p *Program, flags uint64, held Reference) error {
	if m == nil || m.closed.Load() || uintptr(len(key)) != m.keySize || m.hostReadOnly.Load() {
		return m.refuseWrite("update", key, noValue)
	}
	invalid := func(detail string) error { return &MapError{m.name, "update", detail, bpf.EINVAL} }
	switch {
	case m.progs == nil:
		return invalid("its values are no programs")
	case p == nil:
		return invalid("the program is nil; Delete empties a slot")
	case flags > bpf.UpdateExist || flags == bpf.UpdateNoExist || flags == bpf.UpdateExist && !m.rules.ProgArrayExist:
		return invalid(fmt.Sprintf("flags %d; a program array takes 0 (any)", flags))
	}
	index := m.index(unsafe.Pointer(unsafe.SliceData(key)))
	if index >= m.max {
		return m.failed("update", m.rules.ArrayUpdateBounds, bpf.UpdateAny)
	}
	return m.setProgram(index, p, held)
}

// setProgram is UpdateProgram with an index below max.
func (m *Map) setProgram(index uint64, p *Program, held Reference) error {
	a := m.progs
	a.mu.Lock()
	// Under the lock: empty, which Close of the map calls, comes before or
	// after all of this.
	var err error
	if detail := a.admit(p); detail != "" {
		err = &MapError{m.name, "update", fmt.Sprintf("program %q %s", p.Name(), detail), bpf.EINVAL}
	} else if m.closed.Load() {
		err = errClosed("map", m.name)
	} else if p.target.program.Load() == nil {
		err = fmt.Errorf("map %q: update: program %q: %w", m.name, p.Name(), p.inst.errClosed())
	}
	if err != nil {
		a.mu.Unlock()
		return err
	}
	old := a.held[index]
	a.held[index] = held
	a.slots[index].Store(p.target)
	a.mu.Unlock()
	if old != nil {
		old.Release()
	}
	return nil
}

// progsDelete empties a slot.
func (m *Map) progsDelete(key unsafe.Pointer) bpf.Errno {
	index := m.index(key)
	if index >= m.max {
		return m.rules.ArrayUpdateBounds
	}
	a := m.progs
	a.mu.Lock()
	t, old := a.slots[index].Swap(nil), a.held[index]
	a.held[index] = nil
	a.mu.Unlock()
	if old != nil {
		old.Release()
	}
	if t == nil || t.program.Load() == nil {
		return m.rules.ProgArrayDeleteEmpty
	}
	return 0
}

// empty empties all slots of a map that was closed.
func (a *progArray) empty() {
	a.mu.Lock()
	held := a.held
	a.held = make([]Reference, len(held))
	for i := range a.slots {
		a.slots[i].Store(nil)
	}
	a.mu.Unlock()
	for _, h := range held {
		if h != nil {
			h.Release()
		}
	}
}

// LookupProgram returns the program in the slot whose index is key, and what
// UpdateProgram got with it.
//
// Errors: ENOENT when the slot is empty or there is none, EINVAL for a wrong
// length and maps that are no program arrays, EPERM for a map that hosts may not
// read; os.ErrClosed.
func (m *Map) LookupProgram(key []byte) (*Program, Reference, error) {
	if m == nil || m.closed.Load() || uintptr(len(key)) != m.keySize || m.hostWriteOnly {
		return nil, nil, m.refuseRead("lookup", key, noValue)
	}
	if m.progs == nil {
		return nil, nil, &MapError{m.name, "lookup", "its values are no programs", bpf.EINVAL}
	}
	index := m.index(unsafe.Pointer(unsafe.SliceData(key)))
	if index >= m.max {
		return nil, nil, m.misses.lookup
	}
	a := m.progs
	a.mu.Lock()
	defer a.mu.Unlock()
	if t := a.slots[index].Load(); t != nil {
		if p := t.program.Load(); p != nil {
			return p, a.held[index], nil
		}
	}
	return nil, nil, m.misses.lookup
}

// fillPrograms stores the initial elements of the instance's own program
// arrays, and joins its programs to the arrays that they call through.
func (inst *Instance) fillPrograms(opts *InstanceOptions) error {
	for i := range inst.programs {
		p := &inst.programs[i]
		for _, index := range p.spec.Maps {
			if m := inst.maps[index]; m.progs != nil && p.spec.TailCalls {
				if err := m.join(p); err != nil {
					return err
				}
			}
		}
	}
	for i := range inst.spec.Maps {
		spec, m := &inst.spec.Maps[i], inst.maps[i]
		if opts.MapReplacements[spec.Name] != nil || opts.NoSlots || holdsMaps(spec.Type) {
			continue
		}
		for _, s := range spec.Slots {
			switch {
			case m.progs == nil:
				return fmt.Errorf("map %q: initial programs in a map of type %d; generate the object again: %w", m.name, spec.Type, os.ErrInvalid)
			case uint(s.Program) >= uint(len(inst.programs)):
				return fmt.Errorf("map %q: initial program %d of %d; generate the object again: %w", m.name, s.Program, len(inst.programs), os.ErrInvalid)
			case uint64(s.Index) >= m.max:
				return fmt.Errorf("map %q: initial program %q at index %d, max_entries is %d: %w", m.name, inst.programs[s.Program].Name(), s.Index, m.max, os.ErrInvalid)
			}
			if err := m.setProgram(uint64(s.Index), &inst.programs[s.Program], nil); err != nil {
				return err
			}
		}
	}
	return nil
}
