package isatest

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// Case is a vector of this project: one program, or several that call each
// other, with runs of the first one and what they must give.
type Case struct {
	Name   string
	Object *frontend.Object // the program that runs is the first
	Runs   []Run            // in order, on one instance
	// Samples are what hosts have put into user ring buffers before.
	Samples []Sample
	// Differs is why the kernel does something else, "" when it does not.
	Differs string
	// Maps are what the maps hold behind the last run.
	Maps []MapAfter
	// Error, when not empty, is what the refusal of the program says, at
	// decode or by the verifier; there are no runs then.
	Error string
	// Refused is why the bytes of the program could not be decoded; Object
	// is nil then.
	Refused error
}

// Run is one run.
type Run struct {
	Data   []byte // the packet, or the memory of a raw program
	Result uint64 // r0 at exit
	After  []byte // Data behind the run, nil where it does not matter
}

// Sample is a record of a user ring buffer.
type Sample struct {
	Map     string
	Data    []byte
	Discard bool
}

// MapAfter is the content of a map.
type MapAfter struct {
	Name    string
	Entries [][2][]byte // key and value, sorted by key
}

// section is a "-- name" line and what stands below it.
type section struct {
	name string
	body string
}

// ordered splits a file at its "-- name" lines, in order.
func ordered(text string) []section {
	var all []section
	for line := range strings.Lines(text) {
		if rest, isHead := strings.CutPrefix(line, "-- "); isHead {
			all = append(all, section{name: strings.TrimSpace(rest)})
		} else if n := len(all); n > 0 {
			all[n-1].body += line
		}
	}
	return all
}

// ParseCase reads a vector of this project. Its sections are those of the
// public suite, asm, raw, mem, result and error, and
//
//	-- hook xdp               the type of the programs that follow; raw when there is none
//	-- map NAME TYPE K V MAX  a map: key and value size in bytes, entries; array with
//	                          a body of bytes is a data section. A prog_array's body
//	                          has lines "index = program", that of a map of maps
//	                          "index = map". Behind MAX may stand flags=N, extra=N,
//	                          inner=NAME (a map that is as the inner ones), lock=N
//	                          (the offset of a bpf_spin_lock)
//	-- samples NAME           what the host has put into a user_ringbuf: a line each,
//	                          "discard" in front of one that it gave up
//	-- kernel TEXT            why the kernel does something else, or refuses it
//	-- platform windows       the numbers of helpers are those of Windows
//	-- asm NAME               a further program
//	-- data                   the packet; another -- data begins another run
//	-- packet after           what the packet or memory is behind the run
//	-- map after NAME         lines "key = value", in bytes, sorted; of other types as
//	                          interp.Map.Dump has them: "= value" for each value of a
//	                          queue or ring
//
// Bytes are hexadecimal; 00*65535 is a byte that many times. Maps come before
// the programs that name them. A raw program's memory is at least as long as
// that of the shortest run: it need not compare r2.
func ParseCase(name, text string) (*Case, error) {
	p := caseParser{c: &Case{Name: name, Object: &frontend.Object{Name: name, License: "GPL"}}, hook: "raw"}
	for _, s := range ordered(text) {
		if err := p.section(s); err != nil {
			return nil, fmt.Errorf("section %s: %w", s.name, err)
		}
	}
	return p.c, p.finish()
}

type caseParser struct {
	c    *Case
	hook string
	open bool // the last run has data, and no result yet
}

func (p *caseParser) section(s section) (err error) {
	words := strings.Fields(s.name)
	switch {
	case s.name == "packet after":
		if len(p.c.Runs) == 0 {
			return fmt.Errorf("there is no run before it")
		}
		p.c.Runs[len(p.c.Runs)-1].After, err = repeatedBytes(s.body)
	case strings.HasPrefix(s.name, "map after ") && len(words) == 3:
		return p.after(words[2], s.body)
	case words[0] == "samples" && len(words) == 2:
		return p.samples(words[1], s.body)
	case words[0] == "kernel":
		p.c.Differs = strings.TrimSpace(strings.TrimPrefix(s.name, "kernel"))
	case s.name == "platform windows":
		p.c.Object.Platform = bpf.Windows
	case words[0] == "map":
		return p.mapOf(words[1:], s.body)
	case words[0] == "asm" && len(words) <= 2:
		name := "main"
		if len(words) == 2 {
			name = words[1]
		}
		return p.program(name, s.body)
	case words[0] == "hook" && len(words) == 2:
		p.hook = words[1]
	case s.name == "raw":
		insns, refused, err := parseRaw(s.body)
		if refused == nil && err == nil {
			err = p.add(&frontend.Program{Name: "main", Insns: insns, Funcs: []frontend.Func{{Name: "main", End: len(insns)}}, Lines: make([]frontend.Line, len(insns))})
		}
		p.c.Refused = refused
		return err
	case s.name == "data" || s.name == "mem":
		data, err := repeatedBytes(s.body)
		p.c.Runs, p.open = append(p.c.Runs, Run{Data: data}), true
		return err
	case s.name == "result":
		if !p.open {
			p.c.Runs = append(p.c.Runs, Run{})
		}
		p.open = false
		p.c.Runs[len(p.c.Runs)-1].Result, err = number(s.body)
	case s.name == "error":
		p.c.Error = strings.TrimSpace(s.body)
	default:
		return fmt.Errorf("unknown; known are hook, map, samples, platform, asm, raw, data, mem, result, packet after, map after and error")
	}
	return err
}

func (p *caseParser) program(name, text string) error {
	prog, err := assembleFor(p.c.Object.Platform, text, p.c.Object.Maps)
	if err != nil {
		return err
	}
	prog.Name = name
	return p.add(prog)
}

func (p *caseParser) add(prog *frontend.Program) error {
	prog.Section, prog.Hook, prog.ErrSlot = p.hook, table.HookByName(p.c.Object.Platform, p.hook), -1
	if prog.Hook == nil {
		return fmt.Errorf("there is no hook %q", p.hook)
	}
	p.c.Object.Programs = append(p.c.Object.Programs, prog)
	return nil
}

func (p *caseParser) after(name, body string) error {
	a := MapAfter{Name: name}
	for line := range strings.Lines(body) {
		line, _, _ = strings.Cut(line, "#")
		if strings.TrimSpace(line) == "" {
			continue
		}
		left, right, _ := strings.Cut(line, "=")
		key, err := repeatedBytes(left)
		if err != nil {
			return err
		}
		value, err := repeatedBytes(right)
		if err != nil {
			return err
		}
		a.Entries = append(a.Entries, [2][]byte{key, value})
	}
	p.c.Maps = append(p.c.Maps, a)
	return nil
}

// finish checks that the file says enough and sets the length of memory.
func (p *caseParser) finish() error {
	c := p.c
	switch {
	case c.Refused != nil && c.Error == "":
		return c.Refused
	case c.Refused != nil:
		c.Object = nil
		return nil
	case len(c.Object.Programs) == 0:
		return fmt.Errorf("no program")
	case c.Error == "" && len(c.Runs) == 0:
		return fmt.Errorf("neither a result nor an error")
	case p.open && c.Error == "":
		return fmt.Errorf("the last run has no result")
	}
	SetMinLen(c)
	return nil
}

// SetMinLen lets raw programs know that their memory is at least as long as
// that of the shortest run.
func SetMinLen(c *Case) {
	if len(c.Runs) == 0 {
		return
	}
	shortest := slices.MinFunc(c.Runs, func(a, b Run) int { return len(a.Data) - len(b.Data) })
	for _, prog := range c.Object.Programs {
		if prog.Hook.Memory {
			hook := *prog.Hook
			hook.MinLen = len(shortest.Data)
			prog.Hook = &hook
		}
	}
}

// repeatedBytes is parseBytes with 00*65535.
func repeatedBytes(body string) ([]byte, error) {
	all := []byte{}
	for line := range strings.Lines(body) {
		line, _, _ = strings.Cut(line, "#")
		for _, f := range strings.Fields(line) {
			digits, times, repeated := strings.Cut(f, "*")
			n, err := strconv.ParseUint(digits, 16, 8)
			if err != nil {
				return nil, err
			}
			count := 1
			if repeated {
				if count, err = strconv.Atoi(times); err != nil || count < 0 {
					return nil, fmt.Errorf("%q is no number of bytes", times)
				}
			}
			all = append(all, slices.Repeat([]byte{byte(n)}, count)...)
		}
	}
	return all, nil
}

// Key is the key of element i of an array.
func Key(i uint32) []byte { return binary.LittleEndian.AppendUint32(nil, i) }

// number is a line with a number; others are empty or comments.
func number(body string) (uint64, error) {
	var words []string
	for line := range strings.Lines(body) {
		line, _, _ = strings.Cut(line, "#")
		words = append(words, strings.Fields(line)...)
	}
	if len(words) != 1 {
		return 0, fmt.Errorf("%d numbers, want one", len(words))
	}
	return strconv.ParseUint(words[0], 0, 64)
}
