package progen

import (
	"fmt"
	"math/rand/v2"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// Choices is where decisions come from. *rand.Rand is one.
type Choices interface {
	// IntN is a number from 0 to n-1.
	IntN(n int) int
	Uint64() uint64
}

// Random gives the choices of a seed.
func Random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x70726f67656e)) }

// Bytes gives choices out of the input of a fuzz target. Behind its end all
// choices are 0.
type Bytes struct{ Data []byte }

// IntN takes one byte, two for more than 256 choices.
func (b *Bytes) IntN(n int) int {
	x := int(b.next())
	if n > 256 {
		x |= int(b.next()) << 8
	}
	return x % n
}

// Uint64 takes a byte that says how many bytes the number has.
func (b *Bytes) Uint64() (x uint64) {
	for range b.next() % 9 {
		x = x<<8 | uint64(b.next())
	}
	return x
}

func (b *Bytes) next() (x byte) {
	if len(b.Data) > 0 {
		x, b.Data = b.Data[0], b.Data[1:]
	}
	return x
}

// Options say what is made.
type Options struct {
	// Hook is "xdp" or "raw"; "" is either.
	Hook string
	// Size is about how many instructions the programs of an object have in
	// sum, 0 for 6 to 60 and seldom more.
	Size int
	// Kernel leaves out what Linux refuses or where it may do something else,
	// so that a program can be loaded there. The hook is xdp then.
	Kernel bool
	// Inputs is how many inputs there are, 0 for 5.
	Inputs int
}

// Input is what one run of a program gets.
type Input struct {
	Data []byte
	Meta []byte   // metadata in front of the packet
	Ctx  []uint64 // scalar context fields by table.Field.Slot
}

// Case is an object with its inputs. Programs[0] is run; others are called by
// tail calls. All inputs go to one load of the object, in order.
type Case struct {
	Name   string
	Object *frontend.Object
	Inputs []Input
	Kernel bool // Options.Kernel
}

// Generate makes a case.
func Generate(name string, c Choices, opt Options) *Case {
	if opt.Kernel {
		opt.Hook = "xdp"
	}
	if opt.Hook == "" {
		opt.Hook = []string{"xdp", "raw"}[c.IntN(2)]
	}
	hook := table.HookByName(bpf.Linux, opt.Hook)
	if hook.Memory && c.IntN(5) == 4 { // so many bytes are there without a comparison
		own := *hook
		own.MinLen = 1 + c.IntN(64)
		hook = &own
	}
	obj := &frontend.Object{Name: name + ".o", License: "GPL", Maps: maps(c)}
	size := opt.Size
	if size == 0 {
		size = 6 + c.IntN(55)
	}
	w := &world{c: c, opt: opt, hook: hook, object: obj}
	count := w.plan()
	for k := range count {
		obj.Programs = append(obj.Programs, w.program(k, max(6, size/count)))
	}
	return &Case{Name: name, Object: obj, Inputs: inputs(c, opt, hook.MinLen), Kernel: opt.Kernel}
}

// Seeded is Generate with the choices of a seed; one in 256 programs is a large
// one of up to 2,000 instructions.
func Seeded(seed uint64, opt Options) *Case {
	c := Random(seed)
	if opt.Size == 0 && c.IntN(256) == 0 {
		opt.Size = 200 + c.IntN(1800)
	}
	return Generate(fmt.Sprintf("seed%d", seed), c, opt)
}

// world is what the programs of an object share.
type world struct {
	c      Choices
	opt    Options
	hook   *table.Hook
	object *frontend.Object
}

// has reports whether an operation is on every engine.
func has(op bpf.Op) bool { return table.OpOf(op).Status == table.Supported }

// hasHelper is has for a helper; it gives the row, nil when it is not there.
func (w *world) hasHelper(name string) *table.Helper {
	for _, list := range [][]table.Helper{w.hook.Helpers} {
		for k := range list {
			if list[k].Name == name && list[k].Status == table.Supported {
				return &list[k]
			}
		}
	}
	h := table.HelperByName(bpf.Linux, name)
	if h == nil || h.Status != table.Supported {
		return nil
	}
	return h
}

// hasKfunc is has for a function outside of the object. The kernel's own
// functions are not there in objects for the kernel: they are linked by number.
func (w *world) hasKfunc(name string) bool {
	k := table.KfuncByName(name)
	return k != nil && k.Status == table.Supported && !w.opt.Kernel
}
