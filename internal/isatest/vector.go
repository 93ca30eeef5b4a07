// Package isatest reads the vectors of the public bpf_conformance suite: one
// program a file with the memory it gets and the result it must have. It
// takes files of sections that begin with a line "-- name" and gives Vectors;
// it refuses what it does not understand. Assemble is the assembler for their
// asm sections. Vectors are for tests of every engine.
package isatest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/bpf/table"
	"github.com/bpf2go-native/bpf2go-native/frontend"
)

// Vector is one test.
type Vector struct {
	Name  string // of the file, without ".data"
	Insns []bpf.Instruction
	// Memory is what r1 points to; its length is in r2. nil when there is none.
	Memory []byte
	// Result is r0 at exit, valid when Error is empty.
	Result uint64
	// Error is what is said of a program that must be refused or fault.
	Error string
	// Refused is why the raw program could not be decoded; Insns is nil.
	Refused error
	// Raw are the bytes of a raw section, nil when there is none.
	Raw []byte
}

// Code is the program as bytes.
func (v *Vector) Code() ([]byte, error) {
	if v.Raw != nil {
		return v.Raw, nil
	}
	return bpf.Encode(v.Insns, binary.LittleEndian)
}

// UnwindHelper is the helper that the suite's two vectors with helper calls
// expect: it returns its first argument. A result of 0 would end the program,
// but no vector has it.
const UnwindHelper = 5

// UnwindSymbol is the function that compiled programs call for it.
const UnwindSymbol = "ConformanceUnwind"

// Unwind is that helper.
func Unwind(args [5]uint64) uint64 { return args[0] }

// UnwindSource is a Go file of package own with that function, for
// harness.Options.Files.
const UnwindSource = `package own

import (
	_ "unsafe"

	abi "github.com/bpf2go-native/bpf2go-native/rtlib/abi/v1"
)

//go:linkname ConformanceUnwind bpf2go/rtlib/v1.ConformanceUnwind
func ConformanceUnwind(_ *abi.Frame, r1 uint64) uint64 { return r1 }
`

// Hook is the hook of programs that work on at least minLen bytes of memory,
// with the suite's helper.
func Hook(minLen int) *table.Hook {
	h := *table.HookByName(bpf.Linux, "raw")
	h.MinLen = minLen
	h.Helpers = []table.Helper{{
		ID: UnwindHelper, Name: "unwind", Status: table.Supported,
		Args: []table.ArgKind{table.ArgAny}, Ret: table.RetInt, Symbol: UnwindSymbol,
	}}
	return &h
}

// CallsHelper reports whether the vector needs UnwindHelper, by number or by
// a register with its number (callx).
func (v *Vector) CallsHelper() bool {
	for _, i := range v.Insns {
		if i.Op == bpf.OpCallx || i.Op == bpf.OpCall && i.Kind == bpf.KindHelper {
			return true
		}
	}
	return false
}

// Object is an object with the vector as its only program, in a Memory hook
// that always has the vector's memory.
func (v *Vector) Object() *frontend.Object { return NewObject(v.Name, v.Insns, len(v.Memory)) }

// NewObject makes an object of one program for the suite's hook. Where a call
// leads out of the instructions, the program has an Err.
func NewObject(name string, insns []bpf.Instruction, minLen int) *frontend.Object {
	p := &frontend.Program{
		Name: name, Section: "raw", Hook: Hook(minLen), ErrSlot: -1,
		Insns: insns, Lines: make([]frontend.Line, len(insns)),
	}
	p.Funcs, p.ErrSlot, p.Err = funcs(insns)
	return &frontend.Object{Name: name, License: "GPL", Programs: []*frontend.Program{p}}
}

// funcs are the entry and what local calls call.
func funcs(insns []bpf.Instruction) (all []frontend.Func, errSlot int, err error) {
	starts := map[int]bool{0: true}
	for pc, i := range insns {
		if i.Op != bpf.OpCall || i.Kind != bpf.KindLocal {
			if i.Op != bpf.OpLdImm || i.Kind != bpf.KindFunc {
				continue
			}
		}
		to := int64(pc) + 1 + i.Imm
		if to < 0 || to >= int64(len(insns)) {
			return nil, pc, fmt.Errorf("instruction %d: the function at %d is outside of the program, which has instructions 0 to %d", pc, to, len(insns)-1)
		}
		starts[int(to)] = true
	}
	for k, start := range slices.Sorted(maps.Keys(starts)) {
		all = append(all, frontend.Func{Name: fmt.Sprintf("func%d", k), Start: start, End: len(insns)})
		if k > 0 {
			all[k-1].End = start
		}
	}
	return all, -1, nil
}

// Load reads the vectors of $BPF_CONFORMANCE_DIR by name. Without the variable
// the test is skipped, in CI, too: the vectors are no part of the project.
func Load(t *testing.T) []*Vector {
	t.Helper()
	dir := os.Getenv("BPF_CONFORMANCE_DIR")
	if dir == "" {
		t.Skip("BPF_CONFORMANCE_DIR is not set: the vectors of bpf_conformance are not run")
	}
	vectors, err := ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return vectors
}

// ReadDir reads every .data file of a folder, sorted by name.
func ReadDir(dir string) ([]*Vector, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.data"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no .data file in %s", dir)
	}
	var vectors []*Vector
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		v, err := Parse(strings.TrimSuffix(filepath.Base(file), ".data"), string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		vectors = append(vectors, v)
	}
	return vectors, nil
}

// sections splits a file at its "-- name" lines. What stands before the first
// one is comment.
func sections(text string) map[string]string {
	found := map[string]string{}
	name := ""
	for line := range strings.Lines(text) {
		if rest, isHead := strings.CutPrefix(line, "-- "); isHead {
			name = strings.TrimSpace(rest)
			found[name] += ""
			continue
		}
		if name != "" {
			found[name] += line
		}
	}
	return found
}

// Parse reads one vector.
func Parse(name, text string) (*Vector, error) {
	v := &Vector{Name: name}
	sections := sections(text)
	var err error
	for section, body := range sections {
		switch section {
		case "asm":
			if _, hasRaw := sections["raw"]; !hasRaw {
				v.Insns, err = Assemble(body)
			}
		case "raw":
			v.Insns, v.Refused, err = parseRaw(body)
			v.Raw, _ = rawBytes(body)
		case "mem":
			v.Memory, err = parseBytes(body)
		case "result":
			v.Result, err = strconv.ParseUint(strings.TrimSpace(body), 0, 64)
		case "error":
			v.Error = strings.TrimSpace(body)
		case "c", "no register offset":
			// The C source; a remark for compilers that rename registers.
		default:
			return nil, fmt.Errorf("unknown section %q", section)
		}
		if err != nil {
			return nil, fmt.Errorf("section %s: %w", section, err)
		}
	}
	switch {
	case v.Insns == nil && v.Refused == nil:
		return nil, errors.New("no program")
	case v.Refused != nil && v.Error == "":
		return nil, v.Refused
	}
	return v, nil
}

// parseRaw reads and decodes instructions.
func parseRaw(body string) (insns []bpf.Instruction, refused, err error) {
	raw, err := rawBytes(body)
	if err != nil {
		return nil, nil, err
	}
	insns, refused = bpf.Decode(raw, binary.LittleEndian)
	return insns, refused, nil
}

// rawBytes reads instructions as 64-bit numbers, one a line.
func rawBytes(body string) (raw []byte, err error) {
	for line := range strings.Lines(body) {
		line, _, _ = strings.Cut(line, "#")
		for _, word := range strings.Fields(line) {
			n, err := strconv.ParseUint(word, 0, 64)
			if err != nil {
				return nil, err
			}
			raw = binary.LittleEndian.AppendUint64(raw, n)
		}
	}
	return raw, nil
}

func parseBytes(body string) ([]byte, error) {
	bytes := []byte{}
	for line := range strings.Lines(body) {
		line, _, _ = strings.Cut(line, "#")
		for _, f := range strings.Fields(line) {
			n, err := strconv.ParseUint(f, 16, 8)
			if err != nil {
				return nil, err
			}
			bytes = append(bytes, byte(n))
		}
	}
	return bytes, nil
}
