package interp

import (
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// timer is a bpf_timer of a map value that was initialised.
type timer struct {
	addr    uint64 // of the field
	value   *Region
	prog    *frontend.Program // of the callback, nil when it has none
	slot    int
	started bool
}

// timerAt returns the timer of argument 0, nil when it was not initialised.
func (c *helperCall) timerAt() *timer {
	for _, t := range c.run.m.timers {
		if t.addr == c.args[0].Bits {
			return t
		}
	}
	return nil
}

func (c *helperCall) timerInit() (Value, error) {
	switch value := c.args[0].Region; {
	case value.m != c.m:
		return Value{}, c.bad(0, "not in a value of the map in argument 2")
	case c.timerAt() != nil:
		return c.status(bpf.EBUSY), nil
	default:
		c.run.m.timers = append(c.run.m.timers, &timer{addr: c.args[0].Bits, value: value})
	}
	return number(0), nil
}

func (c *helperCall) timerCallback() (Value, error) {
	t := c.timerAt()
	if t == nil {
		return c.status(bpf.EINVAL), nil
	}
	t.prog, t.slot = c.run.prog, c.fn
	return number(0), nil
}

func (c *helperCall) timerStart() (Value, error) {
	t := c.timerAt()
	if t == nil || t.prog == nil {
		return c.status(bpf.EINVAL), nil
	}
	t.started = true
	return number(0), nil
}

// timerCancel gives 1 when the timer was running.
func (c *helperCall) timerCancel() (Value, error) {
	t := c.timerAt()
	if t == nil {
		return c.status(bpf.EINVAL), nil
	}
	was := t.started
	t.started = false
	return flag(was), nil
}

// Fire lets every timer that was started run out, once and in the order in
// which they were made, and returns how many there were. The error is a
// *Fault.
func (m *Machine) Fire(in Input) (int, error) {
	fired := 0
	for _, t := range slices.Clone(m.timers) {
		key, here := m.keyOf(t.value)
		if !t.started || !here {
			continue
		}
		t.started = false
		fired++
		if err := m.fire(t, key, in); err != nil {
			return fired, err
		}
	}
	return fired, nil
}

func (m *Machine) fire(t *timer, key []byte, in Input) error {
	r := m.newRun(t.prog, in)
	r.place(nil, nil, nil)
	fn, err := r.function(t.slot)
	if err != nil {
		return err
	}
	owner := t.value.m
	r.regs[bpf.R1], r.regs[bpf.R2], r.regs[bpf.R3] = owner.self.pointer(0), owner.keyPointer(key), t.value.pointer(0)
	r.enter(fn, 0, table.CallbackTimer)
	return r.loop()
}

// keyOf finds the key of a value, false when the map holds it no more.
func (m *Machine) keyOf(value *Region) ([]byte, bool) {
	for key, e := range value.m.elements {
		if slices.Contains(e.values, value) {
			return []byte(key), true
		}
	}
	return nil, false
}
