package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"time"

	"github.com/cilium/ebpf"

	"github.com/bpf2go-native/bpf2go-native/test/bench/cpeer"
	"github.com/bpf2go-native/bpf2go-native/test/bench/kernelpeer"
	"github.com/bpf2go-native/bpf2go-native/test/bench/measure"
)

// Columns of the table.
const (
	columnNative = "native"
	columnBody   = "Go body"
	clang        = "clang"
	gcc          = "gcc"
	goHand       = "Go"
	kernel       = "kernel"
)

// columns in the order of the tables; the first of a table is what goals are
// about.
func columns() []string {
	return []string{
		columnNative, columnBody, clang, gcc, goHand, kernel,
		both, alone,
		typedMap, ebpfMap, lockedMap, syncMap,
		chosen, random, chosenZero,
	}
}

// compilers of the two C columns, by preference.
func compilers() map[string][]string {
	return map[string][]string{clang: {"clang-19", "clang"}, gcc: {"gcc"}}
}

// peers are the engines that are not ours.
type peers struct {
	root  string        // folder of the repository
	slice time.Duration // length of a turn

	c       map[string]*cpeer.Peer
	missing map[string]string // by column: why a peer cannot run
	objects map[string]*kernelpeer.Object
}

// openPeers starts what this machine has. What is missing is no error.
func openPeers(root string, slice time.Duration) (*peers, error) {
	p := &peers{
		root: root, slice: slice, c: map[string]*cpeer.Peer{}, missing: map[string]string{},
		objects: map[string]*kernelpeer.Object{},
	}
	for column, names := range compilers() {
		cc, err := cpeer.Find(names...)
		if err != nil {
			p.missing[column] = err.Error()
			continue
		}
		peer, err := cpeer.Start(cc, root, rand.Uint64()|1)
		if err != nil {
			return nil, errors.Join(err, p.close())
		}
		p.c[column] = peer
	}
	if err := kernelpeer.Available(); err != nil {
		p.missing[kernel] = err.Error()
	}
	return p, nil
}

func (p *peers) close() error {
	var errs []error
	for _, c := range p.c {
		errs = append(errs, c.Close())
	}
	for _, o := range p.objects {
		o.Close()
	}
	return errors.Join(errs...)
}

// inC returns the engine of a C function. base may be empty.
func (p *peers) inC(column, function, base string, inputs [][]byte) measure.Engine {
	peer := p.c[column]
	if peer == nil {
		return measure.Engine{Name: column, Missing: p.missing[column]}
	}
	timer := func(function string) measure.Timer {
		return func(n int) (time.Duration, error) {
			d, _, err := peer.Run(function, inputs, n)
			return d, err
		}
	}
	e := measure.Engine{
		Name: column,
		Run:  timer(function),
		Check: func() (uint32, error) {
			_, sum, err := peer.Run(function, fresh(inputs), len(inputs))
			return sum, err
		},
	}
	if base != "" {
		e.Base = timer(base)
	}
	return e
}

// program names a program of an object; base is the one to subtract.
type program struct {
	object, name, base string
	// crossed loads the object twice: tail calls lead from one to the other.
	crossed bool
	// ring names the ring that has to be emptied every so many runs.
	ring  string
	every int
}

// loadName is what a loaded object is found by.
func (p program) loadName() string {
	if p.crossed {
		return p.object + ", crossed"
	}
	return p.object
}

// kernelObject loads an object into the kernel, once.
func (p *peers) kernelObject(prog program) (*kernelpeer.Object, error) {
	if o := p.objects[prog.loadName()]; o != nil {
		return o, nil
	}
	o, err := kernelpeer.Open(filepath.Join(p.root, prog.object))
	if err != nil {
		return nil, err
	}
	p.objects[prog.loadName()] = o
	if fill := contents()[prog.object]; fill != nil {
		return o, fill(kernelMaps(o))
	}
	if !prog.crossed {
		return o, nil
	}
	other, err := kernelpeer.Open(filepath.Join(p.root, prog.object))
	if err != nil {
		return nil, err
	}
	p.objects[prog.loadName()+", other"] = other
	return o, errors.Join(o.Jump("jumps", 0, other, "tail_end"), o.Jump("jumps", 1, other, "tail_chain"),
		other.Jump("jumps", 1, o, "tail_chain"))
}

// kernelMaps finds maps of an object in the kernel.
func kernelMaps(o *kernelpeer.Object) finder {
	return func(name string) (putter, error) {
		m := o.Map(name)
		if m == nil {
			return nil, fmt.Errorf("no map %q in the object", name)
		}
		return putInKernel(m), nil
	}
}

// putInKernel stores entries in a map of the kernel's.
func putInKernel(m *ebpf.Map) putter {
	return func(key, value any) error {
		if v, ok := value.(onEachCPU); ok {
			cpus, err := ebpf.PossibleCPU()
			if err != nil {
				return err
			}
			value = slices.Repeat([]uint64{uint64(v)}, cpus)
		}
		return m.Put(key, value)
	}
}

// inKernel returns the engine of a program in the kernel. Without a base the
// empty program is subtracted: the test run's own loop is no cost of a program.
func (p *peers) inKernel(prog program, inputs [][]byte) (measure.Engine, error) {
	e := measure.Engine{Name: kernel, Missing: p.missing[kernel]}
	if e.Missing != "" {
		return e, nil
	}
	o, err := p.kernelObject(prog)
	if err != nil {
		return e, err
	}
	run := kernelpeer.Repeat{Slice: p.slice, Turns: kernelTurns}
	if prog.ring != "" {
		run.Most = prog.every
		if run.After, err = o.Emptier(prog.ring); err != nil {
			return e, err
		}
	}
	if e.Run, err = o.Timer(prog.name, inputs, run); err != nil {
		return e, err
	}
	e.Check = o.Check(prog.name, inputs)
	base := prog.base
	if base == "" {
		base = "empty"
		if o, err = p.kernelObject(program{object: callsObject}); err != nil {
			return e, err
		}
	}
	// The timer has a number of its own.
	e.Calls = 1000
	if e.Base, err = o.Timer(base, inputs, run); err != nil {
		return e, fmt.Errorf("%s: %w", base, err)
	}
	return e, nil
}

// kernelTurns is the number of inputs of one turn in the kernel.
const kernelTurns = 4
