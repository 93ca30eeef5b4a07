package elf

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/cilium/ebpf/btf"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// loadPrograms converts every program, by section index and offset. What is
// wrong with one is its Err.
func (l *loader) loadPrograms() error {
	for _, f := range l.funcs {
		if l.entry(f) {
			l.obj.Programs = append(l.obj.Programs, l.program(f))
		}
	}
	return nil
}

// program converts the program that begins with f.
func (l *loader) program(f *function) *frontend.Program {
	p := &frontend.Program{Name: f.name, Section: f.section.Name, ErrSlot: -1}
	if p.Hook, p.Err = l.hookOf(f.section.Name); p.Err != nil {
		return p
	}
	k := linker{loader: l, p: p, start: make(map[*function]int)}
	if err := k.link(f); err != nil {
		p.Err = err
		var at *slotError
		if errors.As(err, &at) {
			p.ErrSlot = at.slot
		}
	}
	return p
}

// slotError is an error about an instruction of a program.
type slotError struct {
	slot int
	err  error
}

func (e *slotError) Error() string {
	var says *bpf.InsnError // which names the instruction already
	if errors.As(e.err, &says) {
		return e.err.Error()
	}
	return fmt.Sprintf("instruction %d: %v", e.slot, e.err)
}
func (e *slotError) Unwrap() error { return e.err }

// linker joins the functions of one program.
type linker struct {
	*loader
	p     *frontend.Program
	funcs []*function       // in the order of the program
	start map[*function]int // slot
}

// link places the entry and every function that it needs, directly or not,
// one behind the other: breadth first, those of a function by name. Then it
// resolves what instructions refer to.
func (k *linker) link(entry *function) error {
	queue := []*function{entry}
	for len(queue) > 0 {
		f := queue[0]
		queue = queue[1:]
		if _, done := k.start[f]; done {
			continue
		}
		code := k.code(f)
		k.start[f] = len(k.p.Insns)
		if code.err != nil {
			return k.functionError(f, code.err)
		}
		k.place(f, code)
		queue = append(queue, code.refs...)
	}
	for _, f := range k.funcs {
		if err := k.resolve(f); err != nil {
			return err
		}
	}
	return nil
}

// functionError says which function of the program an error is about.
func (k *linker) functionError(f *function, err error) error {
	var bad *bpf.InsnError
	if errors.As(err, &bad) {
		slot := k.start[f] + bad.Slot
		if errors.Is(err, bpf.ErrUnsupported) {
			return &slotError{slot, err}
		}
		moved := *bad
		moved.Slot = slot
		err = &slotError{slot, &moved}
		if k.start[f] == 0 {
			return err
		}
	}
	return fmt.Errorf("function %s: %w", f.name, err)
}

// place appends the instructions of f and their lines.
func (k *linker) place(f *function, code *funcCode) {
	p, start := k.p, len(k.p.Insns)
	p.Insns = append(p.Insns, code.insns...)
	p.Lines = append(p.Lines, code.lines...)
	info := k.info(f)
	p.Funcs = append(p.Funcs, frontend.Func{
		Name: f.name, Start: start, End: len(p.Insns),
		Global: !f.local && !f.hidden && info != nil && info.Linkage == btf.GlobalFunc,
		Proto:  k.proto(info, p.Hook),
	})
	k.funcs = append(k.funcs, f)
}

// resolve turns references of f to symbols into indices of maps and distances
// to functions.
func (k *linker) resolve(f *function) error {
	start := k.start[f]
	for pc := range k.code(f).insns {
		ins := &k.p.Insns[start+pc]
		if ins.Op == bpf.OpInvalid {
			continue
		}
		off := f.off + uint64(pc)*slotSize
		var err error
		if r, ok := k.relocs[f.index][off]; ok {
			err = k.relocate(f, start+pc, r)
		} else if to, ok := k.target(f.index, k.bytes(f.section), off); ok {
			err = k.refer(start+pc, to)
		} else if ins.Kind == bpf.KindKfunc || ins.Kind == bpf.KindBTFID {
			err = fmt.Errorf("it has the number of a kernel's symbol and not its name: link the object by symbols: %w", bpf.ErrUnsupported)
		}
		if err != nil {
			return &slotError{start + pc, err}
		}
	}
	return nil
}

// refer makes the instruction at slot one that calls the function at a place
// or takes its address.
func (k *linker) refer(slot int, to place) error {
	f := k.functionAt(to)
	start, placed := k.start[f]
	if f == nil || !placed {
		return fmt.Errorf("malformed object: it leads to byte %d of section %d, where no function starts", int64(to.off), to.section)
	}
	ins := &k.p.Insns[slot]
	ins.Imm = int64(start - slot - 1)
	if ins.Kind = bpf.KindFunc; ins.Op == bpf.OpCall {
		ins.Kind = bpf.KindLocal
	}
	return nil
}

// funcCode is what the file says of a function, apart from any program.
type funcCode struct {
	insns []bpf.Instruction
	lines []frontend.Line
	refs  []*function // called or pointed to, by name
	err   error
}

// code decodes f and applies CO-RE relocations to it.
func (l *loader) code(f *function) *funcCode {
	if c := l.decoded[f]; c != nil {
		return c
	}
	c := new(funcCode)
	l.decoded[f] = c
	b := l.bytes(f.section)[f.off : f.off+f.size]
	if len(b) == 0 || f.off%slotSize != 0 {
		c.err = fmt.Errorf("it is not made of whole instructions: offset %d, size %d bytes", f.off, f.size)
		return c
	}
	if c.insns, c.err = bpf.Decode(b, l.order); c.err != nil {
		c.err = l.arena(b, c.err)
		return c
	}
	c.lines = l.lines(f, len(c.insns))
	if c.err = l.adapt(f, c.insns); c.err != nil {
		return c
	}
	for pc := range c.insns {
		to, ok := l.target(f.index, l.bytes(f.section), f.off+uint64(pc)*slotSize)
		if ins := c.insns[pc]; !ok || ins.Op != bpf.OpCall && ins.Op != bpf.OpLdImm {
			continue
		}
		if ref := l.functionAt(to); ref != nil && !slices.Contains(c.refs, ref) {
			c.refs = append(c.refs, ref)
		}
	}
	slices.SortStableFunc(c.refs, func(a, b *function) int { return cmp.Compare(a.name, b.name) })
	return c
}

// opMov64 is the opcode of a move between registers; with an offset of 1 it is
// a cast between address spaces (linux/bpf.h).
const opMov64 = 0xbf

// arena says of a decoding error whether it is about a cast of arena pointers,
// which is no RFC 9669 and valid in kernels.
func (l *loader) arena(b []byte, err error) error {
	var bad *bpf.InsnError
	if !errors.As(err, &bad) {
		return err
	}
	if at := b[bad.Slot*slotSize:]; at[0] == opMov64 && l.order.Uint16(at[2:]) == 1 {
		return fmt.Errorf("casts between address spaces (arenas) are %w: %w", bpf.ErrUnsupported, err)
	}
	return err
}

// info is the BTF of a function, nil without one.
func (l *loader) info(f *function) *btf.Func {
	infos, _, _ := l.ext.Section(f.section.Name)
	for _, i := range infos {
		if uint64(i.Offset)*slotSize == f.off {
			return i.Func
		}
	}
	return nil
}

// lines gives every slot of f the last line recorded at or before it in the
// function, the rule by which the kernel looks lines up.
func (l *loader) lines(f *function, n int) []frontend.Line {
	_, infos, _ := l.ext.Section(f.section.Name)
	first := f.off / slotSize
	all := make([]frontend.Line, n)
	for _, i := range infos {
		at := uint64(i.Offset)
		if at >= first && at < first+uint64(n) {
			all[at-first] = frontend.Line{Pos: position(i.Line), Text: strings.TrimSpace(i.Line.Line())}
		}
	}
	var last frontend.Line
	for i := range all {
		if all[i] == (frontend.Line{}) {
			all[i] = last
		}
		last = all[i]
	}
	return all
}

// position is the place as the compiler recorded it, but for "./" and the
// like in the path.
func position(li *btf.Line) bpf.Pos {
	file := li.FileName()
	if file != "" {
		file = path.Clean(file)
	}
	return bpf.Pos{File: file, Line: int(li.LineNumber()), Col: int(li.LineColumn())}
}
