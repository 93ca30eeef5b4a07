package engines

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/rtlib/ebpf"
)

// Instance is an object that an engine has loaded.
type Instance interface {
	// Run runs the program on data, which it may change, and returns r0,
	// for a packet the low 32 bits of it.
	Run(data []byte) (uint64, error)
	// Lookup returns a copy of the value of a key.
	Lookup(mapName string, key []byte) ([]byte, error)
	// Update stores a value.
	Update(mapName string, key, value []byte) error
}

// Engine is a row: a way to run an object.
type Engine struct {
	Name   string
	Native bool // machine code where there is some, else Go bodies
	Pooled bool // on Frames of the pool, else on one of its own
	Bound  bool // bound to its Frame
}

// Engines returns the compiled engines.
func Engines() []Engine {
	return []Engine{
		{Name: "native", Native: true},
		{Name: "native, pooled", Native: true, Pooled: true},
		{Name: "native, bound", Native: true, Bound: true},
		{Name: "Go body"},
	}
}

// Spec is the object as the engine loads it.
func (e Engine) Spec(o *Object) (*ebpf.CollectionSpec, error) {
	if e.Native {
		return o.native()
	}
	return o.gobody()
}

// Wants is what rtlib calls the engine on this architecture.
func (e Engine) Wants() string {
	if e.Native && (runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64") {
		return "native"
	}
	return "go"
}

// Compiled is an object that a compiled engine has loaded.
type Compiled struct {
	coll    *ebpf.Collection
	program *rtlib.Program
	frame   *rtlib.Frame // nil for runs on the pool
	run     func(data []byte) (uint64, error)
}

// Load loads the object. The caller closes it.
func (e Engine) Load(o *Object) (*Compiled, error) {
	spec, err := e.Spec(o)
	if err != nil {
		return nil, err
	}
	coll, err := ebpf.NewCollection(spec)
	if err != nil {
		return nil, err
	}
	c := &Compiled{coll: coll}
	if err := c.start(e, o); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", o.File, err), c.Close())
	}
	return c, nil
}

// start finds the program and makes its Frame.
func (c *Compiled) start(e Engine, o *Object) error {
	program := c.coll.Programs[o.Program]
	if program == nil {
		return fmt.Errorf("no program %q", o.Program)
	}
	c.program = program.Runtime()
	if got := c.program.Engine(); got != e.Wants() {
		return fmt.Errorf("engine %q, want %q", got, e.Wants())
	}
	var err error
	if !e.Pooled {
		if c.frame, err = program.NewFrame(); err != nil {
			return err
		}
	}
	switch {
	case e.Bound:
		c.run, err = runBound(o.programs, program, c.frame)
	case o.XDP():
		c.run = runXDP(c.program, c.frame)
	default:
		c.run = runRaw(c.program, c.frame)
	}
	return err
}

// runBound is the call that generated code has for its program, found by
// reflection: each has types of its own.
func runBound(programs any, program *ebpf.Program, f *rtlib.Frame) (func([]byte) (uint64, error), error) {
	p := reflect.New(reflect.TypeOf(programs).Elem())
	p.Elem().Field(0).Set(reflect.ValueOf(program))
	bind := p.MethodByName("Bind" + p.Elem().Type().Field(0).Name)
	out := bind.Call([]reflect.Value{reflect.ValueOf(f)})
	if err, _ := out[1].Interface().(error); err != nil {
		return nil, err
	}
	input := out[0].Method(0) // Memory or Packet
	return func(data []byte) (uint64, error) {
		call := input.Call([]reflect.Value{reflect.ValueOf(data)})[0]
		out := call.Method(0).Call(nil)
		err, _ := out[1].Interface().(error)
		return out[0].Uint(), err
	}, nil
}

// runRaw is the call of a program that takes memory.
func runRaw(p *rtlib.Program, f *rtlib.Frame) func([]byte) (uint64, error) {
	if f == nil {
		return func(data []byte) (uint64, error) { return rtlib.RunRaw(p, data) }
	}
	return func(data []byte) (uint64, error) { return f.RunRaw(p, data) }
}

// runXDP is the call of a program that takes packets.
func runXDP(p *rtlib.Program, f *rtlib.Frame) func([]byte) (uint64, error) {
	call := rtlib.RunXDP
	if f != nil {
		call = f.RunXDP
	}
	return func(data []byte) (uint64, error) {
		verdict, err := call(p, &rtlib.XDP{Data: data})
		return uint64(verdict), err
	}
}

// Close ends the instance.
func (c *Compiled) Close() error {
	err := c.frame.Close()
	c.coll.Close()
	return err
}

// Program returns the program that runs.
func (c *Compiled) Program() *rtlib.Program { return c.program }

// Run implements Instance.
func (c *Compiled) Run(data []byte) (uint64, error) { return c.run(data) }

// RunMeta runs a program on a packet whose first bytes, meta of them, are
// metadata: it works on those behind. (Bound runs take no metadata.)
func (c *Compiled) RunMeta(data []byte, meta int) (uint64, error) {
	ctx := rtlib.XDP{Data: data, MetaLen: meta}
	var verdict uint32
	var err error
	if c.frame == nil {
		verdict, err = rtlib.RunXDP(c.program, &ctx)
	} else {
		verdict, err = c.frame.RunXDP(c.program, &ctx)
	}
	return uint64(verdict), err
}

// Lookup implements Instance.
func (c *Compiled) Lookup(mapName string, key []byte) ([]byte, error) {
	return c.coll.Maps[mapName].LookupBytes(key)
}

// Update implements Instance.
func (c *Compiled) Update(mapName string, key, value []byte) error {
	return c.coll.Maps[mapName].Put(key, value)
}

// Compare runs got and want on copies of each input, in order, and returns the
// first difference of results, data or maps as an error. Of the maps it
// compares all values of arrays and data sections; no program of testdata
// writes to a hash map.
func Compare(o *Object, got, want Instance, inputs [][]byte) error {
	for i, input := range inputs {
		a, b := aligned(input), aligned(input)
		gotR0, err := got.Run(a)
		if err != nil {
			return fmt.Errorf("input %d, % x: %w", i, input, err)
		}
		wantR0, err := want.Run(b)
		if err != nil {
			return fmt.Errorf("input %d, % x: %w", i, input, err)
		}
		if gotR0 != wantR0 || !bytes.Equal(a, b) {
			return fmt.Errorf("input %d, % x:\ngot r0 %#x, data % x\nwant r0 %#x, data % x", i, input, gotR0, a, wantR0, b)
		}
	}
	return compareMaps(o, got, want)
}

// aligned copies data to where every type is aligned.
func aligned(data []byte) []byte {
	// Slices of 16 bytes and more begin at multiples of 8 at least.
	return append(make([]byte, 0, len(data)+16), data...)
}

func compareMaps(o *Object, got, want Instance) error {
	spec, err := o.gobody()
	if err != nil {
		return err
	}
	for name, m := range spec.Maps {
		if m.Type != bpf.MapArray {
			continue
		}
		for index := range m.MaxEntries {
			key := binary.NativeEndian.AppendUint32(nil, index)
			a, err := got.Lookup(name, key)
			if err != nil {
				return err
			}
			b, err := want.Lookup(name, key)
			if err != nil {
				return err
			}
			if !slices.Equal(a, b) {
				return fmt.Errorf("map %s[%d]: got % x, want % x", name, index, a, b)
			}
		}
	}
	return nil
}
