package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/bpf2go-native/bpf2go-native/bpf"
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
	// readers of rings, which have one each.
	readers map[*rtlib.Map]*rtlib.RingReader
	seconds map[*rtlib.Instance]*rtlib.Frame // of a second thread
}

func newGenerated() *generated {
	return &generated{
		specs: map[string]map[string]*rtlib.ObjectSpec{columnNative: native.Objects(), columnBody: body.Objects()},
		open:  map[string]loaded{}, readers: map[*rtlib.Map]*rtlib.RingReader{}, seconds: map[*rtlib.Instance]*rtlib.Frame{},
	}
}

// close closes what is open; other instances can be made after that. An instance
// takes an execution slot or two of the process.
func (g *generated) close() error {
	var errs []error
	for _, rd := range g.readers {
		errs = append(errs, rd.Close())
	}
	for _, f := range g.seconds {
		errs = append(errs, f.Close())
	}
	for _, l := range g.open {
		errs = append(errs, l.frame.Close(), l.instance.Close())
	}
	clear(g.readers)
	clear(g.seconds)
	clear(g.open)
	return errors.Join(errs...)
}

// errNotGenerated says that gen has no code for an object.
var errNotGenerated = errors.New("not among the generated objects")

// load makes an instance, once for each object and column, and fills its maps.
func (g *generated) load(column string, prog program) (loaded, error) {
	key := column + " " + prog.loadName()
	if l, ok := g.open[key]; ok {
		return l, nil
	}
	l, err := g.make(column, prog.object, key)
	if err != nil {
		return loaded{}, err
	}
	if fill := contents()[prog.object]; fill != nil {
		return l, fill(l.find)
	}
	if !prog.crossed {
		return l, nil
	}
	other, err := g.make(column, prog.object, key+", other")
	if err != nil {
		return loaded{}, err
	}
	return l, errors.Join(l.jump(0, other, "tail_end"), l.jump(1, other, "tail_chain"), other.jump(1, l, "tail_chain"))
}

// make makes an instance that is found by the key.
func (g *generated) make(column, object, key string) (loaded, error) {
	spec := g.specs[column][object]
	if spec == nil {
		return loaded{}, fmt.Errorf("%s: %w", object, errNotGenerated)
	}
	inst, err := rtlib.NewInstance(spec, nil)
	if err != nil {
		return loaded{}, err
	}
	frame, err := rtlib.NewFrame(inst)
	if err != nil {
		return loaded{}, errors.Join(err, inst.Close())
	}
	g.open[key] = loaded{inst, frame}
	return g.open[key], nil
}

// jump stores a program of another instance in the program array of tail.o.
func (l loaded) jump(index uint32, other loaded, name string) error {
	m, p := l.instance.Map("jumps"), other.instance.Program(name)
	return m.UpdateProgram(binary.NativeEndian.AppendUint32(nil, index), p, 0, nil)
}

// find gives the map of a name, for filling.
func (l loaded) find(name string) (putter, error) {
	m := l.instance.Map(name)
	if m == nil {
		return nil, fmt.Errorf("no map %q in the object", name)
	}
	return put(m), nil
}

// put stores entries in a map of rtlib's.
func put(m *rtlib.Map) putter {
	return func(key, value any) error {
		k, err := binary.Append(nil, binary.NativeEndian, key)
		if err != nil {
			return err
		}
		v, err := binary.Append(nil, binary.NativeEndian, value)
		if err != nil {
			return err
		}
		if _, ok := value.(onEachCPU); ok {
			v = bytes.Repeat(v, rtlib.PossibleCPU())
		}
		return m.Update(k, v, 0)
	}
}

// timer calls a program on a Frame of the instance, the inputs in turn.
func (l loaded) timer(f *rtlib.Frame, name string, inputs [][]byte) (measure.Timer, error) {
	p := l.instance.Program(name)
	if p == nil {
		return nil, fmt.Errorf("no program %q in the object", name)
	}
	if p.Hook() == "raw" {
		return func(n int) (time.Duration, error) { return timeRaw(f, p, inputs, n) }, nil
	}
	return func(n int) (time.Duration, error) { return timeXDP(f, p, inputs, n) }, nil
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
	for _, in := range fresh(inputs) {
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
	l, err := g.load(column, prog)
	if errors.Is(err, errNotGenerated) || errors.Is(err, bpf.ErrUnsupported) {
		e.Missing = err.Error()
		return e, nil
	}
	if err != nil {
		return e, err
	}
	if p := l.instance.Program(prog.name); p != nil && p.Engine() != engineOf(column) {
		e.Missing = fmt.Sprintf("on this machine the object runs as %s", p.Engine())
		return e, nil
	}
	if e.Run, err = l.timer(l.frame, prog.name, inputs); err != nil {
		return e, err
	}
	e.Check = func() (uint32, error) { return l.digest(prog.name, inputs) }
	if prog.ring != "" {
		ring, err := g.reader(l, prog.ring)
		if err != nil {
			return e, err
		}
		run := e.Run
		e.Run = func(n int) (time.Duration, error) { return emptied(run, ring, prog.every, n) }
		e.Check = func() (uint32, error) {
			sum, err := l.digest(prog.name, inputs)
			return sum, errors.Join(err, empty(ring))
		}
	}
	if prog.base != "" {
		e.Base, err = l.timer(l.frame, prog.base, inputs)
	}
	return e, err
}

// reader returns the reader of an instance's ring.
func (g *generated) reader(l loaded, ring string) (*rtlib.RingReader, error) {
	m := l.instance.Map(ring)
	if rd := g.readers[m]; rd != nil {
		return rd, nil
	}
	rd, err := rtlib.NewRingReader(m)
	if err == nil {
		g.readers[m] = rd
	}
	return rd, err
}

// emptied times n calls and empties the ring every so many; that does not count.
func emptied(run measure.Timer, ring *rtlib.RingReader, every, n int) (sum time.Duration, err error) {
	for ; n > 0; n -= every {
		d, err := run(min(n, every))
		if err = errors.Join(err, empty(ring)); err != nil {
			return 0, err
		}
		sum += d
	}
	return sum, nil
}

// empty reads all records of a ring.
func empty(ring *rtlib.RingReader) error {
	for ring.Available() > 0 {
		if err := ring.Read(func([]byte, int) error { return nil }); err != nil {
			return err
		}
	}
	return nil
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
