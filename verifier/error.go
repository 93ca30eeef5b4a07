package verifier

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/bpf2go-native/bpf2go-native/bpf"
	"github.com/bpf2go-native/bpf2go-native/verifier/reason"
)

// Error is a refusal: one cause. Error prints one line, %+v the whole
// message; the fields are what a tool shows as JSON.
type Error struct {
	Code      reason.Code `json:"code"`    // "V012"
	Cause     string      `json:"cause"`   // in one line
	Program   string      `json:"program"` // C name of the entry function
	Section   string      `json:"section"`
	Pos       bpf.Pos     `json:"pos"`    // of the refused instruction, from BTF
	Source    string      `json:"source"` // the C line there
	Slot      int         `json:"slot"`   // the instruction's number
	Insn      string      `json:"insn"`   // its text
	Does      string      `json:"does"`   // what it does that is refused
	Registers []Register  `json:"registers,omitempty"`
	// Path is the jumps that led to the instruction, oldest first; PathCut
	// says that there were more before.
	Path    []Branch `json:"path,omitempty"`
	PathCut bool     `json:"path_cut,omitempty"`
	Need    string   `json:"need,omitempty"` // the missing check in C terms
	Fix     string   `json:"fix,omitempty"`  // a line of C to add
	// Advice is another way to have the program accepted.
	Advice string `json:"advice,omitempty"`
	// Held is where what is held, or was not given back, was acquired, its
	// Name is the verb: "reserved". With a Value it is where a pointer ended:
	// "given back", "the packet may move".
	Held *Made `json:"held,omitempty"`
	// Function is the function of the instruction when it is not the entry.
	Function string `json:"function,omitempty"`

	wrapped error
}

// Register is a register that matters for a refusal.
type Register struct {
	Name  string `json:"name"`  // "r0"
	Value string `json:"value"` // what is known of it, in words
	// Made says where the value came from: the name of the register there
	// and the value that it got.
	Made *Made `json:"made,omitempty"`
}

// Made is where a value was made.
type Made struct {
	Slot   int     `json:"slot"`
	Pos    bpf.Pos `json:"pos"`
	Source string  `json:"source"`
	Name   string  `json:"name"`
	Value  string  `json:"value"`
}

// Branch is a conditional jump or a call on the path.
type Branch struct {
	Slot   int     `json:"slot"`
	Pos    bpf.Pos `json:"pos"`
	Source string  `json:"source"`
	Insn   string  `json:"insn"`
	Taken  bool    `json:"taken"`
}

// Error is the message in one line.
func (e *Error) Error() string {
	s := fmt.Sprintf("%s: error[%s]: %s", e.where(), e.Code, e.Cause)
	if e.Need != "" {
		s += "; " + e.Need
	}
	return s
}

// where is the C position, or what is known without line information.
func (e *Error) where() string {
	if e.Pos.File != "" {
		return e.Pos.String()
	}
	return fmt.Sprintf("%s: %s: instruction %d", e.Section, e.Program, e.Slot)
}

// Unwrap returns bpf.ErrUnsupported for features that are not supported.
func (e *Error) Unwrap() error { return e.wrapped }

// Format prints the whole message for %+v and one line otherwise.
func (e *Error) Format(f fmt.State, verb rune) {
	if verb == 'v' && f.Flag('+') {
		io.WriteString(f, e.message())
		return
	}
	io.WriteString(f, e.Error())
}

// message is at most a dozen lines.
func (e *Error) message() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: error[%s]: %s\n", e.where(), e.Code, e.Cause)
	e.quote(&b)
	if p := e.pathLine(); p != "" {
		fmt.Fprintf(&b, "Path: %s\n", p)
	}
	if e.Need != "" {
		fmt.Fprintf(&b, "Need: %s\n", e.Need)
	}
	if e.Fix != "" {
		fmt.Fprintf(&b, "Fix:  %s\n", e.Fix)
	}
	if e.Advice != "" {
		fmt.Fprintf(&b, "Or:   %s\n", e.Advice)
	}
	fmt.Fprintf(&b, "At:   instruction %d: %s", e.Slot, e.Insn)
	if e.Function != "" {
		fmt.Fprintf(&b, " in %s", e.Function)
	}
	fmt.Fprintf(&b, ", program %s, section %s\n", e.Program, e.Section)
	if e.Pos.File == "" {
		b.WriteString("Note: the object has no line information: compile with -g to see C lines\n")
	}
	return b.String()
}

// remark is what the instruction does, with the value of the register that
// matters when no other line tells it.
func (e *Error) remark() string {
	for _, r := range e.Registers[:min(1, len(e.Registers))] {
		if e.Code != reason.UninitReg && (e.Held == nil || e.Held.Value == "") && (r.Made == nil || r.Made.Value != r.Value || r.Made.Pos.Line == e.Pos.Line) {
			if e.Does == "" {
				return r.Name + " = " + r.Value
			}
			return e.Does + "; " + r.Name + " = " + r.Value
		}
	}
	return e.Does
}

// quoted is a line of C with a remark.
type quoted struct {
	line           int
	source, remark string
}

// maxQuote is how much of a C line is quoted, in bytes: macros make lines of
// kilobytes.
const maxQuote = 100

// quote prints the C lines that matter with what happens there.
func (e *Error) quote(b *strings.Builder) {
	l := e.quotes()
	width, digits := 0, 1
	for i, q := range l {
		if len(q.source) > maxQuote {
			l[i].source = strings.ToValidUTF8(q.source[:maxQuote], "") + " ..."
		}
		width = max(width, utf8.RuneCountInString(l[i].source))
		digits = max(digits, len(fmt.Sprint(q.line)))
	}
	for _, q := range l {
		if q.remark == "" {
			fmt.Fprintf(b, "  %*d |  %s\n", digits, q.line, q.source)
			continue
		}
		fmt.Fprintf(b, "  %*d |  %-*s   <- %s\n", digits, q.line, width, q.source, q.remark)
	}
	if len(l) > 0 {
		return
	}
	for _, r := range e.Registers {
		fmt.Fprintf(b, "  %s = %s\n", r.Name, r.Value)
	}
	if e.Does != "" {
		fmt.Fprintf(b, "  instruction %d %s\n", e.Slot, e.Does)
	}
}

// quotes are the lines to quote: where values were made, what happened to
// them, and the refused line; in the order of the path.
func (e *Error) quotes() []quoted {
	var l []quoted
	add := func(line int, source, remark string) {
		if line == 0 || source == "" {
			return
		}
		if n := len(l); n > 0 && l[n-1].line == line && l[n-1].source == source && l[n-1].remark != "" {
			l[n-1].remark += "; " + remark
			return
		}
		l = append(l, quoted{line, source, remark})
	}
	held := e.Held
	if held != nil && held.Value == "" {
		add(held.Pos.Line, held.Source, held.Name+" here")
	}
	for i, r := range e.Registers {
		m := r.Made
		if m == nil || i == 0 && m.Pos.Line == e.Pos.Line || i == 0 && len(e.Registers) > 1 {
			continue
		}
		what := m.Name + " = " + m.Value
		if i > 0 && r.Value != m.Value {
			what += ", later " + r.Value
		}
		add(m.Pos.Line, m.Source, what)
	}
	if held != nil && held.Value != "" {
		add(held.Pos.Line, held.Source, held.Name+" "+held.Value)
	}
	add(e.Pos.Line, e.Source, e.remark())
	return l
}

// pathLine is the lines of the path: "38 -> 41".
func (e *Error) pathLine() string {
	var l []string
	add := func(line int) {
		if s := fmt.Sprint(line); line != 0 && (len(l) == 0 || l[len(l)-1] != s) {
			l = append(l, s)
		}
	}
	for _, r := range e.Registers {
		if r.Made != nil && len(e.Path) == 0 {
			add(r.Made.Pos.Line)
		}
	}
	for _, p := range e.Path {
		add(p.Pos.Line)
	}
	if len(l) == 0 {
		for _, p := range e.Path {
			l = append(l, fmt.Sprint(p.Slot))
		}
		if len(l) > 0 {
			l[0] = "instructions " + l[0]
			l = append(l, fmt.Sprint(e.Slot))
		}
	}
	if len(l) == 0 {
		return ""
	}
	if add(e.Pos.Line); len(l) == 1 {
		return "" // no branch that tells more
	}
	const shown = 10
	cut := e.PathCut
	if len(l) > shown {
		l, cut = l[len(l)-shown:], true
	}
	s := strings.Join(l, " -> ")
	if cut {
		s = "... " + s
	}
	return s
}

// Reason is why programs are refused, for explanations.
type Reason struct {
	Code    string
	Title   string
	Explain string
}

// Reasons lists every reason by code.
func Reasons() []Reason {
	var l []Reason
	for _, r := range reason.Rows() {
		l = append(l, Reason{string(r.Code), r.Title, r.Explain})
	}
	return l
}
