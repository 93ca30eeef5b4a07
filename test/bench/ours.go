package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/bpf2go-native/bpf2go-native/rtlib"
	"github.com/bpf2go-native/bpf2go-native/test/bench/gen/body"
	"github.com/bpf2go-native/bpf2go-native/test/bench/gen/native"
	"github.com/bpf2go-native/bpf2go-native/test/bench/measure"
)

// loaded is one of our objects in one of the two forms, with a Frame for it.
type loaded struct {
	instance *rtlib.Instance
	frame    *rtlib.Frame
}

// generated are our two columns: instances of the generated objects.
type generated struct {
	specs map[string]map[string]*rtlib.ObjectSpec // by column and file
	open  map[string]loaded                       // by column and file, joined
}

func newGenerated() *generated {
	return &generated{
		specs: map[string]map[string]*rtlib.ObjectSpec{columnNative: native.Objects(), columnBody: body.Objects()},
		open:  map[string]loaded{},
	}
}

func (g *generated) close() error {
	var errs []error
	for _, l := range g.open {
		errs = append(errs, l.frame.Close(), l.instance.Close())
	}
	return errors.Join(errs...)
}

// load makes an instance, once for each object and column, and fills its maps.
func (g *generated) load(column, object string) (loaded, error) {
	key := column + " " + object
	if l, ok := g.open[key]; ok {
		return l, nil
	}
	spec := g.specs[column][object]
	if spec == nil {
		return loaded{}, fmt.Errorf("%s is not among the generated objects", object)
	}
	inst, err := rtlib.NewInstance(spec, nil)
	if err != nil {
		return loaded{}, err
	}
	frame, err := rtlib.NewFrame(inst)
	if err != nil {
		return loaded{}, errors.Join(err, inst.Close())
	}
	l := loaded{inst, frame}
	g.open[key] = l
	if fill := contents()[object]; fill != nil {
		return l, fill(l.find)
	}
	return l, nil
}

// find gives the map of a name, for filling.
func (l loaded) find(name string) (putter, error) {
	m := l.instance.Map(name)
	if m == nil {
		return nil, fmt.Errorf("no map %q in the object", name)
	}
	return func(key, value any) error {
		k, err := binary.Append(nil, binary.NativeEndian, key)
		if err != nil {
			return err
		}
		v, err := binary.Append(nil, binary.NativeEndian, value)
		if err != nil {
			return err
		}
		return m.Update(k, v, 0)
	}, nil
}

// timer calls a program on an own Frame, the inputs in turn.
func (l loaded) timer(name string, inputs [][]byte) (measure.Timer, error) {
	p := l.instance.Program(name)
	if p == nil {
		return nil, fmt.Errorf("no program %q in the object", name)
	}
	if p.Hook() == "raw" {
		return func(n int) (time.Duration, error) { return timeRaw(l.frame, p, inputs, n) }, nil
	}
	return func(n int) (time.Duration, error) { return timeXDP(l.frame, p, inputs, n) }, nil
}

func timeXDP(f *rtlib.Frame, p *rtlib.Program, inputs [][]byte, n int) (time.Duration, error) {
	var ctx rtlib.XDP
	start := measure.Now()
	for k := 0; n > 0; n-- {
		ctx.Data = inputs[k]
		if _, err := f.RunXDP(p, &ctx); err != nil {
			return 0, err
		}
		if k++; k == len(inputs) {
			k = 0
		}
	}
	return measure.Now() - start, nil
}

func timeRaw(f *rtlib.Frame, p *rtlib.Program, inputs [][]byte, n int) (time.Duration, error) {
	start := measure.Now()
	for k := 0; n > 0; n-- {
		if _, err := f.RunRaw(p, inputs[k]); err != nil {
			return 0, err
		}
		if k++; k == len(inputs) {
			k = 0
		}
	}
	return measure.Now() - start, nil
}

// digest runs the program once on each input and sums the results.
func (l loaded) digest(name string, inputs [][]byte) (sum uint32, err error) {
	p := l.instance.Program(name)
	for _, in := range inputs {
		var r uint64
		if p.Hook() == "raw" {
			r, err = l.frame.RunRaw(p, in)
		} else {
			var verdict uint32
			verdict, err = l.frame.RunXDP(p, &rtlib.XDP{Data: in})
			r = uint64(verdict)
		}
		if err != nil {
			return 0, err
		}
		sum += uint32(r)
	}
	return sum, nil
}

// engine returns our engine of one column.
func (g *generated) engine(column string, prog program, inputs [][]byte) (measure.Engine, error) {
	e := measure.Engine{Name: column}
	l, err := g.load(column, prog.object)
	if err != nil {
		return e, err
	}
	if p := l.instance.Program(prog.name); p != nil && p.Engine() != engineOf(column) {
		e.Missing = fmt.Sprintf("on this machine the object runs as %s", p.Engine())
		return e, nil
	}
	if e.Run, err = l.timer(prog.name, inputs); err != nil {
		return e, err
	}
	e.Check = func() (uint32, error) { return l.digest(prog.name, inputs) }
	if prog.base != "" {
		e.Base, err = l.timer(prog.base, inputs)
	}
	return e, err
}

// engineOf is what Program.Engine returns for a column.
func engineOf(column string) string {
	if column == columnBody {
		return "go"
	}
	return "native"
}

// engines returns the engines of both columns.
func (g *generated) engines(prog program, inputs [][]byte) ([]measure.Engine, error) {
	var list []measure.Engine
	for _, column := range []string{columnNative, columnBody} {
		e, err := g.engine(column, prog, inputs)
		if err != nil {
			return nil, fmt.Errorf("%s, %s: %w", prog.name, column, err)
		}
		list = append(list, e)
	}
	return list, nil
}
