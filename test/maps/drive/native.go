// Package drive does the operations of test/maps/model on maps of the runtime
// library: those of hosts by its methods, those of programs by its helpers, on
// Frames, inside runs of a program whose body is Go.
package drive

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
	"github.com/bpf2go-native/bpf2go-native/test/maps/model"
)

// Native is a map of the runtime library, in an instance of its own with one
// program.
type Native struct {
	Spec  model.Spec
	Map   *rtlib.Map
	inst  *rtlib.Instance
	prog  *rtlib.Program
	hands []*Hand      // by slot
	first []*Hand      // of Do
	inner []*rtlib.Map // what maps of maps hold, by number - 1

	reader *rtlib.RingReader // of rings
}

// Hand is one user of the map at a time: a host, and a program on a Frame.
type Hand struct {
	n     *Native
	frame *rtlib.Frame
	body  func(fr *abi.Frame)
	skew  int
}

// New makes the map. Freed values are overwritten with a pattern. Close it.
func New(s model.Spec) (*Native, error) {
	spec := rtlib.MapSpec{Name: "m", Type: s.Type, KeySize: s.KeySize, ValueSize: s.ValueSize, MaxEntries: s.MaxEntries, Flags: s.Flags, Extra: s.Extra, Lock: s.Lock}
	n := &Native{Spec: s, hands: make([]*Hand, rtlib.PossibleCPU())}
	object := &rtlib.ObjectSpec{
		Name: "maps", ABI: abi.Version, Platform: s.Platform,
		Programs: []rtlib.ProgramSpec{{Name: "step", Hook: "raw", Engine: "go", Entry: n.step, Maps: []int{0}, Reclaims: true, Holds: true}},
	}
	if s.Slots() {
		if err := n.makePieces(object, &spec); err != nil {
			return nil, err
		}
	}
	object.Maps = []rtlib.MapSpec{spec}
	inst, err := rtlib.NewInstance(object, &rtlib.InstanceOptions{PoisonFreed: true})
	if err != nil {
		return nil, errors.Join(err, n.closePieces())
	}
	n.inst, n.Map, n.prog = inst, inst.Map("m"), inst.Program("step")
	if s.Ring() {
		if n.reader, err = rtlib.NewRingReader(n.Map); err != nil {
			return nil, errors.Join(err, inst.Close())
		}
		n.reader.SetDeadline(time.Unix(1, 0)) // it never waits
	}
	return n, nil
}

// Hand leases a Frame. Close it.
func (n *Native) Hand() (*Hand, error) {
	f, err := rtlib.NewFrame(n.inst)
	if err != nil {
		return nil, err
	}
	h := &Hand{n: n, frame: f}
	n.hands[f.Slot()] = h
	return h, nil
}

// Slot is the CPU number of the hand's programs.
func (h *Hand) Slot() int { return h.frame.Slot() }

// Close gives the Frame back.
func (h *Hand) Close() error { return h.frame.Close() }

// Close closes the map and all Frames that Do has made.
func (n *Native) Close() error {
	var err error
	for _, h := range n.first {
		err = errors.Join(err, h.Close())
	}
	if n.reader != nil {
		err = errors.Join(err, n.reader.Close())
	}
	return errors.Join(err, n.inst.Close(), n.closePieces())
}

// Do does an operation. Op.CPU counts the Frames that it uses for programs: it is
// replaced by the Frame's slot, which is the CPU that the map knows.
func (n *Native) Do(op *model.Op) (model.Result, error) {
	h, err := n.hand(op.CPU)
	if err != nil {
		return model.Result{}, err
	}
	op.CPU = h.Slot()
	return h.Do(*op)
}

// Slot is the slot of a Frame of Do.
func (n *Native) Slot(cpu int) (int, error) {
	h, err := n.hand(cpu)
	if err != nil {
		return 0, err
	}
	return h.Slot(), nil
}

// hand is a hand of Do.
func (n *Native) hand(cpu int) (*Hand, error) {
	for len(n.first) <= cpu {
		h, err := n.Hand()
		if err != nil {
			return nil, err
		}
		n.first = append(n.first, h)
	}
	return n.first[cpu], nil
}

// Do does an operation on the hand's Frame; Op.CPU is ignored.
func (h *Hand) Do(op model.Op) (r model.Result, err error) {
	if op.Code < model.ProgLookup {
		return h.host(op)
	}
	var failed error
	err = h.Run(func(fr *abi.Frame) { r, failed = h.program(fr, op) })
	return r, errors.Join(failed, err)
}

// Run runs body as the program's body.
func (h *Hand) Run(body func(fr *abi.Frame)) error {
	h.body = body
	_, err := h.frame.RunRaw(h.n.prog, nil)
	return err
}

// step is the program.
func (n *Native) step(fr *abi.Frame) uint64 {
	n.hands[fr.Slot].body(fr)
	return 0
}

// Errno is the number of an error; it fails for errors that have none.
func Errno(err error) (bpf.Errno, error) {
	var e *rtlib.MapError
	var number syscall.Errno
	switch {
	case err == nil:
		return 0, nil
	case errors.As(err, &e):
		if !errors.As(err, &number) {
			return 0, fmt.Errorf("%w: wraps no errno of the host", err)
		}
		return e.Errno, nil
	case errors.Is(err, os.ErrClosed):
		return 0, fmt.Errorf("closed: %w", err)
	}
	return 0, fmt.Errorf("not a MapError: %w", err)
}

// host does a host's operation.
func (h *Hand) host(op model.Op) (r model.Result, err error) {
	m := h.n.Map
	if h.n.Spec.Slots() {
		return h.slots(op)
	}
	switch op.Code {
	case model.Lookup:
		value := make([]byte, h.n.Spec.HostSize())
		if h.n.Spec.Type == bpf.MapBloomFilter {
			copy(value, op.Value)
		}
		r.Errno, err = Errno(m.LookupFlags(op.Key, value, op.Flags))
		r.Value = h.read(r, value)
	case model.Update:
		r.Errno, err = Errno(m.Update(op.Key, op.Value, op.Flags))
	case model.Delete:
		r.Errno, err = Errno(m.Delete(op.Key))
	case model.NextKey:
		next := make([]byte, h.n.Spec.KeySize)
		r.Errno, err = Errno(m.NextKey(op.Key, next))
		if r.Errno == 0 {
			r.Key = next
		}
	case model.Take:
		value := make([]byte, h.n.Spec.HostSize())
		r.Errno, err = Errno(m.LookupAndDelete(op.Key, value, op.Flags))
		r.Value = h.read(r, value)
	case model.Walk:
		return h.walk()
	case model.Count:
		r.N = m.Len()
	case model.RingRead:
		return h.ringRead()
	default:
		return h.batch(op)
	}
	return r, err
}

// read is the value of a successful operation.
func (h *Hand) read(r model.Result, value []byte) []byte {
	if r.Errno != 0 || h.n.Spec.Type == bpf.MapBloomFilter {
		return nil
	}
	return value
}

// walk reads all elements.
func (h *Hand) walk() (model.Result, error) {
	return h.walkWith(func(key []byte) (r model.Result, err error) {
		r.Value = make([]byte, h.n.Spec.HostSize())
		r.Errno, err = Errno(h.n.Map.Lookup(key, r.Value))
		return r, err
	})
}

// walkWith is walk with another way to read a value.
func (h *Hand) walkWith(read func(key []byte) (model.Result, error)) (r model.Result, err error) {
	var key []byte
	for range 2*h.n.Spec.MaxEntries + 8 {
		next := make([]byte, h.n.Spec.KeySize)
		errno, err := Errno(h.n.Map.NextKey(key, next))
		if err != nil || errno == bpf.ENOENT {
			return r, err
		}
		found := model.Result{Errno: errno}
		if errno == 0 {
			found, err = read(next)
		}
		if err != nil || found.Errno != 0 {
			r.Errno = found.Errno
			return r, err
		}
		r.Keys, r.Values, key = append(r.Keys, next), append(r.Values, found.Value), next
	}
	return r, fmt.Errorf("a walk of a map with at most %d keys does not end: %x", h.n.Spec.MaxEntries, r.Keys)
}
